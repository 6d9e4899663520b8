// ipcarc::string: text that can lie in a shared segment, at any mapping address, or on the stack.
//
// A string belongs to the arena whose memory it lies in, and asks for it by its own address only
// when it allocates or frees. Thread and process safety: as std::string; in a segment, the object's
// guard.
//
// Stored bytes (32, little endian):
//   0  int64   distance from the string's own address to its characters; 8: they lie inside (short)
//   8  short:  char[24], NUL-terminated. Byte 23 of it is 23 - size, and so ends a full one.
//   8  long:   uint64 size; uint64 capacity; uint64 zero. The block has capacity + 1 bytes, a
//              multiple of 16.
//
// Invariants: 1. data()[size()] is NUL. 2. A long string's block belongs to arena_of(the string).
// 3. All 32 bytes are always initialised, so that no byte of a stack reaches the segment by copying
// a short string. A moved-from string is empty. A move copies where the two lie in different
// arenas, so it may throw.
#pragma once

#include <algorithm>
#include <compare>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <istream>
#include <iterator>
#include <limits>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <ipcarc/containers/detail/self_relative.hpp>
#include <ipcarc/containers/detail/text.hpp>
#include <ipcarc/containers/detail/text_changes.hpp>
#include <ipcarc/detail/arena.hpp>
#include <ipcarc/detail/known_template.hpp>

namespace ipcarc {

/// A string of bytes with the interface of std::string, without an allocator. Up to 23 bytes are
/// stored inside it. Allocation failure is `Error{out_of_memory}` in a segment and std::bad_alloc
/// outside; the string is then unchanged.
class string : public detail::text_queries<string>, public detail::text_changes<string> {
  using changes = detail::text_changes<string>;
  friend changes;

 public:
  using traits_type = std::char_traits<char>;
  using value_type = char;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = char&;
  using const_reference = const char&;
  using pointer = char*;
  using const_pointer = const char*;
  using iterator = char*;
  using const_iterator = const char*;
  using reverse_iterator = std::reverse_iterator<iterator>;
  using const_reverse_iterator = std::reverse_iterator<const_iterator>;

  static constexpr size_type npos = static_cast<size_type>(-1);

  string() noexcept : distance_(short_distance), rest_{} {
    rest_.bytes[short_capacity] = short_capacity;
  }

  string(const char* text) : string(std::string_view(text)) {}
  string(const char* text, size_type count) : string(std::string_view(text, count)) {}
  string(std::nullptr_t) = delete;

  /// From whatever converts to std::string_view.
  template <detail::string_view_like S>
  string(const S& text) : string() {
    construct(text);
  }
  /// From a part of whatever converts to std::string_view.
  template <detail::string_view_like S>
  string(const S& text, size_type position, size_type count)
      : string(checked_part(text, position, count)) {}

  string(size_type count, char fill) : string() { resize(count, fill); }
  string(const string& other, size_type position, size_type count = npos)
      : string(checked_part(other.view(), position, count)) {}
  string(std::initializer_list<char> list) : string(std::string_view(list.begin(), list.size())) {}

  template <detail::char_iterator I>
  string(I first, I last) : string() {
    append(first, last);
  }
  /// By reference, so that two literals, which are not the ends of one text, are refused.
  template <detail::char_position P>
  string(const P& first, const P& last) : string() {
    append(first, last);
  }
  /// From any other range of characters: a std::vector<char>, a view.
  template <detail::char_range R>
  // NOLINTNEXTLINE(bugprone-forwarding-reference-overload): a char_range is no ipcarc::string
  explicit string(R&& range) : string() {
    this->append_range(std::forward<R>(range));
  }

  string(const string& other) : distance_(short_distance), rest_(other.rest_) {
    if (!other.is_short()) {
      construct_long(other.view());
    }
  }

  /// Takes the characters over within an arena, copies them across arenas; `other` is empty
  /// afterwards.
  // NOLINTNEXTLINE(performance-noexcept-move-constructor): it may copy, and so throw
  string(string&& other) : distance_(short_distance), rest_(other.rest_) {
    if (!other.is_short()) {
      construct_from_long(other);
    } else {
      other.become_empty();
    }
  }

  ~string() {
    if (!is_short()) {
      release();
    }
  }

  string& operator=(const string& other) {
    if (this != &other) {
      assign(other.view());
    }
    return *this;
  }

  /// As the move constructor.
  // NOLINTNEXTLINE(performance-noexcept-move-constructor)
  string& operator=(string&& other) {
    if (this != &other) {
      if (!other.is_short() && detail::arena_of(this) == detail::arena_of(&other)) {
        if (!is_short()) {
          release();
        }
        steal(other);
      } else {
        assign(other.view());
        other.clear();
      }
    }
    return *this;
  }

  string& operator=(const char* text) { return assign(std::string_view(text)); }
  string& operator=(char character) { return assign(std::string_view(&character, 1)); }
  string& operator=(std::initializer_list<char> list) {
    return assign(std::string_view(list.begin(), list.size()));
  }
  string& operator=(std::nullptr_t) = delete;
  template <detail::string_view_like S>
  string& operator=(const S& text) {
    return assign(std::string_view(text));
  }

  // Reading.

  [[nodiscard]] const char* data() const noexcept {
    return detail::at_distance<const char>(this, distance_);
  }
  [[nodiscard]] char* data() noexcept { return detail::at_distance<char>(this, distance_); }
  [[nodiscard]] const char* c_str() const noexcept { return data(); }
  [[nodiscard]] size_type size() const noexcept {
    return is_short() ? short_capacity - static_cast<unsigned char>(rest_.bytes[short_capacity])
                      : rest_.block.size;
  }
  [[nodiscard]] size_type length() const noexcept { return size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] size_type capacity() const noexcept {
    return is_short() ? short_capacity : rest_.block.capacity;
  }
  [[nodiscard]] static constexpr size_type max_size() noexcept {
    return static_cast<size_type>(std::numeric_limits<difference_type>::max() / 2);
  }
  [[nodiscard]] std::string_view view() const noexcept { return {data(), size()}; }
  operator std::string_view() const noexcept { return view(); }
  explicit operator std::string() const { return std::string(data(), size()); }

  [[nodiscard]] char& operator[](size_type position) noexcept { return data()[position]; }
  [[nodiscard]] const char& operator[](size_type position) const noexcept {
    return data()[position];
  }
  [[nodiscard]] char& at(size_type position) { return data()[checked_index(position)]; }
  [[nodiscard]] const char& at(size_type position) const { return data()[checked_index(position)]; }
  [[nodiscard]] char& front() noexcept { return data()[0]; }
  [[nodiscard]] const char& front() const noexcept { return data()[0]; }
  [[nodiscard]] char& back() noexcept { return data()[size() - 1]; }
  [[nodiscard]] const char& back() const noexcept { return data()[size() - 1]; }

  [[nodiscard]] iterator begin() noexcept { return data(); }
  [[nodiscard]] const_iterator begin() const noexcept { return data(); }
  [[nodiscard]] const_iterator cbegin() const noexcept { return data(); }
  [[nodiscard]] iterator end() noexcept { return data() + size(); }
  [[nodiscard]] const_iterator end() const noexcept { return data() + size(); }
  [[nodiscard]] const_iterator cend() const noexcept { return data() + size(); }
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

  // Size.

  /// At least `count` bytes of capacity; never gives memory back.
  void reserve(size_type count) {
    if (count > capacity()) {
      move_to_block(rounded_capacity(checked_size(count)));
    }
  }
  /// Gives back what the capacity has over the size, to the byte's nearest 16; stores 23 bytes or
  /// less inside.
  void shrink_to_fit();
  void clear() noexcept { set_size(0); }
  void resize(size_type count, char fill = '\0') {
    const size_type old_size = size();
    if (count > old_size) {
      append(count - old_size, fill);
    } else {
      set_size(count);
    }
  }
  /// Room for `count` bytes given to `write(char*, count)`, which says how many it wrote; for C
  /// APIs.
  template <class Write>
  void resize_and_overwrite(size_type count, Write write) {
    reserve(count);
    set_size(static_cast<size_type>(std::move(write)(data(), count)));
  }

  // Changing.

  void push_back(char character) {
    const size_type old_size = size();
    if (old_size == capacity()) {
      move_to_block(grown_capacity(old_size + 1));
    }
    data()[old_size] = character;
    set_size(old_size + 1);
  }
  void pop_back() noexcept { set_size(size() - 1); }

  using changes::append;
  using changes::assign;
  using changes::erase;
  using changes::insert;
  using changes::replace;
  using changes::operator+=;

  /// Equal arenas exchange blocks; otherwise the characters are copied across.
  void swap(string& other) {
    if (this == &other) {
      return;
    }
    if ((is_short() && other.is_short()) || detail::arena_of(this) == detail::arena_of(&other)) {
      string kept;
      kept.steal(*this);
      steal(other);
      other.steal(kept);
    } else {
      string kept(view());
      assign(other.view());
      other.assign(kept.view());
    }
  }
  friend void swap(string& left, string& right) { left.swap(right); }

  size_type copy(char* to, size_type count, size_type position = 0) const {
    return view().copy(to, count, position);
  }
  /// An ordinary value, which belongs to wherever it is put.
  [[nodiscard]] string substr(size_type position = 0, size_type count = npos) const {
    return string(checked_part(view(), position, count));
  }

  friend bool operator==(const string& left, const string& right) noexcept {
    return left.view() == right.view();
  }
  friend std::strong_ordering operator<=>(const string& left, const string& right) noexcept {
    return left.view() <=> right.view();
  }
  template <detail::string_like S>
  friend bool operator==(const string& left, const S& right) noexcept {
    return left.view() == std::string_view(right);
  }
  template <detail::string_like S>
  friend std::strong_ordering operator<=>(const string& left, const S& right) noexcept {
    return left.view() <=> std::string_view(right);
  }

  friend std::ostream& operator<<(std::ostream& stream, const string& text) {
    return stream << text.view();
  }
  friend std::istream& operator>>(std::istream& stream, string& text) {
    std::string word(text.view());
    stream >> word;
    text = word;
    return stream;
  }
  /// As std::getline: `text` is empty where there was nothing left to read.
  friend std::istream& getline(std::istream& stream, string& text, char delimiter = '\n') {
    std::string line(text.view());
    std::getline(stream, line, delimiter);
    text = line;
    return stream;
  }
  friend std::istream& getline(std::istream&& stream, string& text, char delimiter = '\n') {
    return getline(stream, text, delimiter);
  }
  /// For boost::hash.
  friend std::size_t hash_value(const string& text) noexcept {
    return std::hash<std::string_view>{}(text.view());
  }

 private:
  friend struct detail::access;

  static constexpr std::size_t short_capacity = 23;
  static constexpr std::int64_t short_distance = 8;

  struct Block {
    std::uint64_t size;
    std::uint64_t capacity;
    std::uint64_t zero;
  };
  union Rest {
    char bytes[short_capacity + 1];
    Block block;
  };

  [[nodiscard]] bool is_short() const noexcept { return distance_ == short_distance; }

  void become_empty() noexcept {
    distance_ = short_distance;
    rest_ = Rest{};
    rest_.bytes[short_capacity] = short_capacity;
  }

  void set_size(size_type count) noexcept {
    if (is_short()) {
      if (count > short_capacity) {
        __builtin_unreachable();  // the caller made room; gcc cannot see it, and warns in its users
      }
      rest_.bytes[count] = '\0';
      rest_.bytes[short_capacity] = static_cast<char>(short_capacity - count);
    } else {
      data()[count] = '\0';
      rest_.block.size = count;
    }
  }

  // For constructors: the string is empty and short, and stays so if this throws.
  void construct(std::string_view text) {
    if (text.size() <= short_capacity) {
      detail::copy_short(rest_.bytes, text.data(), text.size());
      rest_.bytes[short_capacity] = static_cast<char>(short_capacity - text.size());
    } else {
      construct_long(text);
    }
  }
  void construct_long(std::string_view text);
  void construct_from_long(string& other);

  // Takes over what `other` has, which lies in the same arena or is short; what this string had is
  // forgotten.
  void steal(string& other) noexcept {
    if (other.is_short()) {
      distance_ = short_distance;
    } else {
      distance_ = detail::distance_to(this, other.data());
    }
    rest_ = other.rest_;
    other.become_empty();
  }

  void relocate_to(void* to) noexcept {
    auto* const target = static_cast<string*>(to);
    const std::int64_t distance =
        is_short() ? short_distance : distance_ + detail::distance_to(to, this);
    const Rest rest = rest_;
    target->distance_ = distance;
    target->rest_ = rest;
  }

  template <class Visit>
  void storage_blocks(Visit&& visit) const {
    if (!is_short()) {
      visit(static_cast<const void*>(data()), static_cast<std::size_t>(capacity() + 1));
    }
  }

  // Gives the block back; the string's own bytes are left as they are.
  void release() noexcept {
    if (!is_short()) {
      detail::arena_deallocate(detail::arena_of(this), data(), rest_.block.capacity + 1, 1);
    }
  }

  char* allocate(size_type capacity) const {
    return static_cast<char*>(detail::arena_allocate(detail::arena_of(this), capacity + 1, 1));
  }
  void adopt(char* block, size_type count, size_type capacity) noexcept {
    block[count] = '\0';
    distance_ = detail::distance_to(this, block);
    rest_.block = Block{count, capacity, 0};
  }

  static size_type checked_size(size_type count) {
    if (count > max_size()) {
      throw std::length_error("ipcarc::string: longer than max_size()");
    }
    return count;
  }
  // Blocks are multiples of 16 bytes, as arenas hand them out.
  static size_type rounded_capacity(size_type count) noexcept { return count | 15; }
  size_type grown_capacity(size_type count) const {
    return rounded_capacity(std::max(checked_size(count), 2 * capacity()));
  }
  // Moves the characters to a new block of this capacity.
  void move_to_block(size_type capacity);

  size_type checked_index(size_type position) const {
    if (position >= size()) {
      throw std::out_of_range("ipcarc::string: position past the end");
    }
    return position;
  }
  string& replace_bytes(size_type position, size_type count, std::string_view text);
  string& replace_fill(size_type position, size_type count, size_type fill_count, char fill);

  std::int64_t distance_;
  Rest rest_;
};

static_assert(sizeof(string) == 32 && alignof(string) == 8);

inline void string::construct_long(std::string_view text) {
  const size_type capacity = rounded_capacity(checked_size(text.size()));
  char* const block = allocate(capacity);
  std::memcpy(block, text.data(), text.size());
  adopt(block, text.size(), capacity);
}

inline void string::construct_from_long(string& other) {
  if (detail::arena_of(this) == detail::arena_of(&other)) {
    steal(other);
  } else {
    construct_long(other.view());
    other.clear();
  }
}

inline void string::move_to_block(size_type capacity) {
  char* const block = allocate(capacity);
  const size_type count = size();
  std::memcpy(block, data(), count);
  release();
  adopt(block, count, capacity);
}

inline void string::shrink_to_fit() {
  if (is_short() || rounded_capacity(size()) == capacity()) {
    return;
  }
  if (size() > short_capacity) {
    move_to_block(rounded_capacity(size()));
  } else {
    const string kept(view());
    release();
    distance_ = short_distance;
    rest_ = kept.rest_;
  }
}

inline string& string::replace_bytes(size_type position, size_type count, std::string_view text) {
  const size_type old_size = size();
  const size_type tail = old_size - position - count;
  if (text.size() > max_size() - (old_size - count)) {
    throw std::length_error("ipcarc::string: longer than max_size()");
  }
  const size_type new_size = old_size - count + text.size();
  if (new_size > capacity()) {
    const size_type new_capacity = grown_capacity(new_size);
    char* const block = allocate(new_capacity);
    const char* const from = data();
    std::memcpy(block, from, position);
    std::memcpy(block + position, text.data(), text.size());
    std::memcpy(block + position + text.size(), from + position + count, tail);
    release();
    adopt(block, new_size, new_capacity);
    return *this;
  }
  char* const to = data();
  const std::less<const char*> before;
  if (!text.empty() && !before(text.data(), to) && before(text.data(), to + old_size)) {
    const string kept(text);
    return replace_bytes(position, count, kept.view());
  }
  std::memmove(to + position + text.size(), to + position + count, tail);
  if (!text.empty()) {
    std::memcpy(to + position, text.data(), text.size());
  }
  set_size(new_size);
  return *this;
}

inline string& string::replace_fill(size_type position, size_type count, size_type fill_count,
                                    char fill) {
  const size_type old_size = size();
  const size_type tail = old_size - position - count;
  if (fill_count > max_size() - (old_size - count)) {
    throw std::length_error("ipcarc::string: longer than max_size()");
  }
  const size_type new_size = old_size - count + fill_count;
  if (new_size > capacity()) {
    move_to_block(grown_capacity(new_size));
  }
  char* const to = data();
  std::memmove(to + position + fill_count, to + position + count, tail);
  std::memset(to + position, fill, fill_count);
  set_size(new_size);
  return *this;
}

namespace detail {

template <>
struct relocator<string> : self_relocator<string> {};

template <>
struct known_template<string> {
  static constexpr bool value = true;
  static constexpr std::string_view tag = "ipcarc::string";
  using arguments = type_list<>;
  static constexpr bool allocates = true;
  static constexpr bool relocatable = true;
};

}  // namespace detail
}  // namespace ipcarc

/// Both convert to each other, so the common type, which ranges::find and its kin ask for, is
/// stated.
template <template <class> class Q, template <class> class R>
struct std::basic_common_reference<ipcarc::string, std::string_view, Q, R> {
  using type = std::string_view;
};
template <template <class> class Q, template <class> class R>
struct std::basic_common_reference<std::string_view, ipcarc::string, Q, R> {
  using type = std::string_view;
};

template <>
struct std::hash<ipcarc::string> {
  std::size_t operator()(const ipcarc::string& text) const noexcept {
    return std::hash<std::string_view>{}(text.view());
  }
};

#include <ipcarc/containers/detail/string_functions.hpp>
