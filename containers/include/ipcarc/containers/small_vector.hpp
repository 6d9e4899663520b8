// ipcarc::small_vector: a vector whose first N elements lie inside it.
//
// Everything that is said of ipcarc::vector holds; a move of elements that lie inside moves them
// one by one. Iterators are invalidated by a move or swap of such a container.
//
// Stored bytes (little endian):
//   0  int64   distance from its own address to its first element: to the room inside, or a block
//   8  uint64  size
//  16  uint64  capacity; N while the elements lie inside
//  24  room for N elements, aligned as T
#pragma once

#include <ipcarc/containers/detail/growing.hpp>
#include <ipcarc/detail/known_template.hpp>

namespace ipcarc {

/// A vector that takes memory only for more than N elements. Iterators are plain pointers.
template <class T, std::size_t N>
class small_vector : public detail::growing<small_vector<T, N>, T, N> {
  static_assert(N > 0, "use ipcarc::vector");
  using base = detail::growing<small_vector<T, N>, T, N>;

 public:
  using base::base;
  using base::operator=;
};

static_assert(sizeof(small_vector<int, 2>) == 32);

/// Removes every element that satisfies `predicate`; how many there were.
template <class T, std::size_t N, class Predicate>
std::size_t erase_if(small_vector<T, N>& from, Predicate predicate) {
  return detail::erase_elements_if(from, predicate);
}
/// Removes every element equal to `value`; how many there were.
template <class T, std::size_t N, class U>
std::size_t erase(small_vector<T, N>& from, const U& value) {
  return erase_if(from, [&](const T& element) { return element == value; });
}

namespace detail {

template <class T, std::size_t N>
struct relocator<small_vector<T, N>> : self_relocator<small_vector<T, N>> {
  static constexpr bool cheap = relocates_cheaply<T>;
};

template <class T, std::size_t N>
struct known_template<small_vector<T, N>> {
  static constexpr bool value = true;
  static constexpr std::string_view tag = "ipcarc::small_vector";
  using arguments = type_list<T, std::integral_constant<std::size_t, N>>;
  static constexpr bool allocates = true;
  static constexpr bool relocatable = true;
};

}  // namespace detail
}  // namespace ipcarc
