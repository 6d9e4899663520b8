// ipcarc::list: a doubly linked list, in a shared segment at any mapping address, or on the stack.
//
// Over boost::container::list, of which whatever would carry nodes or an allocator across arenas is
// hidden: splice, merge, get_allocator, constructors that take an allocator, swap of unequal ones.
// It belongs to the arena whose memory it lies in. A move takes the nodes over within an arena and
// moves the elements one by one across arenas, so it may throw. Thread and process safety: as
// std::list; in a segment, the object's guard.
//
// Stored bytes (32), as Boost 1.81 lays them out. A link is an offset_ptr: the distance from its
// own address, 1 for null.
//   0  link to the arena (null: process heap)    8  uint64 size
//  16  header: link to the first node, link to the last one
// A node: link to the next one, link to the previous one; T. The ends link to the header.
//
// Invariants: 1. All its memory belongs to the remembered arena, which is arena_of(it). 2. A
// moved-from one is empty.
#pragma once

#include <functional>
#include <initializer_list>
#include <string_view>

#include <boost/container/list.hpp>

#include <ipcarc/containers/detail/node_based.hpp>
#include <ipcarc/detail/known_template.hpp>

namespace ipcarc {

/// A list with the interface of std::list, without an allocator, splice and merge.
template <class T>
class list : private boost::container::list<T, detail::allocator<T>> {
  using base = boost::container::list<T, detail::allocator<T>>;
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

  list() : base(detail::home_of<T>(this)) {}
  explicit list(size_type count) : list() { resize(count); }
  list(size_type count, const T& value) : list() { assign(count, value); }
  template <std::input_iterator I>
  list(I first, I last) : list() {
    insert(cend(), first, last);
  }
  list(std::initializer_list<T> elements) : list(elements.begin(), elements.end()) {}
  /// From any range whose elements T can be made of.
  template <detail::source_range<T, list> R>
  explicit list(R&& range) : list() {
    append_range(std::forward<R>(range));
  }
  list(const list& other) : list(other.begin(), other.end()) {}
  list(list&& other) : list() { take(other); }
  ~list() = default;

  list& operator=(const list& other) {
    if (this != &other) {
      assign(other.begin(), other.end());
    }
    return *this;
  }
  list& operator=(list&& other) {
    if (this != &other) {
      take(other);
    }
    return *this;
  }
  list& operator=(std::initializer_list<T> elements) {
    assign(elements.begin(), elements.end());
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
  using base::back;
  using base::clear;
  using base::emplace;
  using base::emplace_back;
  using base::emplace_front;
  using base::empty;
  using base::erase;
  using base::front;
  using base::insert;
  using base::max_size;
  using base::pop_back;
  using base::pop_front;
  using base::push_back;
  using base::push_front;
  using base::resize;
  using base::reverse;
  using base::size;
  using base::sort;

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

  /// The range must not be a part of this list.
  template <class R>
  requires detail::source_range<R, T> iterator insert_range(const_iterator where, R&& range) {
    const size_type old_size = size();
    const iterator end_of_new = base::erase(where, where);
    try {
      for (auto&& value : range) {
        base::emplace(where, std::forward<decltype(value)>(value));
      }
    } catch (...) {
      base::erase(first_of_new(end_of_new, old_size), end_of_new);
      throw;
    }
    return first_of_new(end_of_new, old_size);
  }
  /// The range must not be a part of this list.
  template <class R>
  requires detail::source_range<R, T>
  void prepend_range(R&& range) { insert_range(cbegin(), std::forward<R>(range)); }

  /// Each of these gives how many it removed.
  size_type remove(const T& value) {
    const size_type old_size = size();
    base::remove(value);
    return old_size - size();
  }
  template <class Predicate>
  size_type remove_if(Predicate predicate) {
    const size_type old_size = size();
    base::remove_if(predicate);
    return old_size - size();
  }
  size_type unique() { return unique(std::equal_to<>()); }
  template <class Equal>
  size_type unique(Equal equal) {
    const size_type old_size = size();
    base::unique(equal);
    return old_size - size();
  }

  /// Exchanges the nodes within an arena; moves the elements across arenas.
  void swap(list& other) {
    if (storage_arena() == other.storage_arena()) {
      base::swap(other.as_base());
    } else {
      detail::swap_across(*this, other);
    }
  }
  friend void swap(list& left, list& right) { left.swap(right); }

  friend bool operator==(const list& left, const list& right) {
    return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin());
  }
  friend auto operator<=>(const list& left, const list& right) {
    return detail::compare_ranges(left, right);
  }

 private:
  base& as_base() noexcept { return *this; }
  const base& as_base() const noexcept { return *this; }
  detail::Arena* storage_arena() const noexcept { return this->get_stored_allocator().arena(); }

  // The first of the elements that came before `end_of_new` since the size was `old_size`.
  iterator first_of_new(iterator end_of_new, size_type old_size) {
    return std::prev(end_of_new, static_cast<difference_type>(size() - old_size));
  }
  // Replaces what this container holds by what `other` holds, and leaves that empty.
  void take(list& other) {
    const detail::emptied_at_end<list> emptied(other);
    base::operator=(std::move(other.as_base()));
  }
};

template <std::input_iterator I>
list(I, I) -> list<std::iter_value_t<I>>;
template <std::ranges::input_range R>
list(R&&) -> list<std::ranges::range_value_t<R>>;

static_assert(sizeof(list<int>) == 32);

/// Removes every element that satisfies `predicate`; how many there were.
template <class T, class Predicate>
std::size_t erase_if(list<T>& from, Predicate predicate) {
  return detail::erase_nodes_if(from, predicate);
}
/// Removes every element equal to `value`; how many there were.
template <class T, class U>
std::size_t erase(list<T>& from, const U& value) {
  return erase_if(from, [&](const T& element) { return element == value; });
}

namespace detail {

template <class T>
struct known_template<list<T>> {
  static constexpr bool value = true;
  static constexpr std::string_view tag = "ipcarc::list";
  using arguments = type_list<T>;
  static constexpr bool allocates = true;
  static constexpr bool relocatable = true;
};

}  // namespace detail
}  // namespace ipcarc
