// What flat_map and flat_set share: a vector kept in the order of its unique keys.
//
// Stored bytes: those of a vector of the elements; then the comparator, if it is not empty.
//
// Invariant: keys ascend strictly, except inside a call. A new element is made at the end of the
// vector, where its contents are at home, and passes from there to its place.
#pragma once

#include <algorithm>
#include <compare>
#include <concepts>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <numeric>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <ipcarc/containers/detail/node_based.hpp>
#include <ipcarc/containers/vector.hpp>

namespace ipcarc::detail {

/// A vector that lets its owner put elements into another order.
template <class Value>
class flat_elements : public vector<Value> {
 public:
  using vector<Value>::rearrange;
  using vector<Value>::rotate_into_place;
};

template <class Derived, class Key, class Value, class Compare>
class flat {
  static constexpr bool is_set = std::same_as<Key, Value>;

 public:
  using key_type = Key;
  using value_type = Value;
  using key_compare = Compare;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = std::conditional_t<is_set, const Value&, Value&>;
  using const_reference = const Value&;
  using iterator = std::conditional_t<is_set, const Value*, Value*>;
  using const_iterator = const Value*;
  using reverse_iterator = std::reverse_iterator<iterator>;
  using const_reverse_iterator = std::reverse_iterator<const_iterator>;

  flat() = default;
  explicit flat(const Compare& compare) : compare_(compare) {}
  template <std::input_iterator I>
  flat(I first, I last, const Compare& compare = Compare()) : compare_(compare) {
    insert(first, last);
  }
  flat(std::initializer_list<Value> list, const Compare& compare = Compare()) : compare_(compare) {
    insert(list.begin(), list.end());
  }
  /// From any range that the elements can be made of.
  template <source_range<Value, flat, Derived> R>
  explicit flat(R&& range, const Compare& compare = Compare()) : compare_(compare) {
    insert_range(std::forward<R>(range));
  }
  flat(const flat&) = default;
  flat(flat&& other) : compare_(other.compare_) { take(other); }
  ~flat() = default;
  /// Empty if it throws.
  flat& operator=(const flat& other) {
    replace_elements([&] { elements_ = other.elements_; });
    compare_ = other.compare_;
    return *this;
  }
  /// Both are empty if it throws.
  flat& operator=(flat&& other) {
    if (this != &other) {
      take(other);
      compare_ = other.compare_;
    }
    return *this;
  }
  flat& operator=(std::initializer_list<Value> list) {
    clear();
    insert(list);
    return *this;
  }

  [[nodiscard]] iterator begin() noexcept { return elements_.begin(); }
  [[nodiscard]] const_iterator begin() const noexcept { return elements_.begin(); }
  [[nodiscard]] const_iterator cbegin() const noexcept { return elements_.begin(); }
  [[nodiscard]] iterator end() noexcept { return elements_.end(); }
  [[nodiscard]] const_iterator end() const noexcept { return elements_.end(); }
  [[nodiscard]] const_iterator cend() const noexcept { return elements_.end(); }
  [[nodiscard]] reverse_iterator rbegin() noexcept { return reverse_iterator(end()); }
  [[nodiscard]] const_reverse_iterator rbegin() const noexcept {
    return const_reverse_iterator(end());
  }
  [[nodiscard]] const_reverse_iterator crbegin() const noexcept { return rbegin(); }
  [[nodiscard]] reverse_iterator rend() noexcept { return reverse_iterator(begin()); }
  [[nodiscard]] const_reverse_iterator rend() const noexcept {
    return const_reverse_iterator(begin());
  }
  [[nodiscard]] const_reverse_iterator crend() const noexcept { return rend(); }

  [[nodiscard]] bool empty() const noexcept { return elements_.empty(); }
  [[nodiscard]] size_type size() const noexcept { return elements_.size(); }
  [[nodiscard]] static constexpr size_type max_size() noexcept { return vector<Value>::max_size(); }
  [[nodiscard]] size_type capacity() const noexcept { return elements_.capacity(); }
  void reserve(size_type count) { elements_.reserve(count); }
  void shrink_to_fit() { elements_.shrink_to_fit(); }
  void clear() noexcept { elements_.clear(); }
  [[nodiscard]] Compare key_comp() const { return compare_; }
  [[nodiscard]] auto value_comp() const {
    return [compare = compare_](const Value& left, const Value& right) {
      return compare(key_of(left), key_of(right));
    };
  }
  /// The elements in order, as they are stored.
  [[nodiscard]] const vector<Value>& sequence() const noexcept { return elements_; }

  // Lookup, by the key type or, with a transparent comparator, by whatever compares with it.

  template <class K = Key>
  [[nodiscard]] iterator lower_bound(const K& key) {
    return begin() + lower_index(key);
  }
  template <class K = Key>
  [[nodiscard]] const_iterator lower_bound(const K& key) const {
    return begin() + lower_index(key);
  }
  template <class K = Key>
  [[nodiscard]] iterator upper_bound(const K& key) {
    return begin() + upper_index(key);
  }
  template <class K = Key>
  [[nodiscard]] const_iterator upper_bound(const K& key) const {
    return begin() + upper_index(key);
  }
  template <class K = Key>
  [[nodiscard]] std::pair<iterator, iterator> equal_range(const K& key) {
    return {lower_bound(key), upper_bound(key)};
  }
  template <class K = Key>
  [[nodiscard]] std::pair<const_iterator, const_iterator> equal_range(const K& key) const {
    return {lower_bound(key), upper_bound(key)};
  }
  template <class K = Key>
  [[nodiscard]] iterator find(const K& key) {
    return begin() + found_index(key);
  }
  template <class K = Key>
  [[nodiscard]] const_iterator find(const K& key) const {
    return begin() + found_index(key);
  }
  template <class K = Key>
  [[nodiscard]] bool contains(const K& key) const {
    return find(key) != end();
  }
  template <class K = Key>
  [[nodiscard]] size_type count(const K& key) const {
    return static_cast<size_type>(upper_bound(key) - lower_bound(key));
  }

  // Changing.

  template <class... A>
  std::pair<iterator, bool> emplace(A&&... arguments) {
    elements_.emplace_back(std::forward<A>(arguments)...);
    const size_type last = elements_.size() - 1;
    const Key& key = key_of(elements_[last]);
    const auto position = static_cast<size_type>(
        std::lower_bound(cbegin(), cbegin() + last, key, before_key()) - cbegin());
    if (position != last && !compare_(key, key_of(elements_[position]))) {
      elements_.pop_back();
      return {begin() + position, false};
    }
    elements_.rotate_into_place(position, last);
    return {begin() + position, true};
  }
  template <class... A>
  iterator emplace_hint(const_iterator, A&&... arguments) {
    return emplace(std::forward<A>(arguments)...).first;
  }
  std::pair<iterator, bool> insert(const Value& value) { return insert_value(value); }
  std::pair<iterator, bool> insert(Value&& value) { return insert_value(std::move(value)); }
  iterator insert(const_iterator, const Value& value) { return insert_value(value).first; }
  iterator insert(const_iterator, Value&& value) { return insert_value(std::move(value)).first; }
  /// Of equal keys the first is kept. Sorts once, so this is the way to insert many.
  template <std::input_iterator I>
  void insert(I first, I last) {
    insert_many([&] { elements_.insert(elements_.end(), first, last); });
  }
  void insert(std::initializer_list<Value> list) { insert(list.begin(), list.end()); }
  template <class R>
  requires source_range<R, Value>
  void insert_range(R&& range) {
    insert_many([&] { elements_.append_range(std::forward<R>(range)); });
  }

  iterator erase(const_iterator where) { return elements_.erase(where); }
  iterator erase(const_iterator first, const_iterator last) { return elements_.erase(first, last); }
  template <class K = Key>
  requires(!std::convertible_to<const K&, const_iterator>) size_type erase(const K& key) {
    const auto [first, last] = equal_range(key);
    const auto removed = static_cast<size_type>(last - first);
    elements_.erase(first, last);
    return removed;
  }

  /// Exchanges blocks within an arena; moves the elements across arenas.
  void swap(Derived& other) {
    flat& that = other;
    if (arena_of(this) == arena_of(&that)) {
      elements_.swap(that.elements_);
      std::swap(compare_, that.compare_);
    } else {
      swap_across(self(), other);
    }
  }
  friend void swap(Derived& left, Derived& right) { left.swap(right); }

  friend bool operator==(const Derived& left, const Derived& right) {
    return left.sequence() == right.sequence();
  }
  friend auto operator<=>(const Derived& left, const Derived& right) {
    return compare_ranges(left, right);
  }
  template <class Predicate>
  friend size_type erase_if(Derived& from, Predicate predicate) {
    return erase_elements_if(from.elements_, predicate);
  }

 protected:
  Derived& self() noexcept { return static_cast<Derived&>(*this); }

  static const Key& key_of(const Value& value) noexcept {
    if constexpr (is_set) {
      return value;
    } else {
      return value.first;
    }
  }

  // Makes an element of `arguments` unless one with this key is there.
  template <class K, class... A>
  std::pair<iterator, bool> emplace_unless_found(const K& key, A&&... arguments) {
    const size_type position = lower_index(key);
    if (position != size() && !compare_(key, key_of(elements_[position]))) {
      return {begin() + position, false};
    }
    elements_.emplace(elements_.begin() + position, std::forward<A>(arguments)...);
    return {begin() + position, true};
  }

  flat_elements<Value> elements_;
  [[no_unique_address]] Compare compare_;

 private:
  auto before_key() const {
    return [this](const Value& value, const auto& key) { return compare_(key_of(value), key); };
  }

  // What `key` is searched as: itself, or converted where the comparator wants the key type.
  template <class K>
  static decltype(auto) searched(const K& key) {
    if constexpr (transparent<Compare> || std::same_as<K, Key>) {
      return (key);
    } else {
      return Key(key);
    }
  }
  template <class K>
  size_type lower_index(const K& key) const {
    return static_cast<size_type>(std::lower_bound(begin(), end(), searched(key), before_key()) -
                                  begin());
  }
  template <class K>
  size_type upper_index(const K& key) const {
    const auto after = [this](const auto& sought, const Value& value) {
      return compare_(sought, key_of(value));
    };
    return static_cast<size_type>(std::upper_bound(begin(), end(), searched(key), after) - begin());
  }
  template <class K>
  size_type found_index(const K& key) const {
    decltype(auto) sought = searched(key);
    const size_type position = lower_index(sought);
    return position != size() && !compare_(sought, key_of(elements_[position])) ? position : size();
  }

  // Elements that were replaced only in part would be out of order.
  template <class Replace>
  void replace_elements(Replace replace) {
    try {
      replace();
    } catch (...) {
      clear();
      throw;
    }
  }
  // Replaces what this container holds by what `other` holds, and leaves that empty.
  void take(flat& other) {
    const emptied_at_end<flat> emptied(other);
    replace_elements([&] { elements_ = std::move(other.elements_); });
  }

  template <class V>
  std::pair<iterator, bool> insert_value(V&& value) {
    return emplace_unless_found(key_of(value), std::forward<V>(value));
  }

  template <class Append>
  void insert_many(Append append) {
    const size_type old_size = size();
    append();
    try {
      sort_from(old_size);
    } catch (...) {
      elements_.erase(elements_.begin() + old_size, elements_.end());
      throw;
    }
  }

  // Puts the elements from `old_size` on in order, and drops those whose key is there before.
  void sort_from(size_type old_size) {
    size_type unsorted = old_size == 0 ? 1 : old_size;
    while (unsorted < size() &&
           compare_(key_of(elements_[unsorted - 1]), key_of(elements_[unsorted]))) {
      ++unsorted;
    }
    if (unsorted >= size()) {
      return;
    }
    std::vector<size_type> order(size());
    std::iota(order.begin(), order.end(), size_type{0});
    const auto before = [this](size_type left, size_type right) {
      return compare_(key_of(elements_[left]), key_of(elements_[right]));
    };
    const auto middle = order.begin() + static_cast<difference_type>(unsorted);
    std::stable_sort(middle, order.end(), before);
    std::inplace_merge(order.begin(), middle, order.end(), before);
    // Equal keys are neighbours now, and in the order in which they were inserted.
    const auto last = std::unique(order.begin(), order.end(), [&](size_type left, size_type right) {
      return !before(left, right);
    });
    elements_.rearrange(order.data(), static_cast<size_type>(last - order.begin()));
  }
};

}  // namespace ipcarc::detail
