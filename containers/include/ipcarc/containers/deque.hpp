// ipcarc::deque: a double-ended queue, in a shared segment at any mapping address, or on the stack.
//
// Over boost::container::deque, of which whatever would carry blocks or an allocator across arenas
// is hidden:  get_allocator, constructors that take an allocator, swap of unequal ones. It belongs
// to the arena whose memory it lies in. A move takes the blocks over within an arena and moves the
// elements one by one across arenas, so it may throw. Thread and process safety: as std::deque; in
// a segment, the object's guard.
//
// Stored bytes (96), as Boost 1.81 lays them out. A link is an offset_ptr: the distance from its
// own address, 1 for null.
//   0  link to the arena, twice (null: process heap)
//  16  link to the table of links to blocks    24  uint64 entries of the table
//  32  begin: links to the element, to the start and end of its block, to its entry in the table
//  64  end: the same
// A block holds as many T as fit in 512 bytes, at least one.
//
// Invariants: 1. All its memory belongs to the remembered arena, which is arena_of(it). 2. A
// moved-from one is empty.
#pragma once

#include <initializer_list>
#include <string_view>

#include <boost/container/deque.hpp>

#include <ipcarc/containers/detail/node_based.hpp>
#include <ipcarc/detail/known_template.hpp>

namespace ipcarc {

/// A deque with the interface of std::deque, without an allocator.
template <class T>
class deque : private boost::container::deque<T, detail::allocator<T>> {
  using base = boost::container::deque<T, detail::allocator<T>>;
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

  deque() : base(detail::home_of<T>(this)) {}
  explicit deque(size_type count) : deque() { base::resize(count); }
  deque(size_type count, const T& value) : deque() { base::assign(count, value); }
  template <std::input_iterator I>
  deque(I first, I last) : deque() {
    append(first, last);
  }
  deque(std::initializer_list<T> elements) : deque(elements.begin(), elements.end()) {}
  /// From any range whose elements T can be made of.
  template <detail::source_range<T, deque> R>
  explicit deque(R&& range) : deque() {
    append_range(std::forward<R>(range));
  }

  deque(const deque& other) : base(other.as_base(), detail::home_of<T>(this)) {}
  deque(deque&& other) : base(std::move(other.as_base()), detail::home_of<T>(this)) {
    other.clear();
  }
  ~deque() = default;

  deque& operator=(const deque& other) {
    base::operator=(other.as_base());
    return *this;
  }
  deque& operator=(deque&& other) {
    if (this != &other) {
      base::operator=(std::move(other.as_base()));
      other.clear();
    }
    return *this;
  }
  deque& operator=(std::initializer_list<T> elements) {
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
  using base::clear;
  using base::emplace;
  using base::emplace_back;
  using base::emplace_front;
  using base::empty;
  using base::erase;
  using base::front;
  using base::max_size;
  using base::operator[];
  using base::pop_back;
  using base::pop_front;
  using base::push_back;
  using base::push_front;
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

  iterator insert(const_iterator where, const T& value) { return insert(where, T(value)); }
  iterator insert(const_iterator where, T&& value) { return base::insert(where, std::move(value)); }
  iterator insert(const_iterator where, size_type count, const T& value) {
    // A copy, since Boost moves elements before it reads the value, which may be one of them.
    const T kept(value);
    return base::insert(where, count, kept);
  }
  template <std::input_iterator I>
  iterator insert(const_iterator where, I first, I last) {
    return base::insert(where, first, last);
  }
  iterator insert(const_iterator where, std::initializer_list<T> elements) {
    return base::insert(where, elements.begin(), elements.end());
  }

  /// Exchanges the blocks within an arena; moves the elements across arenas.
  void swap(deque& other) {
    if (storage_arena() == other.storage_arena()) {
      base::swap(other.as_base());
    } else {
      detail::swap_across(*this, other);
    }
  }
  friend void swap(deque& left, deque& right) { left.swap(right); }

  friend bool operator==(const deque& left, const deque& right) {
    return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin());
  }
  friend auto operator<=>(const deque& left, const deque& right) {
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

static_assert(sizeof(deque<int>) == 96);

/// Removes every element that satisfies `predicate`; how many there were.
template <class T, class Predicate>
std::size_t erase_if(deque<T>& from, Predicate predicate) {
  return detail::erase_elements_if(from, predicate);
}
/// Removes every element equal to `value`; how many there were.
template <class T, class U>
std::size_t erase(deque<T>& from, const U& value) {
  return erase_if(from, [&](const T& element) { return element == value; });
}

namespace detail {

template <class T>
struct known_template<deque<T>> {
  static constexpr bool value = true;
  static constexpr std::string_view tag = "ipcarc::deque";
  using arguments = type_list<T>;
  static constexpr bool allocates = true;
  static constexpr bool relocatable = true;
};

}  // namespace detail
}  // namespace ipcarc
