// ipcarc::vector: an array that grows, in a shared segment at any mapping address, or on the stack.
//
// A vector belongs to the arena whose memory it lies in, and asks for it by its own address only
// when it allocates, frees, or is moved. A move takes the elements over within an arena and moves
// them one by one across arenas, so it may throw. Thread and process safety: as std::vector; in a
// segment, the object's guard.
//
// Stored bytes (24, little endian):
//   0  int64   distance from the vector's own address to its first element; 0 while it has no block
//   8  uint64  size
//  16  uint64  capacity; 0 while it has no block. The block has capacity * sizeof(T) bytes.
//
// Invariants: 1. The block belongs to arena_of(the vector). 2. A moved-from vector is empty.
#pragma once

#include <cstdint>

#include <ipcarc/containers/detail/contiguous.hpp>
#include <ipcarc/detail/known_template.hpp>

namespace ipcarc {

/// A vector with the interface of std::vector, without an allocator. Iterators are plain pointers.
/// Allocation failure is `Error{out_of_memory}` in a segment and std::bad_alloc outside; the vector
/// is then unchanged.
template <class T>
class vector : public detail::contiguous<vector<T>, T> {
  using base = detail::contiguous<vector<T>, T>;
  friend base;
  friend struct detail::access;

 public:
  using typename base::size_type;

  vector() noexcept = default;
  explicit vector(size_type count) {
    construct([&] { this->resize(count); });
  }
  vector(size_type count, const T& value) {
    construct([&] {
      this->grow_to(count);
      for (size_type i = 0; i != count; ++i) {
        this->emplace_back(value);
      }
    });
  }
  template <std::input_iterator I>
  vector(I first, I last) {
    construct([&] { this->assign_exactly(first, last); });
  }
  vector(std::initializer_list<T> list) {
    construct([&] { this->assign_exactly(list.begin(), list.end()); });
  }
  /// From any range whose elements T can be made of, such as a std::vector<std::string> for a
  /// vector<string>.
  template <detail::source_range<vector, T> R>
  explicit vector(R&& range) {
    construct([&] {
      if constexpr (std::ranges::sized_range<R>) {
        this->grow_to(static_cast<size_type>(std::ranges::size(range)));
      }
      this->append_range(std::forward<R>(range));
    });
  }

  vector(const vector& other) : base() {
    construct([&] { this->assign_exactly(other.begin(), other.end()); });
  }
  vector(vector&& other) : base() {
    if (other.capacity_ != 0) {
      construct([&] { take(other); });
    }
  }
  ~vector() {
    if (capacity_ != 0) {
      std::destroy(this->begin(), this->end());
      release_block();
    }
  }

  vector& operator=(const vector& other) {
    if (this != &other) {
      this->assign_counted(other.begin(), other.end());
    }
    return *this;
  }
  vector& operator=(vector&& other) {
    if (this != &other) {
      if (detail::arena_of(this) == detail::arena_of(&other)) {
        this->clear();
        release_block();
        steal(other);
      } else {
        this->assign_counted(std::move_iterator(other.begin()), std::move_iterator(other.end()));
        other.clear();
      }
    }
    return *this;
  }
  vector& operator=(std::initializer_list<T> list) {
    this->assign(list);
    return *this;
  }

  [[nodiscard]] T* data() noexcept { return detail::at_distance<T>(this, distance_); }
  [[nodiscard]] const T* data() const noexcept {
    return detail::at_distance<const T>(this, distance_);
  }
  [[nodiscard]] size_type size() const noexcept { return size_; }
  [[nodiscard]] size_type capacity() const noexcept { return capacity_; }
  /// Gives back what the capacity has over the size.
  void shrink_to_fit() {
    if (size_ == 0) {
      release_block();
    } else if (size_ < capacity_) {
      this->reallocate(size_);
    }
  }

  /// Exchanges blocks within an arena; moves the elements across arenas.
  void swap(vector& other) {
    if (this == &other) {
      return;
    }
    if (detail::arena_of(this) == detail::arena_of(&other)) {
      vector kept;
      kept.steal(*this);
      steal(other);
      other.steal(kept);
    } else {
      vector kept(std::move(*this));
      *this = std::move(other);
      other = std::move(kept);
    }
  }
  friend void swap(vector& left, vector& right) { left.swap(right); }

  friend bool operator==(const vector& left, const vector& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end());
  }
  friend auto operator<=>(const vector& left, const vector& right) {
    return detail::compare_ranges(left, right);
  }

 private:
  // Runs the body of a constructor: what was made is unmade if it throws.
  template <class Make>
  void construct(Make make) {
    try {
      make();
    } catch (...) {
      this->clear();
      release_block();
      throw;
    }
  }
  template <class I>
  void assign_exactly(I first, I last) {
    if constexpr (std::forward_iterator<I>) {
      this->grow_to(static_cast<size_type>(std::distance(first, last)));
    }
    this->append_counted(first, last);
  }

  void take(vector& other) {
    if (detail::arena_of(this) == detail::arena_of(&other)) {
      steal(other);
    } else {
      assign_exactly(std::move_iterator(other.begin()), std::move_iterator(other.end()));
      other.clear();
    }
  }
  // Takes over the block of `other`, which lies in the same arena; this vector has none.
  void steal(vector& other) noexcept {
    if (other.capacity_ != 0) {
      distance_ = detail::distance_to(this, other.data());
      size_ = std::exchange(other.size_, 0);
      capacity_ = std::exchange(other.capacity_, 0);
      other.distance_ = 0;
    }
  }
  void relocate_to(void* to) noexcept {
    auto* const target = static_cast<vector*>(to);
    const std::int64_t distance = capacity_ == 0 ? 0 : distance_ + detail::distance_to(to, this);
    const std::uint64_t count = size_;
    const std::uint64_t capacity = capacity_;
    target->distance_ = distance;
    target->size_ = count;
    target->capacity_ = capacity;
  }
  template <class Visit>
  void storage_blocks(Visit&& visit) const {
    if (capacity_ != 0) {
      visit(static_cast<const void*>(data()), capacity_ * sizeof(T));
    }
  }

  void set_size(size_type count) noexcept { size_ = count; }
  detail::Arena* arena_for_growth(size_type) const noexcept { return detail::arena_of(this); }
  void replace_block(T* block, size_type count, size_type capacity) noexcept {
    release_block();
    distance_ = detail::distance_to(this, block);
    size_ = count;
    capacity_ = capacity;
  }
  void release_block() noexcept {
    if (capacity_ != 0) {
      detail::arena_deallocate(detail::arena_of(this), data(), capacity_ * sizeof(T), alignof(T));
      distance_ = 0;
      capacity_ = 0;
    }
  }

  std::int64_t distance_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t capacity_ = 0;
};

template <std::input_iterator I>
vector(I, I) -> vector<std::iter_value_t<I>>;

static_assert(sizeof(vector<int>) == 24 && alignof(vector<int>) == 8);

/// Removes every element equal to `value`; how many there were.
template <class T, class U>
typename vector<T>::size_type erase(vector<T>& from, const U& value) {
  return erase_if(from, [&](const T& element) { return element == value; });
}

/// Removes every element that satisfies `predicate`; how many there were.
template <class T, class Predicate>
typename vector<T>::size_type erase_if(vector<T>& from, Predicate predicate) {
  const auto kept = std::remove_if(from.begin(), from.end(), predicate);
  const auto removed = static_cast<typename vector<T>::size_type>(from.end() - kept);
  from.erase(kept, from.end());
  return removed;
}

namespace detail {

template <class T>
inline constexpr bool relocates_itself<vector<T>> = true;

template <class T>
struct known_template<vector<T>> {
  static constexpr bool value = true;
  static constexpr std::string_view tag = "ipcarc::vector";
  using arguments = type_list<T>;
  static constexpr bool allocates = true;
  static constexpr bool relocatable = true;
};

}  // namespace detail
}  // namespace ipcarc
