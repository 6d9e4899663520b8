// ipcarc::stable_vector: an array whose elements keep their address, in a shared segment at any
// mapping address, or on the stack.
//
// A vector of links to elements that are allocated one by one: references and pointers to an
// element hold until it is erased, whatever happens to others; iterators are positions. It belongs
// to the arena whose memory it lies in. A move takes the elements over within an arena and moves
// them one by one across arenas, so it may throw. (Boost 1.81's stable_vector frees a node twice
// when an element's constructor throws.) Thread and process safety: as std::vector; in a segment,
// the object's guard.
//
// Stored bytes (24, little endian): those of an ipcarc::vector of links, each the int64 distance
// from its own address to its element. An element has a block of sizeof(T) bytes.
//
// Invariants: 1. All its memory belongs to arena_of(it). 2. No link below the size leads to
// nothing.
// 3. A moved-from one is empty.
#pragma once

#include <initializer_list>
#include <string_view>

#include <ipcarc/containers/detail/indexed.hpp>
#include <ipcarc/containers/detail/link.hpp>
#include <ipcarc/containers/vector.hpp>
#include <ipcarc/detail/known_template.hpp>

namespace ipcarc {

/// A vector with the interface of std::vector whose elements do not move when it changes.
template <class T>
class stable_vector : public detail::indexed<stable_vector<T>, T> {
  using base = detail::indexed<stable_vector<T>, T>;
  friend base;
  friend struct detail::access;

 public:
  using typename base::size_type;

  stable_vector() noexcept = default;
  explicit stable_vector(size_type count) : stable_vector() { this->resize(count); }
  stable_vector(size_type count, const T& value) : stable_vector() {
    this->append_copies(count, value);
  }
  template <std::input_iterator I>
  stable_vector(I first, I last) : stable_vector() {
    this->append(first, last);
  }
  stable_vector(std::initializer_list<T> list) : stable_vector(list.begin(), list.end()) {}
  /// From any range whose elements T can be made of.
  template <detail::source_range<T, stable_vector> R>
  explicit stable_vector(R&& range) : stable_vector() {
    this->append_range(std::forward<R>(range));
  }
  stable_vector(const stable_vector& other) : stable_vector(other.begin(), other.end()) {}
  stable_vector(stable_vector&& other) : stable_vector() { take(other); }
  ~stable_vector() { this->clear(); }

  stable_vector& operator=(const stable_vector& other) {
    if (this != &other) {
      this->assign(other.begin(), other.end());
    }
    return *this;
  }
  stable_vector& operator=(stable_vector&& other) {
    if (this != &other) {
      take(other);
    }
    return *this;
  }
  stable_vector& operator=(std::initializer_list<T> list) {
    this->assign(list);
    return *this;
  }

  [[nodiscard]] size_type size() const noexcept { return links_.size(); }
  [[nodiscard]] size_type capacity() const noexcept { return links_.capacity(); }
  /// Room for links; elements are allocated when they are made.
  void reserve(size_type count) { links_.reserve(count); }
  void shrink_to_fit() { links_.shrink_to_fit(); }

  template <class... A>
  T& emplace_back(A&&... arguments) {
    links_.emplace_back();
    try {
      detail::raw_block<T> block(detail::arena_of(this), 1);
      T* const made = std::construct_at(block.get(), std::forward<A>(arguments)...);
      links_.back() = detail::link<T>(block.release());
      return *made;
    } catch (...) {
      links_.pop_back();
      throw;
    }
  }

  /// Exchanges elements within an arena; moves them across arenas.
  void swap(stable_vector& other) {
    if (detail::arena_of(this) == detail::arena_of(&other)) {
      links_.swap(other.links_);
    } else {
      stable_vector kept(std::move(*this));
      *this = std::move(other);
      other = std::move(kept);
    }
  }
  friend void swap(stable_vector& left, stable_vector& right) { left.swap(right); }

 private:
  T& element(size_type position) noexcept { return *links_[position]; }
  const T& element(size_type position) const noexcept { return *links_[position]; }

  void drop_back(size_type count) noexcept {
    for (; count != 0; --count) {
      T* const last = links_.back().get();
      links_.pop_back();
      drop(last);
    }
  }
  void drop(T* element) noexcept {
    std::destroy_at(element);
    detail::arena_deallocate(detail::arena_of(this), element, sizeof(T), alignof(T));
  }
  void rotate_into_place(size_type position, size_type old_size) {
    std::rotate(links_.begin() + position, links_.begin() + old_size, links_.end());
  }
  void close_gap(size_type position, size_type count) noexcept {
    std::rotate(links_.begin() + position, links_.begin() + position + count, links_.end());
    drop_back(count);
  }

  // Replaces what this container holds by what `other` holds, and leaves that empty.
  void take(stable_vector& other) {
    if (detail::arena_of(this) == detail::arena_of(&other)) {
      this->clear();
      links_ = std::move(other.links_);
    } else {
      this->assign(std::move_iterator(other.begin()), std::move_iterator(other.end()));
      other.clear();
    }
  }

  void relocate_to(void* to) noexcept {
    detail::relocator<vector<detail::link<T>>>::move(&links_, to);
  }
  template <class Visit>
  void storage_blocks(Visit&& visit) const {
    detail::access::storage_blocks(links_, visit);
  }

  vector<detail::link<T>> links_;
};

template <std::input_iterator I>
stable_vector(I, I) -> stable_vector<std::iter_value_t<I>>;
template <std::ranges::input_range R>
stable_vector(R&&) -> stable_vector<std::ranges::range_value_t<R>>;

static_assert(sizeof(stable_vector<int>) == 24);

/// Removes every element that satisfies `predicate`; how many there were.
template <class T, class Predicate>
std::size_t erase_if(stable_vector<T>& from, Predicate predicate) {
  return detail::erase_elements_if(from, predicate);
}
/// Removes every element equal to `value`; how many there were.
template <class T, class U>
std::size_t erase(stable_vector<T>& from, const U& value) {
  return erase_if(from, [&](const T& element) { return element == value; });
}

namespace detail {

template <class T>
struct relocator<stable_vector<T>> : self_relocator<stable_vector<T>> {};

template <class T>
struct known_template<stable_vector<T>> {
  static constexpr bool value = true;
  static constexpr std::string_view tag = "ipcarc::stable_vector";
  using arguments = type_list<T>;
  static constexpr bool allocates = true;
  static constexpr bool relocatable = true;
};

}  // namespace detail
}  // namespace ipcarc
