// What vector and small_vector are: elements inside up to N of them, else in a block of the arena.
//
// Stored bytes: int64 distance from the container's address to its first element, uint64 size,
// uint64 capacity, then room for N elements. While they lie inside, the distance is that of the
// room (0 if N is 0) and the capacity is N. A block has capacity * sizeof(T) bytes.
//
// Invariants: 1. The block belongs to arena_of(the container). 2. A moved-from container is empty.
#pragma once

#include <cstdint>

#include <ipcarc/containers/detail/contiguous.hpp>

namespace ipcarc::detail {

/// Raw memory for N elements; T may be incomplete if N is 0.
template <class T, std::size_t N>
struct room {
  alignas(T) std::byte bytes[N * sizeof(T)];
};
template <class T>
struct room<T, 0> {};

template <class Derived, class T, std::size_t N>
class growing : public contiguous<Derived, T> {
  using base = contiguous<Derived, T>;
  friend base;
  friend struct access;

 public:
  using typename base::size_type;

  growing() noexcept : distance_(inside()) {}
  explicit growing(size_type count) : growing() { this->resize(count); }
  growing(size_type count, const T& value) : growing() {
    this->grow_to(count);
    for (size_type i = 0; i != count; ++i) {
      this->emplace_back(value);
    }
  }
  template <std::input_iterator I>
  growing(I first, I last) : growing() {
    assign_exactly(first, last);
  }
  growing(std::initializer_list<T> list) : growing() { assign_exactly(list.begin(), list.end()); }
  /// From any range whose elements T can be made of: a std::vector<std::string> for strings.
  template <source_range<T, growing, Derived> R>
  // NOLINTNEXTLINE(bugprone-forwarding-reference-overload): source_range excludes what copies and moves
  explicit growing(R&& range) : growing() {
    if constexpr (std::ranges::sized_range<R>) {
      this->grow_to(static_cast<size_type>(std::ranges::size(range)));
    }
    this->append_range(std::forward<R>(range));
  }

  growing& operator=(std::initializer_list<T> list) {
    this->assign(list);
    return *this;
  }

  [[nodiscard]] T* data() noexcept { return at_distance<T>(this, distance_); }
  [[nodiscard]] const T* data() const noexcept { return at_distance<const T>(this, distance_); }
  [[nodiscard]] size_type size() const noexcept { return size_; }
  [[nodiscard]] size_type capacity() const noexcept { return capacity_; }
  /// Gives back what the capacity has over the size.
  void shrink_to_fit() {
    if (is_inside() || size_ == capacity_) {
      return;
    }
    if (size_ > N) {
      this->reallocate(size_);
    } else {
      const growing_block old = forget_block();
      if constexpr (N != 0) {
        try {
          relocate(old.elements, old.size, data());
        } catch (...) {
          restore(old);
          throw;
        }
      }
      size_ = old.size;
      give_back(old);
    }
  }

  /// Exchanges blocks within an arena; moves the elements across arenas.
  void swap(Derived& other) {
    growing& that = other;
    if (this == &that) {
      return;
    }
    const bool in_blocks = N == 0 || relocates_cheaply<T> || (!is_inside() && !that.is_inside());
    if (in_blocks && arena_of(this) == arena_of(&that)) {
      alignas(growing) std::byte passing[sizeof(growing)];
      relocate_to(passing);
      that.relocate_to(this);
      reinterpret_cast<growing*>(passing)->relocate_to(&that);
    } else {
      Derived kept;
      growing& passing = kept;
      passing.take(*this);
      take(that);
      that.take(passing);
    }
  }
  friend void swap(Derived& left, Derived& right) { left.swap(right); }

  friend bool operator==(const Derived& left, const Derived& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end());
  }
  friend auto operator<=>(const Derived& left, const Derived& right) {
    return compare_ranges(left, right);
  }

 protected:
  growing(const growing& other) : growing() {
    assign_exactly(other.data(), other.data() + other.size_);
  }
  // NOLINTNEXTLINE(performance-noexcept-move-constructor): it may copy, and so throw
  growing(growing&& other) : growing() {
    if (other.size_ != 0) {
      take(other);
    }
  }
  ~growing() {
    if (size_ != 0) {
      std::destroy_n(data(), size_);
    }
    release_block();
  }
  growing& operator=(const growing& other) {
    if (this != &other) {
      this->assign_counted(other.data(), other.data() + other.size_);
    }
    return *this;
  }
  // NOLINTNEXTLINE(performance-noexcept-move-constructor)
  growing& operator=(growing&& other) {
    if (this != &other) {
      take(other);
    }
    return *this;
  }

  // Keeps the elements `order[0]`, `order[1]`, ... in this order, in a new block, and drops the
  // rest.
  void rearrange(const size_type* order, size_type kept) {
    const size_type block_capacity = std::max(kept, size_type{1});
    raw_block<T> block(arena_of(this), block_capacity);
    T* const from = data();
    if constexpr (relocates_cheaply<T>) {
      for (size_type i = 0; i != kept; ++i) {
        relocate(from + order[i], 1, block.get() + i);
      }
      destroy_unlisted(order, kept);
    } else {
      made_elements<T> made{block.get(), block.get()};
      for (; made.last != block.get() + kept; ++made.last) {
        std::construct_at(made.last, std::move(from[order[made.last - block.get()]]));
      }
      made.last = made.first;
      std::destroy_n(from, size_);
    }
    replace_block(block.release(), kept, block_capacity);
  }

 private:
  struct growing_block {
    T* elements;
    size_type size;
    size_type capacity;
  };

  static constexpr std::int64_t inside() noexcept {
    if constexpr (N == 0) {
      return 0;
    } else {
      return static_cast<std::int64_t>((3 * sizeof(std::uint64_t) + alignof(T) - 1) / alignof(T) *
                                       alignof(T));
    }
  }
  bool is_inside() const noexcept { return distance_ == inside(); }

  template <class I>
  void assign_exactly(I first, I last) {
    if constexpr (std::forward_iterator<I>) {
      this->grow_to(static_cast<size_type>(std::distance(first, last)));
    }
    this->append_counted(first, last);
  }

  // Replaces what this container holds by what `other` holds, and leaves that empty.
  void take(growing& other) {
    if (!other.is_inside() && arena_of(this) == arena_of(&other)) {
      this->clear();
      release_block();
      restore(other.forget_block());
    } else {
      this->assign_counted(std::move_iterator(other.data()),
                           std::move_iterator(other.data() + other.size_));
      other.clear();
    }
  }
  // The block, which is nobody's until it is restored or given back; this container is then empty.
  growing_block forget_block() noexcept {
    const growing_block block{data(), size_, capacity_};
    distance_ = inside();
    size_ = 0;
    capacity_ = N;
    return block;
  }
  void restore(const growing_block& block) noexcept {
    distance_ = distance_to(this, block.elements);
    size_ = block.size;
    capacity_ = block.capacity;
  }
  void give_back(const growing_block& block) noexcept {
    arena_deallocate(arena_of(this), block.elements, block.capacity * sizeof(T), alignof(T));
  }
  void release_block() noexcept {
    if (!is_inside()) {
      give_back(forget_block());
    }
  }

  void relocate_to(void* to) noexcept {
    auto* const target = static_cast<growing*>(to);
    if (is_inside()) {
      target->distance_ = inside();
      if constexpr (N != 0) {
        relocate(data(), size_, target->data());
      }
    } else {
      target->distance_ = distance_ + distance_to(to, this);
    }
    target->size_ = size_;
    target->capacity_ = capacity_;
  }
  template <class Visit>
  void storage_blocks(Visit&& visit) const {
    if (!is_inside()) {
      visit(static_cast<const void*>(data()), static_cast<std::size_t>(capacity_ * sizeof(T)));
    }
  }

  void destroy_unlisted(const size_type* order, size_type kept) {
    if constexpr (!std::is_trivially_destructible_v<T>) {
      if (kept != size_) {
        std::vector<bool> listed(size_);
        for (size_type i = 0; i != kept; ++i) {
          listed[order[i]] = true;
        }
        for (size_type i = 0; i != size_; ++i) {
          if (!listed[i]) {
            std::destroy_at(data() + i);
          }
        }
      }
    }
  }

  void set_size(size_type count) noexcept { size_ = count; }
  Arena* arena_for_growth(size_type) const noexcept { return arena_of(this); }
  void replace_block(T* block, size_type count, size_type capacity) noexcept {
    release_block();
    restore({block, count, capacity});
  }

  std::int64_t distance_;
  std::uint64_t size_ = 0;
  std::uint64_t capacity_ = N;
  [[no_unique_address]] room<T, N> room_;
};

}  // namespace ipcarc::detail
