// ipcarc::flat_map: an ordered map in one array, in a shared segment at any mapping address, or on
// the stack.
//
// A vector of pairs kept sorted: compact and quick to search and walk, slow to insert into the
// middle of a large one. Belongs, moves and throws as ipcarc::vector. Iterators are plain pointers
// to std::pair<Key, T>; the key must not be changed through them. Thread and process safety: as
// std::map; in a segment, the object's guard.
//
// Stored bytes: those of ipcarc::vector<std::pair<Key, T>> (24), whose keys ascend strictly; then
// the comparator, if it is not empty.
#pragma once

#include <functional>
#include <stdexcept>

#include <ipcarc/containers/detail/flat.hpp>
#include <ipcarc/detail/known_template.hpp>

namespace ipcarc {

/// A map with the interface of std::map over an array. With the default comparator, lookups, `at`,
/// `operator[]`, `try_emplace` and `insert_or_assign` take whatever compares with the key.
template <class Key, class T, class Compare = std::less<>>
class flat_map : public detail::flat<flat_map<Key, T, Compare>, Key, std::pair<Key, T>, Compare> {
  using base = detail::flat<flat_map<Key, T, Compare>, Key, std::pair<Key, T>, Compare>;
  friend struct detail::access;

 public:
  using mapped_type = T;
  using base::base;
  using typename base::const_iterator;
  using typename base::iterator;
  using base::operator=;
  flat_map() = default;
  /// Declared here so that `flat_map{...}` finds its types.
  flat_map(std::initializer_list<std::pair<Key, T>> list, const Compare& compare = Compare())
      : base(list, compare) {}

  /// Throws std::out_of_range if there is no such key.
  template <class K = Key>
  [[nodiscard]] T& at(const K& key) {
    return existing(this->find(key))->second;
  }
  template <class K = Key>
  [[nodiscard]] const T& at(const K& key) const {
    return existing(this->find(key))->second;
  }
  template <class K = Key>
  T& operator[](K&& key) {
    return try_emplace(std::forward<K>(key)).first->second;
  }
  template <class K = Key, class... A>
  requires(!std::convertible_to<K&&, const_iterator>) std::pair<iterator, bool> try_emplace(
      K&& key, A&&... arguments) {
    if constexpr (detail::transparent<Compare> || std::same_as<std::remove_cvref_t<K>, Key>) {
      return this->emplace_unless_found(key, std::piecewise_construct,
                                        std::forward_as_tuple(std::forward<K>(key)),
                                        std::forward_as_tuple(std::forward<A>(arguments)...));
    } else {
      return try_emplace(Key(std::forward<K>(key)), std::forward<A>(arguments)...);
    }
  }
  template <class K, class... A>
  iterator try_emplace(const_iterator, K&& key, A&&... arguments) {
    return try_emplace(std::forward<K>(key), std::forward<A>(arguments)...).first;
  }
  template <class K = Key, class V = T>
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

 private:
  template <class I>
  I existing(I found) const {
    if (found == this->end()) {
      throw std::out_of_range("ipcarc::flat_map: no such key");
    }
    return found;
  }
  void relocate_to(void* to) noexcept {
    detail::relocator<vector<std::pair<Key, T>>>::move(&this->elements_, to);
  }
  template <class Visit>
  void storage_blocks(Visit&& visit) const {
    detail::access::storage_blocks(this->sequence(), visit);
  }
};

template <std::input_iterator I, class Pair = std::iter_value_t<I>,
          detail::order_of<detail::key_of_pair<Pair>> Compare = std::less<>>
flat_map(I, I, Compare = Compare())
    -> flat_map<detail::key_of_pair<Pair>, detail::mapped_of_pair<Pair>, Compare>;
template <class Key, class T, detail::order_of<Key> Compare = std::less<>>
flat_map(std::initializer_list<std::pair<Key, T>>, Compare = Compare())
    -> flat_map<Key, T, Compare>;
template <std::ranges::input_range R, class Pair = std::ranges::range_value_t<R>,
          detail::order_of<detail::key_of_pair<Pair>> Compare = std::less<>>
flat_map(R&&, Compare = Compare())
    -> flat_map<detail::key_of_pair<Pair>, detail::mapped_of_pair<Pair>, Compare>;

static_assert(sizeof(flat_map<int, int>) == 24);

namespace detail {

template <class Key, class T, class Compare>
struct relocator<flat_map<Key, T, Compare>> : self_relocator<flat_map<Key, T, Compare>> {
  static constexpr bool cheap = std::is_empty_v<Compare>;
};

template <class Key, class T, class Compare>
struct known_template<flat_map<Key, T, Compare>> {
  static constexpr bool value = true;
  static constexpr std::string_view tag = "ipcarc::flat_map";
  using arguments = typename composition<type_list<Compare>, type_list<std::less<>>, Key, T>::type;
  static constexpr bool allocates = true;
  static constexpr bool relocatable = true;
};

}  // namespace detail
}  // namespace ipcarc
