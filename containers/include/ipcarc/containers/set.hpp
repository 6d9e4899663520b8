// ipcarc::set: an ordered set, in a shared segment at any mapping address, or on the stack.
//
// Over boost::container::set, of which whatever would carry nodes or an allocator across arenas is
// hidden: extract, insertion of node handles, merge, get_allocator, constructors that take an
// allocator, swap of unequal ones. A set belongs to the arena whose memory it lies in. A move takes
// the nodes over within an arena and moves the elements one by one across arenas, so it may throw.
// Thread and process safety: as std::set; in a segment, the object's guard.
//
// Stored bytes: those of ipcarc::map; a node's links are followed by the Key.
//
// Invariants: 1. Every node belongs to the remembered arena, which is arena_of(the set). 2. A
// moved-from set is empty.
#pragma once

#include <functional>
#include <initializer_list>
#include <string_view>

#include <boost/container/set.hpp>

#include <ipcarc/containers/detail/node_based.hpp>
#include <ipcarc/detail/known_template.hpp>

namespace ipcarc {

/// A set with the interface of std::set, without an allocator. With the default comparator, lookups
/// take whatever compares with the key (a std::string_view for a string).
template <class Key, class Compare = std::less<>>
class set : private boost::container::set<Key, Compare, detail::allocator<Key>> {
  using base = boost::container::set<Key, Compare, detail::allocator<Key>>;
  friend struct detail::access;

 public:
  using key_type = Key;
  using value_type = Key;
  using key_compare = Compare;
  using value_compare = Compare;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = const Key&;
  using const_reference = const Key&;
  using iterator = typename base::iterator;
  using const_iterator = typename base::const_iterator;
  using reverse_iterator = typename base::reverse_iterator;
  using const_reverse_iterator = typename base::const_reverse_iterator;

  set() : set(Compare()) {}
  explicit set(const Compare& compare) : base(compare, detail::home_of<Key>(this)) {}
  template <std::input_iterator I>
  set(I first, I last, const Compare& compare = Compare()) : set(compare) {
    insert(first, last);
  }
  set(std::initializer_list<Key> list, const Compare& compare = Compare()) : set(compare) {
    insert(list.begin(), list.end());
  }
  /// From any range that the elements can be made of, such as a std::set<std::string>.
  template <detail::source_range<Key, set> R>
  explicit set(R&& range, const Compare& compare = Compare()) : set(compare) {
    insert_range(std::forward<R>(range));
  }

  set(const set& other) : base(other.as_base(), detail::home_of<Key>(this)) {}
  set(set&& other) : set(other.key_comp()) { take(other); }
  ~set() = default;

  set& operator=(const set& other) {
    base::operator=(other.as_base());
    return *this;
  }
  set& operator=(set&& other) {
    if (this != &other) {
      take(other);
    }
    return *this;
  }
  set& operator=(std::initializer_list<Key> list) { return *this = set(list, key_comp()); }

  using base::begin;
  using base::cbegin;
  using base::cend;
  using base::crbegin;
  using base::crend;
  using base::end;
  using base::rbegin;
  using base::rend;

  using base::clear;
  using base::contains;
  using base::count;
  using base::empty;
  using base::equal_range;
  using base::erase;
  using base::find;
  using base::key_comp;
  using base::lower_bound;
  using base::max_size;
  using base::size;
  using base::upper_bound;
  [[nodiscard]] Compare value_comp() const { return key_comp(); }

  template <class... A>
  std::pair<iterator, bool> emplace(A&&... arguments) {
    return base::emplace(std::forward<A>(arguments)...);
  }
  template <class... A>
  iterator emplace_hint(const_iterator hint, A&&... arguments) {
    return base::emplace_hint(hint, std::forward<A>(arguments)...);
  }
  std::pair<iterator, bool> insert(const Key& key) { return base::insert(key); }
  std::pair<iterator, bool> insert(Key&& key) { return base::insert(std::move(key)); }
  iterator insert(const_iterator hint, const Key& key) { return base::insert(hint, key); }
  iterator insert(const_iterator hint, Key&& key) { return base::insert(hint, std::move(key)); }
  template <std::input_iterator I>
  void insert(I first, I last) {
    for (; first != last; ++first) {
      base::emplace_hint(end(), *first);
    }
  }
  void insert(std::initializer_list<Key> list) { insert(list.begin(), list.end()); }
  template <class R>
  void insert_range(R&& range) {
    for (auto&& value : range) {
      base::emplace_hint(end(), std::forward<decltype(value)>(value));
    }
  }

  template <detail::foreign_key<set> K>
  requires detail::transparent<Compare> size_type erase(K&& key) {
    const auto [first, last] = equal_range(key);
    const auto removed = static_cast<size_type>(std::distance(first, last));
    base::erase(first, last);
    return removed;
  }

  /// Exchanges nodes within an arena; moves the elements across arenas.
  void swap(set& other) {
    if (storage_arena() == other.storage_arena()) {
      base::swap(other.as_base());
    } else {
      detail::swap_across(*this, other);
    }
  }
  friend void swap(set& left, set& right) { left.swap(right); }

  friend bool operator==(const set& left, const set& right) {
    return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin());
  }
  friend auto operator<=>(const set& left, const set& right) {
    return detail::compare_ranges(left, right);
  }

 private:
  base& as_base() noexcept { return *this; }
  const base& as_base() const noexcept { return *this; }
  detail::Arena* storage_arena() const noexcept { return this->get_stored_allocator().arena(); }

  // Replaces what this container holds by what `other` holds, and leaves that empty.
  void take(set& other) {
    const detail::emptied_at_end<set> emptied(other);
    base::operator=(std::move(other.as_base()));
  }
};

template <std::input_iterator I, detail::order_of<std::iter_value_t<I>> Compare = std::less<>>
set(I, I, Compare = Compare()) -> set<std::iter_value_t<I>, Compare>;
template <std::ranges::input_range R,
          detail::order_of<std::ranges::range_value_t<R>> Compare = std::less<>>
set(R&&, Compare = Compare()) -> set<std::ranges::range_value_t<R>, Compare>;

/// Removes every element that satisfies `predicate`; how many there were.
template <class Key, class Compare, class Predicate>
std::size_t erase_if(set<Key, Compare>& from, Predicate predicate) {
  return detail::erase_nodes_if(from, predicate);
}

static_assert(sizeof(set<int>) == 40);

namespace detail {

template <class Key, class Compare>
struct known_template<set<Key, Compare>> {
  static constexpr bool value = true;
  static constexpr std::string_view tag = "ipcarc::set";
  using arguments = typename composition<type_list<Compare>, type_list<std::less<>>, Key>::type;
  static constexpr bool allocates = true;
  static constexpr bool relocatable = true;
};

}  // namespace detail
}  // namespace ipcarc
