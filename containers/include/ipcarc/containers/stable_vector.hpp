// ipcarc::stable_vector: an array of nodes whose elements keep their address, in a shared segment
// at any mapping address, or on the stack.
//
// Over boost::container::stable_vector, of which whatever would carry nodes or an allocator across
// arenas is hidden:  get_allocator, constructors that take an allocator, swap of unequal ones. It
// belongs to the arena whose memory it lies in. A move takes the nodes over within an arena and
// moves the elements one by one across arenas, so it may throw. Thread and process safety: as
// std::vector; in a segment, the object's guard.
//
// Stored bytes (56), as Boost 1.81 lays them out. A link is an offset_ptr: the distance from its
// own address, 1 for null.
//   0  link to the arena (null: process heap)    8  uint64 spare nodes   16  end node: one link
//  24  table of links to nodes: link to the arena, link to the table, uint64 size, uint64 capacity.
//      Its size is that of the stable_vector plus 3, or 0.
// A node: link to its entry in the table; T.
//
// Invariants: 1. All its memory belongs to the remembered arena, which is arena_of(it). 2. A
// moved-from one is empty.
#pragma once

#include <initializer_list>
#include <string_view>

#include <boost/container/stable_vector.hpp>

#include <ipcarc/containers/detail/node_based.hpp>
#include <ipcarc/detail/known_template.hpp>

namespace ipcarc {

/// A vector with the interface of std::vector whose elements do not move when it grows.
template <class T>
class stable_vector : private boost::container::stable_vector<T, detail::allocator<T>> {
  using base = boost::container::stable_vector<T, detail::allocator<T>>;
  friend struct detail::access;

 public:
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = T&;
  using const_reference = const T&;
  using iterator = typename base::iterator;
  using const_iterator = typename base::const_iterator;
  using reverse_iterator = typename base::reverse_iterator;
  using const_reverse_iterator = typename base::const_reverse_iterator;

  stable_vector() : base(detail::home_of<T>(this)) {}
  explicit stable_vector(size_type count) : stable_vector() { base::resize(count); }
  stable_vector(size_type count, const T& value) : stable_vector() { base::assign(count, value); }
  template <std::input_iterator I>
  stable_vector(I first, I last) : stable_vector() {
    append(first, last);
  }
  stable_vector(std::initializer_list<T> elements)
      : stable_vector(elements.begin(), elements.end()) {}
  /// From any range whose elements T can be made of.
  template <detail::source_range<T, stable_vector> R>
  explicit stable_vector(R&& range) : stable_vector() {
    append_range(std::forward<R>(range));
  }

  stable_vector(const stable_vector& other) : base(other.as_base(), detail::home_of<T>(this)) {}
  stable_vector(stable_vector&& other)
      : base(std::move(other.as_base()), detail::home_of<T>(this)) {
    other.clear();
  }
  ~stable_vector() = default;

  stable_vector& operator=(const stable_vector& other) {
    base::operator=(other.as_base());
    return *this;
  }
  stable_vector& operator=(stable_vector&& other) {
    if (this != &other) {
      base::operator=(std::move(other.as_base()));
      other.clear();
    }
    return *this;
  }
  stable_vector& operator=(std::initializer_list<T> elements) {
    base::assign(elements.begin(), elements.end());
    return *this;
  }

  using base::begin;
  using base::cbegin;
  using base::cend;
  using base::crbegin;
  using base::crend;
  using base::end;
  using base::rbegin;
  using base::rend;

  using base::assign;
  using base::at;
  using base::back;
  using base::capacity;
  using base::clear;
  using base::emplace;
  using base::emplace_back;
  using base::empty;
  using base::erase;
  using base::front;
  using base::insert;
  using base::max_size;
  using base::operator[];
  using base::pop_back;
  using base::push_back;
  using base::reserve;
  using base::resize;
  using base::shrink_to_fit;
  using base::size;

  template <class R>
  requires detail::source_range<R, T>
  void append_range(R&& range) {
    for (auto&& value : range) {
      base::emplace_back(std::forward<decltype(value)>(value));
    }
  }
  template <class R>
  requires detail::source_range<R, T>
  void assign_range(R&& range) {
    clear();
    append_range(std::forward<R>(range));
  }

  /// Exchanges the nodes within an arena; moves the elements across arenas.
  void swap(stable_vector& other) {
    if (storage_arena() == other.storage_arena()) {
      base::swap(other.as_base());
    } else {
      detail::swap_across(*this, other);
    }
  }
  friend void swap(stable_vector& left, stable_vector& right) { left.swap(right); }

  friend bool operator==(const stable_vector& left, const stable_vector& right) {
    return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin());
  }
  friend auto operator<=>(const stable_vector& left, const stable_vector& right) {
    return detail::compare_ranges(left, right);
  }

 private:
  base& as_base() noexcept { return *this; }
  const base& as_base() const noexcept { return *this; }
  detail::Arena* storage_arena() const noexcept { return this->get_stored_allocator().arena(); }

  template <class I>
  void append(I first, I last) {
    for (; first != last; ++first) {
      base::emplace_back(*first);
    }
  }
};

static_assert(sizeof(stable_vector<int>) == 56);

/// Removes every element that satisfies `predicate`; how many there were.
template <class T, class Predicate>
std::size_t erase_if(stable_vector<T>& from, Predicate predicate) {
  return detail::erase_elements_if(from, predicate);
}
/// Removes every element equal to `value`; how many there were.
template <class T, class U>
std::size_t erase(stable_vector<T>& from, const U& value) {
  return erase_if(from, [&](const T& element) { return element == value; });
}

namespace detail {

template <class T>
struct known_template<stable_vector<T>> {
  static constexpr bool value = true;
  static constexpr std::string_view tag = "ipcarc::stable_vector";
  using arguments = type_list<T>;
  static constexpr bool allocates = true;
  static constexpr bool relocatable = true;
};

}  // namespace detail
}  // namespace ipcarc
