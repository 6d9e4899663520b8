// ipcarc::static_vector: a vector of at most N elements, all of which lie inside it.
//
// It takes no memory itself; its elements may. A move moves the elements one by one. Thread and
// process safety: as std::vector; in a segment, the object's guard.
//
// Stored bytes (little endian):
//   0  uint64  size
//   8  room for N elements, aligned as T
//
// Invariant: a moved-from one is empty.
#pragma once

#include <cstdint>

#include <ipcarc/containers/detail/contiguous.hpp>
#include <ipcarc/containers/detail/growing.hpp>
#include <ipcarc/detail/known_template.hpp>

namespace ipcarc {

/// A vector of fixed capacity. What would exceed it throws std::length_error and changes nothing.
/// Iterators are plain pointers.
template <class T, std::size_t N>
class static_vector : public detail::contiguous<static_vector<T, N>, T> {
  using base = detail::contiguous<static_vector<T, N>, T>;
  friend base;
  friend struct detail::access;

 public:
  using typename base::size_type;

  static_vector() noexcept {}
  explicit static_vector(size_type count) : static_vector() { this->resize(count); }
  static_vector(size_type count, const T& value) : static_vector() { this->assign(count, value); }
  template <std::input_iterator I>
  static_vector(I first, I last) : static_vector() {
    this->append_counted(first, last);
  }
  static_vector(std::initializer_list<T> list) : static_vector(list.begin(), list.end()) {}
  /// From any range whose elements T can be made of.
  template <detail::source_range<T, static_vector> R>
  explicit static_vector(R&& range) : static_vector() {
    this->append_range(std::forward<R>(range));
  }
  static_vector(const static_vector& other) : static_vector(other.begin(), other.end()) {}
  static_vector(static_vector&& other) : static_vector() {
    this->append_counted(std::move_iterator(other.begin()), std::move_iterator(other.end()));
    other.clear();
  }
  ~static_vector() { std::destroy_n(data(), size_); }

  static_vector& operator=(const static_vector& other) {
    if (this != &other) {
      this->assign_counted(other.begin(), other.end());
    }
    return *this;
  }
  static_vector& operator=(static_vector&& other) {
    if (this != &other) {
      this->assign_counted(std::move_iterator(other.begin()), std::move_iterator(other.end()));
      other.clear();
    }
    return *this;
  }
  static_vector& operator=(std::initializer_list<T> list) {
    this->assign(list);
    return *this;
  }

  [[nodiscard]] T* data() noexcept { return reinterpret_cast<T*>(&room_); }
  [[nodiscard]] const T* data() const noexcept { return reinterpret_cast<const T*>(&room_); }
  [[nodiscard]] size_type size() const noexcept { return size_; }
  [[nodiscard]] static constexpr size_type capacity() noexcept { return N; }
  [[nodiscard]] static constexpr size_type max_size() noexcept { return N; }
  void shrink_to_fit() noexcept {}

  void swap(static_vector& other) {
    if (this != &other) {
      static_vector kept(std::move(*this));
      *this = std::move(other);
      other = std::move(kept);
    }
  }
  friend void swap(static_vector& left, static_vector& right) { left.swap(right); }

  friend bool operator==(const static_vector& left, const static_vector& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end());
  }
  friend auto operator<=>(const static_vector& left, const static_vector& right) {
    return detail::compare_ranges(left, right);
  }

 private:
  void set_size(size_type count) noexcept { size_ = count; }
  // Only asked when the capacity does not suffice.
  [[noreturn]] detail::Arena* arena_for_growth(size_type) const {
    throw std::length_error("ipcarc::static_vector: more elements than its capacity");
  }
  [[noreturn]] void replace_block(T*, size_type, size_type) noexcept { std::terminate(); }

  void relocate_to(void* to) noexcept {
    auto* const target = static_cast<static_vector*>(to);
    detail::relocate(data(), size_, target->data());
    target->size_ = size_;
  }
  template <class Visit>
  void storage_blocks(Visit&&) const {}

  std::uint64_t size_ = 0;
  detail::room<T, N> room_;
};

static_assert(sizeof(static_vector<int, 2>) == 16);

/// Removes every element that satisfies `predicate`; how many there were.
template <class T, std::size_t N, class Predicate>
std::size_t erase_if(static_vector<T, N>& from, Predicate predicate) {
  return detail::erase_elements_if(from, predicate);
}
/// Removes every element equal to `value`; how many there were.
template <class T, std::size_t N, class U>
std::size_t erase(static_vector<T, N>& from, const U& value) {
  return erase_if(from, [&](const T& element) { return element == value; });
}

namespace detail {

template <class T, std::size_t N>
struct relocator<static_vector<T, N>> : self_relocator<static_vector<T, N>> {
  static constexpr bool cheap = relocates_cheaply<T>;
};

template <class T, std::size_t N>
struct known_template<static_vector<T, N>> {
  static constexpr bool value = true;
  static constexpr std::string_view tag = "ipcarc::static_vector";
  using arguments = type_list<T, std::integral_constant<std::size_t, N>>;
  static constexpr bool allocates = false;
  static constexpr bool relocatable = true;
};

}  // namespace detail
}  // namespace ipcarc
