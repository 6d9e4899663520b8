// ipcarc::map: an ordered map of unique keys, in a shared segment at any mapping address, or on the
// stack.
//
// Over boost::container::map, of which whatever would carry nodes or an allocator across arenas is
// hidden: extract, insertion of node handles, merge, get_allocator, constructors that take an
// allocator, swap of unequal ones. A map belongs to the arena whose memory it lies in. A move takes
// the nodes over within an arena and moves the elements one by one across arenas, so it may throw.
// Thread and process safety: as std::map; in a segment, the object's guard.
//
// Stored bytes (40), as Boost 1.81 lays them out. A link is an offset_ptr: the distance from its
// own address, 1 for null.
//   0  link to the arena (null: process heap)    8  uint64 size
//  16  header: link to the root (bit 1: colour), link to the first node, link to the last one
// A node: link to its parent (bit 1: colour), to the left, to the right; std::pair<const Key, T>.
// A comparator that is not empty follows the link to the arena.
//
// Invariants: 1. Every node belongs to the remembered arena, which is arena_of(the map). 2. A
// moved-from map is empty.
#pragma once

#include <functional>
#include <initializer_list>
#include <stdexcept>
#include <string_view>

#include <boost/container/map.hpp>

#include <ipcarc/containers/detail/node_based.hpp>
#include <ipcarc/detail/known_template.hpp>

namespace ipcarc {

/// A map with the interface of std::map, without an allocator. With the default comparator,
/// lookups, `at`, `operator[]`, `try_emplace` and `insert_or_assign` take whatever compares with
/// the key (a std::string_view for a string).
template <class Key, class T, class Compare = std::less<>>
class map
    : private boost::container::map<Key, T, Compare, detail::allocator<std::pair<const Key, T>>> {
  using allocator = detail::allocator<std::pair<const Key, T>>;
  using base = boost::container::map<Key, T, Compare, allocator>;
  friend struct detail::access;

 public:
  using key_type = Key;
  using mapped_type = T;
  using value_type = std::pair<const Key, T>;
  using key_compare = Compare;
  using value_compare = typename base::value_compare;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = value_type&;
  using const_reference = const value_type&;
  using iterator = typename base::iterator;
  using const_iterator = typename base::const_iterator;
  using reverse_iterator = typename base::reverse_iterator;
  using const_reverse_iterator = typename base::const_reverse_iterator;

  map() : map(Compare()) {}
  explicit map(const Compare& compare)
      : base(compare, detail::home_of<typename allocator::value_type>(this)) {}
  template <std::input_iterator I>
  map(I first, I last, const Compare& compare = Compare()) : map(compare) {
    insert(first, last);
  }
  map(std::initializer_list<value_type> list, const Compare& compare = Compare()) : map(compare) {
    insert(list.begin(), list.end());
  }
  /// From any range of pairs that the elements can be made of, such as a std::map<std::string,
  /// int>.
  template <detail::source_range<value_type, map> R>
  explicit map(R&& range, const Compare& compare = Compare()) : map(compare) {
    insert_range(std::forward<R>(range));
  }

  map(const map& other) : base(other, detail::home_of<value_type>(this)) {}
  map(map&& other) : map(other.key_comp()) { take(other); }
  ~map() = default;

  map& operator=(const map& other) {
    base::operator=(other.as_base());
    return *this;
  }
  map& operator=(map&& other) {
    if (this != &other) {
      take(other);
    }
    return *this;
  }
  map& operator=(std::initializer_list<value_type> list) { return *this = map(list, key_comp()); }

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
  using base::value_comp;

  /// Throws std::out_of_range if there is no such key.
  template <class K = Key>
  [[nodiscard]] T& at(const K& key) {
    return existing(find(key))->second;
  }
  template <class K = Key>
  [[nodiscard]] const T& at(const K& key) const {
    return existing(find(key))->second;
  }

  T& operator[](const Key& key) { return try_emplace(key).first->second; }
  T& operator[](Key&& key) { return try_emplace(std::move(key)).first->second; }
  template <detail::foreign_key<map> K>
  requires detail::transparent<Compare> T& operator[](K&& key) {
    return try_emplace(std::forward<K>(key)).first->second;
  }

  template <class... A>
  std::pair<iterator, bool> try_emplace(const Key& key, A&&... arguments) {
    return try_emplace_as(key, std::forward<A>(arguments)...);
  }
  template <class... A>
  std::pair<iterator, bool> try_emplace(Key&& key, A&&... arguments) {
    return try_emplace_as(std::move(key), std::forward<A>(arguments)...);
  }
  template <detail::foreign_key<map> K, class... A>
  requires detail::transparent<Compare> std::pair<iterator, bool> try_emplace(K&& key,
                                                                              A&&... arguments) {
    return try_emplace_as(std::forward<K>(key), std::forward<A>(arguments)...);
  }
  template <class K, class... A>
  iterator try_emplace(const_iterator, K&& key, A&&... arguments) {
    return try_emplace(std::forward<K>(key), std::forward<A>(arguments)...).first;
  }

  template <class V>
  std::pair<iterator, bool> insert_or_assign(const Key& key, V&& value) {
    return insert_or_assign_as(key, std::forward<V>(value));
  }
  template <class V>
  std::pair<iterator, bool> insert_or_assign(Key&& key, V&& value) {
    return insert_or_assign_as(std::move(key), std::forward<V>(value));
  }
  template <detail::foreign_key<map> K, class V>
  requires detail::transparent<Compare> std::pair<iterator, bool> insert_or_assign(K&& key,
                                                                                   V&& value) {
    return insert_or_assign_as(std::forward<K>(key), std::forward<V>(value));
  }
  template <class K, class V>
  iterator insert_or_assign(const_iterator, K&& key, V&& value) {
    return insert_or_assign(std::forward<K>(key), std::forward<V>(value)).first;
  }

  template <class... A>
  std::pair<iterator, bool> emplace(A&&... arguments) {
    return base::emplace(std::forward<A>(arguments)...);
  }
  template <class... A>
  iterator emplace_hint(const_iterator hint, A&&... arguments) {
    return base::emplace_hint(hint, std::forward<A>(arguments)...);
  }
  std::pair<iterator, bool> insert(const value_type& value) {
    return try_emplace(value.first, value.second);
  }
  std::pair<iterator, bool> insert(value_type&& value) {
    return try_emplace(value.first, std::move(value.second));
  }
  template <class P>
  requires std::constructible_from<value_type, P&&> std::pair<iterator, bool> insert(P&& value) {
    return base::emplace(std::forward<P>(value));
  }
  iterator insert(const_iterator hint, const value_type& value) {
    return base::emplace_hint(hint, value);
  }
  iterator insert(const_iterator hint, value_type&& value) {
    return base::emplace_hint(hint, std::move(value));
  }
  template <std::input_iterator I>
  void insert(I first, I last) {
    for (; first != last; ++first) {
      base::emplace_hint(end(), *first);
    }
  }
  void insert(std::initializer_list<value_type> list) { insert(list.begin(), list.end()); }
  template <class R>
  void insert_range(R&& range) {
    for (auto&& value : range) {
      base::emplace_hint(end(), std::forward<decltype(value)>(value));
    }
  }

  template <detail::foreign_key<map> K>
  requires detail::transparent<Compare> size_type erase(K&& key) {
    const auto [first, last] = equal_range(key);
    const auto removed = static_cast<size_type>(std::distance(first, last));
    base::erase(first, last);
    return removed;
  }

  /// Exchanges nodes within an arena; moves the elements across arenas.
  void swap(map& other) {
    if (storage_arena() == other.storage_arena()) {
      base::swap(other.as_base());
    } else {
      detail::swap_across(*this, other);
    }
  }
  friend void swap(map& left, map& right) { left.swap(right); }

  friend bool operator==(const map& left, const map& right) {
    return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin());
  }
  friend auto operator<=>(const map& left, const map& right) {
    return detail::compare_ranges(left, right);
  }

 private:
  base& as_base() noexcept { return *this; }
  const base& as_base() const noexcept { return *this; }
  detail::Arena* storage_arena() const noexcept { return this->get_stored_allocator().arena(); }

  // Replaces what this container holds by what `other` holds, and leaves that empty.
  void take(map& other) {
    const detail::emptied_at_end<map> emptied(other);
    base::operator=(std::move(other.as_base()));
  }

  template <class I>
  I existing(I found) const {
    if (found == end()) {
      throw std::out_of_range("ipcarc::map: no such key");
    }
    return found;
  }
  template <class K, class... A>
  std::pair<iterator, bool> try_emplace_as(K&& key, A&&... arguments) {
    const iterator at = lower_bound(key);
    if (at != end() && !key_comp()(key, at->first)) {
      return {at, false};
    }
    return {base::emplace_hint(at, std::piecewise_construct,
                               std::forward_as_tuple(std::forward<K>(key)),
                               std::forward_as_tuple(std::forward<A>(arguments)...)),
            true};
  }
  template <class K, class V>
  std::pair<iterator, bool> insert_or_assign_as(K&& key, V&& value) {
    const auto result = try_emplace_as(std::forward<K>(key), std::forward<V>(value));
    if (!result.second) {
      result.first->second = std::forward<V>(value);
    }
    return result;
  }
};

template <std::input_iterator I, class Pair = std::iter_value_t<I>,
          detail::order_of<detail::key_of_pair<Pair>> Compare = std::less<>>
map(I, I, Compare = Compare())
    -> map<detail::key_of_pair<Pair>, detail::mapped_of_pair<Pair>, Compare>;
template <class Key, class T, detail::order_of<Key> Compare = std::less<>>
map(std::initializer_list<std::pair<Key, T>>, Compare = Compare()) -> map<Key, T, Compare>;
template <std::ranges::input_range R, class Pair = std::ranges::range_value_t<R>,
          detail::order_of<detail::key_of_pair<Pair>> Compare = std::less<>>
map(R&&, Compare = Compare())
    -> map<detail::key_of_pair<Pair>, detail::mapped_of_pair<Pair>, Compare>;

/// Removes every element that satisfies `predicate`; how many there were.
template <class Key, class T, class Compare, class Predicate>
std::size_t erase_if(map<Key, T, Compare>& from, Predicate predicate) {
  return detail::erase_nodes_if(from, predicate);
}

static_assert(sizeof(map<int, int>) == 40);

namespace detail {

template <class Key, class T, class Compare>
struct known_template<map<Key, T, Compare>> {
  static constexpr bool value = true;
  static constexpr std::string_view tag = "ipcarc::map";
  using arguments = typename composition<type_list<Compare>, type_list<std::less<>>, Key, T>::type;
  static constexpr bool allocates = true;
  static constexpr bool relocatable = true;
};

}  // namespace detail
}  // namespace ipcarc
