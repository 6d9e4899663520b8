// ipcarc::unordered_set: a hash set, in a shared segment at any mapping address, or on the stack.
//
// Over boost::unordered_set (node-based), of which whatever would carry nodes or an allocator
// across arenas is hidden: extract, insertion of node handles, merge, get_allocator, constructors
// that take an allocator, swap of unequal ones. A set belongs to the arena whose memory it lies in.
// A move takes the nodes over within an arena and moves the elements one by one across arenas, so
// it may throw. Thread and process safety: as std::unordered_set; in a segment, the object's guard.
//
// Stored bytes: those of ipcarc::unordered_map; a node is a link to the next one, and the Key.
//
// Invariants: 1. Every node and bucket belongs to the remembered arena, which is arena_of(the set).
// 2. A moved-from set is empty. 3. The hash gives the same in every process.
#pragma once

#include <functional>
#include <initializer_list>
#include <string_view>

#include <boost/unordered_set.hpp>

#include <ipcarc/containers/detail/node_based.hpp>
#include <ipcarc/containers/hash.hpp>
#include <ipcarc/detail/known_template.hpp>

namespace ipcarc {

/// A set with the interface of std::unordered_set, without an allocator. With string keys, lookups
/// take any kind of string.
template <class Key, class Hash = default_hash<Key>, class Equal = std::equal_to<>>
class unordered_set : private boost::unordered_set<Key, Hash, Equal, detail::allocator<Key>> {
  using base = boost::unordered_set<Key, Hash, Equal, detail::allocator<Key>>;
  friend struct detail::access;

  template <class K>
  static constexpr bool searchable = detail::transparent<Hash>&& detail::transparent<Equal>&&
      std::is_invocable_v<const Hash&, const K&>;

 public:
  using key_type = Key;
  using value_type = Key;
  using hasher = Hash;
  using key_equal = Equal;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = const Key&;
  using const_reference = const Key&;
  using iterator = typename base::iterator;
  using const_iterator = typename base::const_iterator;
  using local_iterator = typename base::local_iterator;
  using const_local_iterator = typename base::const_local_iterator;

  unordered_set() : base(detail::home_of<Key>(this)) {}
  explicit unordered_set(size_type buckets, const Hash& hash = Hash(), const Equal& equal = Equal())
      : base(buckets, hash, equal, detail::home_of<Key>(this)) {}
  template <std::input_iterator I>
  unordered_set(I first, I last, size_type buckets = 0, const Hash& hash = Hash(),
                const Equal& equal = Equal())
      : unordered_set(buckets, hash, equal) {
    insert(first, last);
  }
  unordered_set(std::initializer_list<Key> list, size_type buckets = 0, const Hash& hash = Hash(),
                const Equal& equal = Equal())
      : unordered_set(buckets, hash, equal) {
    insert(list.begin(), list.end());
  }
  /// From any range that the elements can be made of, such as a std::set<std::string>.
  template <detail::source_range<Key, unordered_set> R>
  explicit unordered_set(R&& range) : unordered_set() {
    insert_range(std::forward<R>(range));
  }

  unordered_set(const unordered_set& other) : base(other.as_base(), detail::home_of<Key>(this)) {}
  unordered_set(unordered_set&& other)
      : base(0, other.hash_function(), other.key_eq(), detail::home_of<Key>(this)) {
    take(other);
  }
  ~unordered_set() = default;

  unordered_set& operator=(const unordered_set& other) {
    if (this != &other) {
      base::operator=(other.as_base());
    }
    return *this;
  }
  unordered_set& operator=(unordered_set&& other) {
    if (this != &other) {
      take(other);
    }
    return *this;
  }
  unordered_set& operator=(std::initializer_list<Key> list) {
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
  template <std::input_iterator I>
  void insert(I first, I last) {
    for (; first != last; ++first) {
      base::emplace(*first);
    }
  }
  void insert(std::initializer_list<Key> list) { insert(list.begin(), list.end()); }
  template <class R>
  void insert_range(R&& range) {
    for (auto&& value : range) {
      base::emplace(std::forward<decltype(value)>(value));
    }
  }

  template <detail::foreign_key<unordered_set> K>
  requires searchable<K> size_type erase(K&& key) {
    const iterator found = find(key);
    if (found == end()) {
      return 0;
    }
    base::erase(found);
    return 1;
  }

  /// Exchanges nodes within an arena; moves the elements across arenas.
  void swap(unordered_set& other) {
    if (storage_arena() == other.storage_arena()) {
      base::swap(other.as_base());
    } else {
      detail::swap_across(*this, other);
    }
  }
  friend void swap(unordered_set& left, unordered_set& right) { left.swap(right); }

  /// Equal if they hold equal elements, in whatever order.
  friend bool operator==(const unordered_set& left, const unordered_set& right) {
    return left.size() == right.size() &&
           std::all_of(left.begin(), left.end(),
                       [&](const Key& key) { return right.contains(key); });
  }

 private:
  base& as_base() noexcept { return *this; }
  const base& as_base() const noexcept { return *this; }
  detail::Arena* storage_arena() const noexcept { return base::get_allocator().arena(); }

  // Replaces what this container holds by what `other` holds, and leaves that empty.
  void take(unordered_set& other) {
    const detail::emptied_at_end<unordered_set> emptied(other);
    base::operator=(std::move(other.as_base()));
  }
};

template <std::input_iterator I>
unordered_set(I, I) -> unordered_set<std::iter_value_t<I>>;
template <std::ranges::input_range R>
unordered_set(R&&) -> unordered_set<std::ranges::range_value_t<R>>;

static_assert(sizeof(unordered_set<int>) == 72);

/// Removes every element that satisfies `predicate`; how many there were.
template <class Key, class Hash, class Equal, class Predicate>
std::size_t erase_if(unordered_set<Key, Hash, Equal>& from, Predicate predicate) {
  return detail::erase_nodes_if(from, predicate);
}

namespace detail {

template <class Key, class Hash, class Equal>
struct known_template<unordered_set<Key, Hash, Equal>> {
  static constexpr bool value = true;
  static constexpr std::string_view tag = "ipcarc::unordered_set";
  using arguments = typename composition<type_list<Hash, Equal>,
                                         type_list<default_hash<Key>, std::equal_to<>>, Key>::type;
  static constexpr bool allocates = true;
  static constexpr bool relocatable = true;
};

}  // namespace detail
}  // namespace ipcarc
