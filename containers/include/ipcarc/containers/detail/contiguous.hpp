// What vector, small_vector and static_vector share: everything that follows from data(), size and
// capacity.
//
// `Derived` gives data(), capacity(), set_size(n), replace_block(block, count, capacity) and
// release_block(). Elements live in [data(), data() + size()), in the arena of the container; a
// block is always taken from arena_of(the container).
//
// Invariants: 1. Growing moves elements within one arena, so it takes nothing and copies nothing
// from outside.
// 2. A new element is constructed before old ones move away, so that `v.push_back(v[0])` is what it
// says.
// 3. If construction throws, the container holds what it held (a throwing *move* of an element:
// something valid).
#pragma once

#include <algorithm>
#include <compare>
#include <concepts>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <new>
#include <ranges>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include <ipcarc/containers/detail/compare.hpp>
#include <ipcarc/containers/detail/self_relative.hpp>
#include <ipcarc/detail/arena.hpp>

namespace ipcarc::detail {

/// A range of whose elements T can be made, other than those containers themselves.
template <class R, class T, class... Self>
concept source_range =
    (!std::same_as<std::remove_cvref_t<R>, Self> && ...) &&
    std::ranges::input_range<R>&& std::constructible_from<T, std::ranges::range_reference_t<R>>;

/// A block of raw memory that is given back unless it is released.
template <class T>
class raw_block {
 public:
  raw_block(Arena* arena, std::size_t capacity)
      : arena_(arena),
        memory_(static_cast<T*>(arena_allocate(arena, capacity * sizeof(T), alignof(T)))),
        capacity_(capacity) {}
  raw_block(const raw_block&) = delete;
  raw_block& operator=(const raw_block&) = delete;
  ~raw_block() {
    if (memory_ != nullptr) {
      arena_deallocate(arena_, memory_, capacity_ * sizeof(T), alignof(T));
    }
  }
  T* get() const noexcept { return memory_; }
  T* release() noexcept { return std::exchange(memory_, nullptr); }

 private:
  Arena* arena_;
  T* memory_;
  std::size_t capacity_;
};

/// Destroys the elements that were made, when what follows throws, or when they are done with.
template <class T>
struct made_elements {
  T* first;
  T* last;
  ~made_elements() { std::destroy(first, last); }
};

template <class Derived, class T>
class contiguous {
  static_assert(std::is_object_v<T> && !std::is_const_v<T>,
                "elements are objects that can be moved");

 public:
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = T&;
  using const_reference = const T&;
  using pointer = T*;
  using const_pointer = const T*;
  using iterator = T*;
  using const_iterator = const T*;
  using reverse_iterator = std::reverse_iterator<iterator>;
  using const_reverse_iterator = std::reverse_iterator<const_iterator>;

  [[nodiscard]] iterator begin() noexcept { return self().data(); }
  [[nodiscard]] const_iterator begin() const noexcept { return self().data(); }
  [[nodiscard]] const_iterator cbegin() const noexcept { return begin(); }
  [[nodiscard]] iterator end() noexcept { return begin() + self().size(); }
  [[nodiscard]] const_iterator end() const noexcept { return begin() + self().size(); }
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

  [[nodiscard]] reference operator[](size_type position) noexcept { return begin()[position]; }
  [[nodiscard]] const_reference operator[](size_type position) const noexcept {
    return begin()[position];
  }
  [[nodiscard]] reference at(size_type position) { return begin()[checked(position)]; }
  [[nodiscard]] const_reference at(size_type position) const { return begin()[checked(position)]; }
  [[nodiscard]] reference front() noexcept { return *begin(); }
  [[nodiscard]] const_reference front() const noexcept { return *begin(); }
  [[nodiscard]] reference back() noexcept { return end()[-1]; }
  [[nodiscard]] const_reference back() const noexcept { return end()[-1]; }

  template <class... A>
  reference emplace_back(A&&... arguments) {
    const size_type count = self().size();
    if (count == self().capacity()) [[unlikely]] {
      return *emplace_in_new_block(count, std::forward<A>(arguments)...);
    }
    T* const made = construct(begin() + count, std::forward<A>(arguments)...);
    self().set_size(count + 1);
    return *made;
  }
  void push_back(const T& value) { emplace_back(value); }
  void push_back(T&& value) { emplace_back(std::move(value)); }
  void pop_back() noexcept {
    self().set_size(self().size() - 1);
    std::destroy_at(end());
  }

  template <class... A>
  iterator emplace(const_iterator where, A&&... arguments) {
    const size_type position = index_of(where);
    const size_type count = self().size();
    if (count == self().capacity()) {
      return emplace_in_new_block(position, std::forward<A>(arguments)...);
    }
    emplace_back(std::forward<A>(arguments)...);
    return rotate_into_place(position, count);
  }
  iterator insert(const_iterator where, const T& value) { return emplace(where, value); }
  iterator insert(const_iterator where, T&& value) { return emplace(where, std::move(value)); }
  iterator insert(const_iterator where, size_type count, const T& value) {
    const size_type position = index_of(where);
    const T kept(value);
    return append_then_rotate(position, [&] {
      grow_for(count);
      for (size_type i = 0; i != count; ++i) {
        emplace_back(kept);
      }
    });
  }
  template <std::input_iterator I>
  iterator insert(const_iterator where, I first, I last) {
    const size_type position = index_of(where);
    return append_then_rotate(position, [&] { append_counted(first, last); });
  }
  iterator insert(const_iterator where, std::initializer_list<T> list) {
    return insert(where, list.begin(), list.end());
  }
  /// The range must not be a part of this container.
  template <class R>
  requires source_range<R, T> iterator insert_range(const_iterator where, R&& range) {
    const size_type position = index_of(where);
    return append_then_rotate(position, [&] { append_range(std::forward<R>(range)); });
  }
  /// The range must not be a part of this container.
  template <class R>
  requires source_range<R, T>
  void append_range(R&& range) {
    if constexpr (std::ranges::sized_range<R>) {
      grow_for(static_cast<size_type>(std::ranges::size(range)));
    }
    for (auto&& value : range) {
      emplace_back(std::forward<decltype(value)>(value));
    }
  }

  iterator erase(const_iterator where) { return erase(where, where + 1); }
  iterator erase(const_iterator first, const_iterator last) {
    T* const to = begin() + index_of(first);
    T* const from = begin() + index_of(last);
    const auto removed = static_cast<size_type>(from - to);
    if (removed == 0) {
      return to;
    }
    const size_type count = self().size();
    if constexpr (relocates_cheaply<T>) {
      std::destroy(to, from);
      relocate(from, static_cast<size_type>(end() - from), to);
      self().set_size(count - removed);
    } else {
      std::move(from, end(), to);
      std::destroy(end() - removed, end());
      self().set_size(count - removed);
    }
    return to;
  }
  void clear() noexcept {
    T* const first = begin();
    T* const last = end();
    self().set_size(0);
    std::destroy(first, last);
  }

  void reserve(size_type count) {
    if (count > self().capacity()) {
      if (count > Derived::max_size()) {
        throw_length_error();
      }
      reallocate(count);
    }
  }
  void resize(size_type count) {
    shrink_to(count);
    grow_to(count);
    while (self().size() < count) {
      emplace_back();
    }
  }
  void resize(size_type count, const T& value) {
    shrink_to(count);
    if (self().size() < count) {
      insert(end(), count - self().size(), value);
    }
  }

  void assign(size_type count, const T& value) {
    const T kept(value);
    clear();
    grow_to(count);
    for (size_type i = 0; i != count; ++i) {
      emplace_back(kept);
    }
  }
  /// The range must not be a part of this container.
  template <std::input_iterator I>
  void assign(I first, I last) {
    assign_counted(first, last);
  }
  void assign(std::initializer_list<T> list) { assign_counted(list.begin(), list.end()); }
  template <class R>
  requires source_range<R, T>
  void assign_range(R&& range) {
    clear();
    append_range(std::forward<R>(range));
  }

 protected:
  contiguous() = default;
  contiguous(const contiguous&) = default;
  contiguous& operator=(const contiguous&) = default;
  ~contiguous() = default;

  Derived& self() noexcept { return static_cast<Derived&>(*this); }
  const Derived& self() const noexcept { return static_cast<const Derived&>(*this); }

  // Assigns over what is there, element by element, so that blocks of strings and the like are used
  // again.
  template <class I, class S>
  void assign_counted(I first, S last) {
    if constexpr (std::forward_iterator<I>) {
      const auto count = static_cast<size_type>(std::ranges::distance(first, last));
      if (count > self().capacity()) {
        clear();
        grow_to(count);
      }
    }
    T* to = begin();
    if constexpr (std::assignable_from<T&, std::iter_reference_t<I>>) {
      for (T* const old_end = end(); to != old_end && first != last; ++to, ++first) {
        *to = *first;
      }
    }
    shrink_to(static_cast<size_type>(to - begin()));
    append_counted(first, last);
  }

  template <class I, class S>
  void append_counted(I first, S last) {
    if constexpr (std::forward_iterator<I>) {
      grow_for(static_cast<size_type>(std::ranges::distance(first, last)));
    }
    if constexpr (std::contiguous_iterator<I> && std::is_trivially_copyable_v<T> &&
                  std::same_as<std::iter_value_t<I>, T>) {
      const auto count = static_cast<size_type>(last - first);
      if (count != 0) {
        std::memcpy(static_cast<void*>(end()), std::to_address(first), count * sizeof(T));
        self().set_size(self().size() + count);
      }
    } else {
      for (; first != last; ++first) {
        emplace_back(*first);
      }
    }
  }

  void shrink_to(size_type count) noexcept {
    if (count < self().size()) {
      T* const first = begin() + count;
      T* const last = end();
      self().set_size(count);
      std::destroy(first, last);
    }
  }

  // Room for exactly `count` in all, if there is less.
  void grow_to(size_type count) { reserve(count); }
  // Room for `added` more, growing at least by half.
  void grow_for(size_type added) {
    if (added > self().capacity() - self().size()) {
      reallocate(grown_capacity(added));
    }
  }
  size_type grown_capacity(size_type added) const {
    const size_type count = self().size();
    if (added > Derived::max_size() - count) {
      throw_length_error();
    }
    const size_type doubled = 2 * self().capacity();
    return std::min(Derived::max_size(), std::max({count + added, doubled, smallest_capacity}));
  }

  // Moves the elements to a block of their own of this capacity.
  void reallocate(size_type capacity) {
    raw_block<T> block(self().arena_for_growth(capacity), capacity);
    const size_type count = self().size();
    relocate(begin(), count, block.get());
    self().replace_block(block.release(), count, capacity);
  }

  template <class... A>
  [[gnu::noinline]] T* emplace_in_new_block(size_type position, A&&... arguments) {
    const size_type count = self().size();
    const size_type capacity = grown_capacity(1);
    raw_block<T> block(self().arena_for_growth(capacity), capacity);
    T* const to = block.get();
    T* const from = begin();
    T* const made = construct(to + position, std::forward<A>(arguments)...);
    if constexpr (relocates_cheaply<T>) {
      relocate(from, position, to);
      relocate(from + position, count - position, made + 1);
    } else {
      made_elements<T> made_range{made, made + 1};
      std::uninitialized_move(from, from + position, to);
      made_range.first = to;
      std::uninitialized_move(from + position, from + count, made + 1);
      made_range.first = made_range.last = nullptr;
      std::destroy_n(from, count);
    }
    self().replace_block(block.release(), count + 1, capacity);
    return made;
  }

  size_type index_of(const_iterator where) const noexcept {
    return static_cast<size_type>(where - begin());
  }

  // Puts the elements that were appended after `old_size` before `position`. They pass through raw
  // memory of the same arena (std::rotate would swap by way of the stack, which copies contents out
  // and in again), or through any if T does not care.
  iterator rotate_into_place(size_type position, size_type old_size) {
    const size_type added = self().size() - old_size;
    T* const to = begin() + position;
    if (added == 0 || position == old_size) {
      return to;
    }
    if (relocates_cheaply<T> && added * sizeof(T) <= rotation_bytes) {
      alignas(T) std::byte bytes[std::max(rotation_bytes, sizeof(T))];
      rotate_by_way_of(reinterpret_cast<T*>(bytes), to, old_size - position, added);
    } else {
      try {
        raw_block<T> passing(relocates_cheaply<T> ? nullptr : arena_of(this), added);
        rotate_by_way_of(passing.get(), to, old_size - position, added);
      } catch (...) {
        shrink_to(old_size);
        throw;
      }
    }
    return to;
  }

 private:
  // A first block of a few elements at least: blocks are multiples of 16 bytes.
  static constexpr size_type smallest_capacity = sizeof(T) >= 64 ? 1 : 64 / sizeof(T);

  static constexpr size_type rotation_bytes = 256;

  // T(arguments...), or T{arguments...} for an aggregate.
  template <class... A>
  static T* construct(T* to, A&&... arguments) {
    if constexpr (std::is_constructible_v<T, A...>) {
      return ::new (static_cast<void*>(to)) T(std::forward<A>(arguments)...);
    } else {
      return ::new (static_cast<void*>(to)) T{std::forward<A>(arguments)...};
    }
  }

  template <class Append>
  iterator append_then_rotate(size_type position, Append append) {
    const size_type old_size = self().size();
    try {
      append();
    } catch (...) {
      shrink_to(old_size);
      throw;
    }
    return rotate_into_place(position, old_size);
  }

  static void rotate_by_way_of(T* passing, T* first, size_type count, size_type added) {
    T* const middle = first + count;
    if constexpr (relocates_cheaply<T>) {
      relocate(middle, added, passing);
      relocate(first, count, first + added);
      relocate(passing, added, first);
    } else {
      std::uninitialized_move_n(middle, added, passing);
      const made_elements<T> passed{passing, passing + added};
      std::move_backward(first, middle, middle + added);
      std::move(passing, passing + added, first);
    }
  }

  size_type checked(size_type position) const {
    if (position >= self().size()) {
      throw std::out_of_range("ipcarc: position past the end of a container");
    }
    return position;
  }
  [[noreturn]] static void throw_length_error() {
    throw std::length_error("ipcarc: a container would be longer than max_size()");
  }
};

template <class Container, class Predicate>
std::size_t erase_elements_if(Container& from, Predicate& predicate) {
  const auto kept = std::remove_if(from.begin(), from.end(), std::ref(predicate));
  const auto removed = static_cast<std::size_t>(from.end() - kept);
  from.erase(kept, from.end());
  return removed;
}

}  // namespace ipcarc::detail
