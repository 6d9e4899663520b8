// ipcarc::unordered_map: a hash map of unique keys, in a shared segment at any mapping address, or
// on the stack.
//
// Over boost::unordered_map (node-based), of which whatever would carry nodes or an allocator
// across arenas is hidden: extract, insertion of node handles, merge, get_allocator, constructors
// that take an allocator, swap of unequal ones. A map belongs to the arena whose memory it lies in.
// A move takes the nodes over within an arena and moves the elements one by one across arenas, so
// it may throw. Thread and process safety: as std::unordered_map; in a segment, the object's guard.
//
// Stored bytes (72), as Boost 1.81 lays them out. A link is an offset_ptr: the distance from its
// own address, 1 for null.
//   0  flags, and the hash and comparison if they are not empty    8  uint64 size
//  16  float largest load factor    24  uint64 size at which it grows
//  32  link to the arena (null: process heap)    40  uint64 index of the prime bucket count
//  48  uint64 buckets    56  link to the buckets, each a link to its first node
//  64  link to the groups of 64 buckets: link to buckets, bitmask, next, previous
// A node: link to the next one of its bucket; std::pair<const Key, T>.
//
// Invariants: 1. Every node and bucket belongs to the remembered arena, which is arena_of(the map).
// 2. A moved-from map is empty. 3. The hash gives the same in every process.
#pragma once

#include <functional>
#include <initializer_list>
#include <stdexcept>
#include <string_view>

#include <boost/unordered_map.hpp>

#include <ipcarc/containers/detail/node_based.hpp>
#include <ipcarc/containers/hash.hpp>
#include <ipcarc/detail/known_template.hpp>

namespace ipcarc {

/// A map with the interface of std::unordered_map, without an allocator. With string keys, lookups,
/// `at`, `operator[]`, `try_emplace` and `insert_or_assign` take any kind of string.
template <class Key, class T, class Hash = default_hash<Key>, class Equal = std::equal_to<>>
class unordered_map : private boost::unordered_map<Key, T, Hash, Equal,
                                                   detail::allocator<std::pair<const Key, T>>> {
  using allocator = detail::allocator<std::pair<const Key, T>>;
  using base = boost::unordered_map<Key, T, Hash, Equal, allocator>;
  friend struct detail::access;

  template <class K>
  static constexpr bool searchable = detail::transparent<Hash>&& detail::transparent<Equal>&&
      std::is_invocable_v<const Hash&, const K&>;

 public:
  using key_type = Key;
  using mapped_type = T;
  using value_type = std::pair<const Key, T>;
  using hasher = Hash;
  using key_equal = Equal;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = value_type&;
  using const_reference = const value_type&;
  using iterator = typename base::iterator;
  using const_iterator = typename base::const_iterator;
  using local_iterator = typename base::local_iterator;
  using const_local_iterator = typename base::const_local_iterator;

  unordered_map() : base(detail::home_of<value_type>(this)) {}
  explicit unordered_map(size_type buckets, const Hash& hash = Hash(), const Equal& equal = Equal())
      : base(buckets, hash, equal, detail::home_of<value_type>(this)) {}
  template <std::input_iterator I>
  unordered_map(I first, I last, size_type buckets = 0, const Hash& hash = Hash(),
                const Equal& equal = Equal())
      : unordered_map(buckets, hash, equal) {
    insert(first, last);
  }
  unordered_map(std::initializer_list<value_type> list, size_type buckets = 0,
                const Hash& hash = Hash(), const Equal& equal = Equal())
      : unordered_map(buckets, hash, equal) {
    insert(list.begin(), list.end());
  }
  /// From any range of pairs that the elements can be made of, such as a std::map<std::string,
  /// int>.
  template <detail::source_range<value_type, unordered_map> R>
  explicit unordered_map(R&& range) : unordered_map() {
    insert_range(std::forward<R>(range));
  }

  unordered_map(const unordered_map& other)
      : base(other.as_base(), detail::home_of<value_type>(this)) {}
  unordered_map(unordered_map&& other)
      : base(0, other.hash_function(), other.key_eq(), detail::home_of<value_type>(this)) {
    take(other);
  }
  ~unordered_map() = default;

  unordered_map& operator=(const unordered_map& other) {
    if (this != &other) {
      base::operator=(other.as_base());
    }
    return *this;
  }
  unordered_map& operator=(unordered_map&& other) {
    if (this != &other) {
      take(other);
    }
    return *this;
  }
  unordered_map& operator=(std::initializer_list<value_type> list) {
    clear();
    insert(list);
    return *this;
  }

  using base::begin;
  using base::cbegin;
  using base::cend;
  using base::end;

  using base::bucket;
  using base::bucket_count;
  using base::bucket_size;
  using base::clear;
  using base::contains;
  using base::count;
  using base::empty;
  using base::equal_range;
  using base::erase;
  using base::find;
  using base::hash_function;
  using base::key_eq;
  using base::load_factor;
  using base::max_bucket_count;
  using base::max_load_factor;
  using base::max_size;
  using base::rehash;
  using base::reserve;
  using base::size;

  /// Throws std::out_of_range if there is no such key.
  template <class K = Key>
  [[nodiscard]] T& at(const K& key) {
    return existing(find(key))->second;
  }
  template <class K = Key>
  [[nodiscard]] const T& at(const K& key) const {
    return existing(find(key))->second;
  }

  T& operator[](const Key& key) { return base::operator[](key); }
  T& operator[](Key&& key) { return base::operator[](std::move(key)); }
  template <detail::foreign_key<unordered_map> K>
  requires searchable<K> T& operator[](K&& key) {
    return try_emplace(std::forward<K>(key)).first->second;
  }

  template <class... A>
  std::pair<iterator, bool> try_emplace(const Key& key, A&&... arguments) {
    return base::try_emplace(key, std::forward<A>(arguments)...);
  }
  template <class... A>
  std::pair<iterator, bool> try_emplace(Key&& key, A&&... arguments) {
    return base::try_emplace(std::move(key), std::forward<A>(arguments)...);
  }
  template <detail::foreign_key<unordered_map> K, class... A>
  requires searchable<K> std::pair<iterator, bool> try_emplace(K&& key, A&&... arguments) {
    const iterator found = find(key);
    if (found != end()) {
      return {found, false};
    }
    return base::emplace(std::piecewise_construct, std::forward_as_tuple(std::forward<K>(key)),
                         std::forward_as_tuple(std::forward<A>(arguments)...));
  }
  template <class K, class... A>
  iterator try_emplace(const_iterator, K&& key, A&&... arguments) {
    return try_emplace(std::forward<K>(key), std::forward<A>(arguments)...).first;
  }

  template <class K = Key, class V>
  std::pair<iterator, bool> insert_or_assign(K&& key, V&& value) {
    const auto result = try_emplace(std::forward<K>(key), std::forward<V>(value));
    if (!result.second) {
      result.first->second = std::forward<V>(value);
    }
    return result;
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
  std::pair<iterator, bool> insert(const value_type& value) { return base::insert(value); }
  std::pair<iterator, bool> insert(value_type&& value) { return base::insert(std::move(value)); }
  template <class P>
  requires std::constructible_from<value_type, P&&> std::pair<iterator, bool> insert(P&& value) {
    return base::emplace(std::forward<P>(value));
  }
  iterator insert(const_iterator hint, const value_type& value) {
    return base::insert(hint, value);
  }
  template <std::input_iterator I>
  void insert(I first, I last) {
    for (; first != last; ++first) {
      base::emplace(*first);
    }
  }
  void insert(std::initializer_list<value_type> list) { insert(list.begin(), list.end()); }
  template <class R>
  void insert_range(R&& range) {
    for (auto&& value : range) {
      base::emplace(std::forward<decltype(value)>(value));
    }
  }

  template <detail::foreign_key<unordered_map> K>
  requires searchable<K> size_type erase(K&& key) {
    const iterator found = find(key);
    if (found == end()) {
      return 0;
    }
    base::erase(found);
    return 1;
  }

  /// Exchanges nodes within an arena; moves the elements across arenas.
  void swap(unordered_map& other) {
    if (storage_arena() == other.storage_arena()) {
      base::swap(other.as_base());
    } else {
      detail::swap_across(*this, other);
    }
  }
  friend void swap(unordered_map& left, unordered_map& right) { left.swap(right); }

  /// Equal if they hold equal elements, in whatever order.
  friend bool operator==(const unordered_map& left, const unordered_map& right) {
    if (left.size() != right.size()) {
      return false;
    }
    for (const auto& [key, value] : left) {
      const auto found = right.find(key);
      if (found == right.end() || !(found->second == value)) {
        return false;
      }
    }
    return true;
  }

 private:
  base& as_base() noexcept { return *this; }
  const base& as_base() const noexcept { return *this; }
  detail::Arena* storage_arena() const noexcept { return base::get_allocator().arena(); }

  // Replaces what this container holds by what `other` holds, and leaves that empty.
  void take(unordered_map& other) {
    const detail::emptied_at_end<unordered_map> emptied(other);
    base::operator=(std::move(other.as_base()));
  }
  template <class I>
  I existing(I found) const {
    if (found == end()) {
      throw std::out_of_range("ipcarc::unordered_map: no such key");
    }
    return found;
  }
};

template <std::input_iterator I, class Pair = std::iter_value_t<I>>
unordered_map(I, I) -> unordered_map<detail::key_of_pair<Pair>, detail::mapped_of_pair<Pair>>;
template <class Key, class T>
unordered_map(std::initializer_list<std::pair<Key, T>>) -> unordered_map<Key, T>;
template <std::ranges::input_range R, class Pair = std::ranges::range_value_t<R>>
unordered_map(R&&) -> unordered_map<detail::key_of_pair<Pair>, detail::mapped_of_pair<Pair>>;

static_assert(sizeof(unordered_map<int, int>) == 72);

/// Removes every element that satisfies `predicate`; how many there were.
template <class Key, class T, class Hash, class Equal, class Predicate>
std::size_t erase_if(unordered_map<Key, T, Hash, Equal>& from, Predicate predicate) {
  return detail::erase_nodes_if(from, predicate);
}

namespace detail {

template <class Key, class T, class Hash, class Equal>
struct known_template<unordered_map<Key, T, Hash, Equal>> {
  static constexpr bool value = true;
  static constexpr std::string_view tag = "ipcarc::unordered_map";
  using arguments =
      typename composition<type_list<Hash, Equal>, type_list<default_hash<Key>, std::equal_to<>>,
                           Key, T>::type;
  static constexpr bool allocates = true;
  static constexpr bool relocatable = true;
};

}  // namespace detail
}  // namespace ipcarc
