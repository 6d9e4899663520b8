// ipcarc::vector: an array that grows, in a shared segment at any mapping address, or on the stack.
//
// A vector belongs to the arena whose memory it lies in, and asks for it by its own address only
// when it allocates, frees, or is moved. A move takes the elements over within an arena and moves
// them one by one across arenas, so it may throw. Thread and process safety: as std::vector; in a
// segment, the object's guard.
//
// Stored bytes (24, little endian):
//   0  int64   distance from the vector's own address to its first element; 0 while it has no block
//   8  uint64  size
//  16  uint64  capacity; 0 while it has no block. The block has capacity * sizeof(T) bytes.
//
// Invariants: 1. The block belongs to arena_of(the vector). 2. A moved-from vector is empty.
#pragma once

#include <ipcarc/containers/detail/growing.hpp>
#include <ipcarc/detail/known_template.hpp>

namespace ipcarc {

/// A vector with the interface of std::vector, without an allocator. Iterators are plain pointers.
///
/// Allocation failure is `Error{out_of_memory}` in a segment and std::bad_alloc outside. The vector
/// is then what it was, as after whatever a constructor of T throws; except that an assignment
/// leaves something valid, and so does a T whose move throws.
template <class T>
class vector : public detail::growing<vector<T>, T, 0> {
  using base = detail::growing<vector<T>, T, 0>;

 public:
  using base::base;
  using base::operator=;
  vector() noexcept = default;
  /// Declared here so that `vector{1, 2}` finds its T.
  vector(std::initializer_list<T> list) : base(list) {}
};

template <std::input_iterator I>
vector(I, I) -> vector<std::iter_value_t<I>>;
template <std::ranges::input_range R>
vector(R&&) -> vector<std::ranges::range_value_t<R>>;

static_assert(sizeof(vector<int>) == 24 && alignof(vector<int>) == 8);

/// Removes every element that satisfies `predicate`; how many there were.
template <class T, class Predicate>
std::size_t erase_if(vector<T>& from, Predicate predicate) {
  return detail::erase_elements_if(from, predicate);
}
/// Removes every element equal to `value`; how many there were.
template <class T, class U>
std::size_t erase(vector<T>& from, const U& value) {
  return erase_if(from, [&](const T& element) { return element == value; });
}

namespace detail {

template <class T>
struct relocator<vector<T>> : self_relocator<vector<T>> {};

template <class T>
struct known_template<vector<T>> {
  static constexpr bool value = true;
  static constexpr std::string_view tag = "ipcarc::vector";
  using arguments = type_list<T>;
  static constexpr bool allocates = true;
  static constexpr bool relocatable = true;
};

}  // namespace detail
}  // namespace ipcarc
