// What deque and stable_vector share: sequences whose elements are found by their index, not by an
// address.
//
// `Derived` gives element(i), size(), emplace_back, drop_back(count), rotate_into_place(position,
// old_size) and close_gap(position, count). Iterators are positions: any insertion or removal
// before one makes it another element's.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <ipcarc/containers/detail/compare.hpp>
#include <ipcarc/containers/detail/contiguous.hpp>

namespace ipcarc::detail {

/// A position in a container of type C (const or not).
template <class C>
class index_iterator {
  using container = std::remove_const_t<C>;

 public:
  using iterator_category = std::random_access_iterator_tag;
  using value_type = typename container::value_type;
  using difference_type = std::ptrdiff_t;
  using reference = std::conditional_t<std::is_const_v<C>, const value_type&, value_type&>;
  using pointer = std::remove_reference_t<reference>*;

  index_iterator() = default;
  index_iterator(C* of, std::size_t index) noexcept
      : of_(of), index_(static_cast<difference_type>(index)) {}
  /// From an iterator of the container that is not const.
  template <class D>
  requires(std::is_const_v<C>&& std::is_same_v<D, container>)
      index_iterator(const index_iterator<D>& other)
  noexcept : of_(other.of()), index_(other.index()) {}

  reference operator*() const { return (*of_)[static_cast<std::size_t>(index_)]; }
  pointer operator->() const { return &**this; }
  reference operator[](difference_type by) const { return *(*this + by); }
  index_iterator& operator+=(difference_type by) noexcept {
    index_ += by;
    return *this;
  }
  index_iterator& operator-=(difference_type by) noexcept { return *this += -by; }
  index_iterator& operator++() noexcept { return *this += 1; }
  index_iterator& operator--() noexcept { return *this += -1; }
  index_iterator operator++(int) noexcept {
    index_iterator before = *this;
    ++*this;
    return before;
  }
  index_iterator operator--(int) noexcept {
    index_iterator before = *this;
    --*this;
    return before;
  }
  friend index_iterator operator+(index_iterator at, difference_type by) noexcept {
    return at += by;
  }
  friend index_iterator operator+(difference_type by, index_iterator at) noexcept {
    return at += by;
  }
  friend index_iterator operator-(index_iterator at, difference_type by) noexcept {
    return at -= by;
  }
  friend difference_type operator-(const index_iterator& left,
                                   const index_iterator& right) noexcept {
    return left.index_ - right.index_;
  }
  friend bool operator==(const index_iterator& left, const index_iterator& right) noexcept {
    return left.index_ == right.index_;
  }
  friend auto operator<=>(const index_iterator& left, const index_iterator& right) noexcept {
    return left.index_ <=> right.index_;
  }

  C* of() const noexcept { return of_; }
  difference_type index() const noexcept { return index_; }

 private:
  C* of_ = nullptr;
  difference_type index_ = 0;
};

template <class Derived, class T>
class indexed {
 public:
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = T&;
  using const_reference = const T&;
  using iterator = index_iterator<Derived>;
  using const_iterator = index_iterator<const Derived>;
  using reverse_iterator = std::reverse_iterator<iterator>;
  using const_reverse_iterator = std::reverse_iterator<const_iterator>;

  [[nodiscard]] iterator begin() noexcept { return {&self(), 0}; }
  [[nodiscard]] const_iterator begin() const noexcept { return {&self(), 0}; }
  [[nodiscard]] const_iterator cbegin() const noexcept { return begin(); }
  [[nodiscard]] iterator end() noexcept { return {&self(), self().size()}; }
  [[nodiscard]] const_iterator end() const noexcept { return {&self(), self().size()}; }
  [[nodiscard]] const_iterator cend() const noexcept { return end(); }
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

  [[nodiscard]] bool empty() const noexcept { return self().size() == 0; }
  [[nodiscard]] static constexpr size_type max_size() noexcept {
    return static_cast<size_type>(std::numeric_limits<difference_type>::max()) / sizeof(T);
  }
  [[nodiscard]] reference operator[](size_type position) noexcept {
    return self().element(position);
  }
  [[nodiscard]] const_reference operator[](size_type position) const noexcept {
    return self().element(position);
  }
  [[nodiscard]] reference at(size_type position) { return self().element(checked(position)); }
  [[nodiscard]] const_reference at(size_type position) const {
    return self().element(checked(position));
  }
  [[nodiscard]] reference front() noexcept { return self().element(0); }
  [[nodiscard]] const_reference front() const noexcept { return self().element(0); }
  [[nodiscard]] reference back() noexcept { return self().element(self().size() - 1); }
  [[nodiscard]] const_reference back() const noexcept { return self().element(self().size() - 1); }

  void push_back(const T& value) { self().emplace_back(value); }
  void push_back(T&& value) { self().emplace_back(std::move(value)); }
  void pop_back() noexcept { self().drop_back(1); }
  void clear() noexcept { self().drop_back(self().size()); }

  template <class... A>
  iterator emplace(const_iterator where, A&&... arguments) {
    const size_type position = index_of(where);
    const size_type old_size = self().size();
    self().emplace_back(std::forward<A>(arguments)...);
    return rotated(position, old_size);
  }
  iterator insert(const_iterator where, const T& value) { return emplace(where, value); }
  iterator insert(const_iterator where, T&& value) { return emplace(where, std::move(value)); }
  iterator insert(const_iterator where, size_type count, const T& value) {
    const T kept(value);
    return append_then_rotate(where, [&] { append_copies(count, kept); });
  }
  template <std::input_iterator I>
  iterator insert(const_iterator where, I first, I last) {
    return append_then_rotate(where, [&] { append(first, last); });
  }
  iterator insert(const_iterator where, std::initializer_list<T> list) {
    return insert(where, list.begin(), list.end());
  }
  /// The range must not be a part of this container.
  template <class R>
  requires source_range<R, T> iterator insert_range(const_iterator where, R&& range) {
    return append_then_rotate(where, [&] { append_range(std::forward<R>(range)); });
  }
  /// The range must not be a part of this container.
  template <class R>
  requires source_range<R, T>
  void append_range(R&& range) {
    for (auto&& value : range) {
      self().emplace_back(std::forward<decltype(value)>(value));
    }
  }

  iterator erase(const_iterator where) { return erase(where, where + 1); }
  iterator erase(const_iterator first, const_iterator last) {
    const size_type position = index_of(first);
    if (first != last) {
      self().close_gap(position, static_cast<size_type>(last - first));
    }
    return begin() + static_cast<difference_type>(position);
  }

  void resize(size_type count) {
    shrink_to(count);
    while (self().size() < count) {
      self().emplace_back();
    }
  }
  void resize(size_type count, const T& value) {
    shrink_to(count);
    if (self().size() < count) {
      const T kept(value);
      append_copies(count - self().size(), kept);
    }
  }
  void assign(size_type count, const T& value) {
    const T kept(value);
    clear();
    append_copies(count, kept);
  }
  /// The range must not be a part of this container.
  template <std::input_iterator I>
  void assign(I first, I last) {
    size_type assigned = 0;
    if constexpr (std::assignable_from<T&, std::iter_reference_t<I>>) {
      for (const size_type old_size = self().size(); assigned != old_size && first != last;
           ++assigned, ++first) {
        self().element(assigned) = *first;
      }
    }
    shrink_to(assigned);
    append(first, last);
  }
  void assign(std::initializer_list<T> list) { assign(list.begin(), list.end()); }
  template <class R>
  requires source_range<R, T>
  void assign_range(R&& range) {
    clear();
    append_range(std::forward<R>(range));
  }

  friend bool operator==(const Derived& left, const Derived& right) {
    return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin());
  }
  friend auto operator<=>(const Derived& left, const Derived& right) {
    return compare_ranges(left, right);
  }

 protected:
  indexed() = default;
  indexed(const indexed&) = default;
  indexed& operator=(const indexed&) = default;
  ~indexed() = default;

  Derived& self() noexcept { return static_cast<Derived&>(*this); }
  const Derived& self() const noexcept { return static_cast<const Derived&>(*this); }

  template <class I, class S>
  void append(I first, S last) {
    for (; first != last; ++first) {
      self().emplace_back(*first);
    }
  }
  void append_copies(size_type count, const T& value) {
    for (size_type i = 0; i != count; ++i) {
      self().emplace_back(value);
    }
  }
  void shrink_to(size_type count) noexcept {
    if (count < self().size()) {
      self().drop_back(self().size() - count);
    }
  }
  size_type index_of(const_iterator where) const noexcept {
    return static_cast<size_type>(where.index());
  }

 private:
  template <class Append>
  iterator append_then_rotate(const_iterator where, Append append_all) {
    const size_type position = index_of(where);
    const size_type old_size = self().size();
    try {
      append_all();
    } catch (...) {
      shrink_to(old_size);
      throw;
    }
    return rotated(position, old_size);
  }
  iterator rotated(size_type position, size_type old_size) {
    if (position != old_size && self().size() != old_size) {
      try {
        self().rotate_into_place(position, old_size);
      } catch (...) {
        shrink_to(old_size);
        throw;
      }
    }
    return begin() + static_cast<difference_type>(position);
  }
  size_type checked(size_type position) const {
    if (position >= self().size()) {
      throw std::out_of_range("ipcarc: position past the end of a container");
    }
    return position;
  }
};

}  // namespace ipcarc::detail
