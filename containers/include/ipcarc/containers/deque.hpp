// ipcarc::deque: a double-ended queue, in a shared segment at any mapping address, or on the stack.
//
// Elements lie in blocks of a power of two of them; references to them hold while elements are
// added and removed at the ends; iterators are positions. It belongs to the arena whose memory it
// lies in. A move takes the blocks over within an arena and moves the elements one by one across
// arenas, so it may throw. (Boost 1.81's deque destroys elements twice when one's constructor
// throws.) Thread and process safety: as std::deque; in a segment, the object's guard.
//
// Stored bytes (40, little endian):
//   0  ipcarc::vector (24) of links to blocks: int64 distances from their own addresses, 0: none
//  24  uint64  position of the first element, counted from the start of the first block
//  32  uint64  size
// A block has room for B = max(4, 1024 / sizeof(T) rounded down to a power of two) elements; that
// at position p is element p % B of block p / B.
//
// Invariants: 1. All its memory belongs to arena_of(it). 2. Each block with an element in it is
// there.
// 3. A moved-from one is empty.
#pragma once

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include <ipcarc/containers/detail/indexed.hpp>
#include <ipcarc/containers/detail/link.hpp>
#include <ipcarc/containers/vector.hpp>
#include <ipcarc/detail/known_template.hpp>

namespace ipcarc {

/// A deque with the interface of std::deque, without an allocator.
template <class T>
class deque : public detail::indexed<deque<T>, T> {
  using base = detail::indexed<deque<T>, T>;
  friend base;
  friend struct detail::access;

 public:
  using typename base::const_iterator;
  using typename base::iterator;
  using typename base::size_type;

  deque() noexcept = default;
  explicit deque(size_type count) : deque() { this->resize(count); }
  deque(size_type count, const T& value) : deque() { this->append_copies(count, value); }
  template <std::input_iterator I>
  deque(I first, I last) : deque() {
    this->append(first, last);
  }
  deque(std::initializer_list<T> list) : deque(list.begin(), list.end()) {}
  /// From any range whose elements T can be made of.
  template <detail::source_range<T, deque> R>
  explicit deque(R&& range) : deque() {
    this->append_range(std::forward<R>(range));
  }
  deque(const deque& other) : deque(other.begin(), other.end()) {}
  deque(deque&& other) : deque() { take(other); }
  ~deque() {
    this->clear();
    drop_empty_blocks();
  }

  deque& operator=(const deque& other) {
    if (this != &other) {
      this->assign(other.begin(), other.end());
    }
    return *this;
  }
  deque& operator=(deque&& other) {
    if (this != &other) {
      take(other);
    }
    return *this;
  }
  deque& operator=(std::initializer_list<T> list) {
    this->assign(list);
    return *this;
  }

  [[nodiscard]] size_type size() const noexcept { return size_; }
  /// Gives back the blocks that hold no element.
  void shrink_to_fit() {
    drop_empty_blocks();
    links_.erase(links_.begin() + used_end(), links_.end());
    links_.erase(links_.begin(), links_.begin() + first_ / elements_per_block());
    first_ %= elements_per_block();
    links_.shrink_to_fit();
  }

  template <class... A>
  T& emplace_back(A&&... arguments) {
    if ((first_ + size_) / elements_per_block() == links_.size()) {
      make_room_behind();
    }
    T* const made = construct(first_ + size_, std::forward<A>(arguments)...);
    ++size_;
    return *made;
  }
  template <class... A>
  T& emplace_front(A&&... arguments) {
    if (first_ == 0) {
      make_room_before();
    }
    T* const made = construct(first_ - 1, std::forward<A>(arguments)...);
    --first_;
    ++size_;
    return *made;
  }
  void push_front(const T& value) { emplace_front(value); }
  void push_front(T&& value) { emplace_front(std::move(value)); }
  void pop_front() noexcept { drop_front(1); }
  /// The range must not be a part of this deque.
  template <class R>
  requires detail::source_range<R, T>
  void prepend_range(R&& range) { this->insert_range(this->cbegin(), std::forward<R>(range)); }

  template <class... A>
  iterator emplace(const_iterator where, A&&... arguments) {
    if (where.index() == 0) {
      emplace_front(std::forward<A>(arguments)...);
      return this->begin();
    }
    return base::emplace(where, std::forward<A>(arguments)...);
  }

  /// Exchanges blocks within an arena; moves the elements across arenas.
  void swap(deque& other) {
    if (detail::arena_of(this) == detail::arena_of(&other)) {
      links_.swap(other.links_);
      std::swap(first_, other.first_);
      std::swap(size_, other.size_);
    } else {
      deque kept(std::move(*this));
      *this = std::move(other);
      other = std::move(kept);
    }
  }
  friend void swap(deque& left, deque& right) { left.swap(right); }

 private:
  // Asked only where T is complete.
  static constexpr size_type elements_per_block() noexcept {
    return std::max<size_type>(4, std::bit_floor(1024 / sizeof(T)));
  }

  T* place(size_type position) const noexcept {
    constexpr size_type count = elements_per_block();
    return links_[position / count].get() + position % count;
  }
  T& element(size_type index) noexcept { return *place(first_ + index); }
  const T& element(size_type index) const noexcept { return *place(first_ + index); }

  template <class... A>
  T* construct(size_type position, A&&... arguments) {
    detail::link<T>& link = links_[position / elements_per_block()];
    if (link.get() == nullptr) {
      link = detail::link<T>(static_cast<T*>(detail::arena_allocate(
          detail::arena_of(this), elements_per_block() * sizeof(T), alignof(T))));
    }
    return std::construct_at(place(position), std::forward<A>(arguments)...);
  }

  // The index behind the last link to a block that is in use.
  size_type used_end() const noexcept {
    return (first_ + size_ + elements_per_block() - 1) / elements_per_block();
  }
  // A link for the block behind the last one: that of a block that was left at the front, if half
  // of them were, so that a queue does not grow for ever.
  void make_room_behind() {
    const size_type left = first_ / elements_per_block();
    if (left != 0 && left >= links_.size() / 2) {
      std::rotate(links_.begin(), links_.begin() + left, links_.end());
      first_ -= left * elements_per_block();
    } else {
      links_.emplace_back();
    }
  }
  // Links for blocks before the first one, in the same way.
  void make_room_before() {
    size_type spare = links_.size() - used_end();
    if (spare != 0 && spare >= links_.size() / 2) {
      std::rotate(links_.begin(), links_.end() - spare, links_.end());
    } else {
      spare = links_.size() / 2 + 1;
      links_.insert(links_.begin(), spare, detail::link<T>());
    }
    first_ += spare * elements_per_block();
  }
  void drop_empty_blocks() noexcept {
    const size_type used_begin = size_ == 0 ? links_.size() : first_ / elements_per_block();
    for (size_type i = 0; i != links_.size(); ++i) {
      if ((i < used_begin || i >= used_end()) && links_[i].get() != nullptr) {
        detail::arena_deallocate(detail::arena_of(this), links_[i].get(),
                                 elements_per_block() * sizeof(T), alignof(T));
        links_[i] = detail::link<T>();
      }
    }
  }

  void drop_back(size_type count) noexcept {
    for (; count != 0; --count) {
      --size_;
      std::destroy_at(place(first_ + size_));
    }
  }
  void drop_front(size_type count) noexcept {
    for (; count != 0; --count) {
      T* const dropped = place(first_);
      ++first_;
      --size_;
      std::destroy_at(dropped);
    }
  }

  // Moves `count` elements from index `from` to the raw places at `to`, beginning where they do not
  // overlap.
  void relocate_within(size_type from, size_type count, size_type to) noexcept {
    for (size_type i = 0; i != count; ++i) {
      const size_type step = to < from ? i : count - 1 - i;
      detail::relocate(place(first_ + from + step), 1, place(first_ + to + step));
    }
  }

  void rotate_into_place(size_type position, size_type old_size) {
    const size_type added = size_ - old_size;
    if constexpr (detail::relocates_cheaply<T>) {
      const detail::raw_block<T> passing(nullptr, added);
      for (size_type i = 0; i != added; ++i) {
        detail::relocate(&element(old_size + i), 1, passing.get() + i);
      }
      relocate_within(position, old_size - position, position + added);
      for (size_type i = 0; i != added; ++i) {
        detail::relocate(passing.get() + i, 1, place(first_ + position + i));
      }
    } else {
      // Through memory of the same arena, so that contents are not copied out and in again.
      const detail::raw_block<T> passing(detail::arena_of(this), added);
      detail::made_elements<T> made{passing.get(), passing.get()};
      for (size_type i = 0; i != added; ++i, ++made.last) {
        std::construct_at(made.last, std::move(element(old_size + i)));
      }
      for (size_type i = old_size; i-- != position;) {
        element(i + added) = std::move(element(i));
      }
      for (size_type i = 0; i != added; ++i) {
        element(position + i) = std::move(passing.get()[i]);
      }
    }
  }

  // Removes `count` elements, moving those on the shorter side.
  void close_gap(size_type position, size_type count) {
    const size_type behind = size_ - position - count;
    if constexpr (detail::relocates_cheaply<T>) {
      for (size_type i = 0; i != count; ++i) {
        std::destroy_at(&element(position + i));
      }
      if (position < behind) {
        relocate_within(0, position, count);
        first_ += count;
      } else {
        relocate_within(position + count, behind, position);
      }
      size_ -= count;
    } else if (position < behind) {
      for (size_type i = position; i-- != 0;) {
        element(i + count) = std::move(element(i));
      }
      drop_front(count);
    } else {
      for (size_type i = 0; i != behind; ++i) {
        element(position + i) = std::move(element(position + count + i));
      }
      drop_back(count);
    }
  }

  // Replaces what this container holds by what `other` holds, and leaves that empty.
  void take(deque& other) {
    if (detail::arena_of(this) == detail::arena_of(&other)) {
      this->clear();
      drop_empty_blocks();
      links_ = std::move(other.links_);
      first_ = std::exchange(other.first_, 0);
      size_ = std::exchange(other.size_, 0);
    } else {
      this->assign(std::move_iterator(other.begin()), std::move_iterator(other.end()));
      other.clear();
    }
  }

  void relocate_to(void* to) noexcept {
    auto* const target = static_cast<deque*>(to);
    const std::uint64_t first = first_;
    const std::uint64_t count = size_;
    detail::relocator<vector<detail::link<T>>>::move(&links_, &target->links_);
    target->first_ = first;
    target->size_ = count;
  }
  template <class Visit>
  void storage_blocks(Visit&& visit) const {
    detail::access::storage_blocks(links_, visit);
    for (const detail::link<T>& block : links_) {
      if (block.get() != nullptr) {
        visit(static_cast<const void*>(block.get()), elements_per_block() * sizeof(T));
      }
    }
  }

  vector<detail::link<T>> links_;
  std::uint64_t first_ = 0;
  std::uint64_t size_ = 0;
};

template <std::input_iterator I>
deque(I, I) -> deque<std::iter_value_t<I>>;
template <std::ranges::input_range R>
deque(R&&) -> deque<std::ranges::range_value_t<R>>;

static_assert(sizeof(deque<int>) == 40);

/// Removes every element that satisfies `predicate`; how many there were.
template <class T, class Predicate>
std::size_t erase_if(deque<T>& from, Predicate predicate) {
  return detail::erase_elements_if(from, predicate);
}
/// Removes every element equal to `value`; how many there were.
template <class T, class U>
std::size_t erase(deque<T>& from, const U& value) {
  return erase_if(from, [&](const T& element) { return element == value; });
}

namespace detail {

template <class T>
struct relocator<deque<T>> : self_relocator<deque<T>> {};

template <class T>
struct known_template<deque<T>> {
  static constexpr bool value = true;
  static constexpr std::string_view tag = "ipcarc::deque";
  using arguments = type_list<T>;
  static constexpr bool allocates = true;
  static constexpr bool relocatable = true;
};

}  // namespace detail
}  // namespace ipcarc
