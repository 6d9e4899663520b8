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
#include <ipcarc/detail/arena.hpp>
#include <ipcarc/detail/known_template.hpp>

namespace ipcarc {

class string;

namespace detail {

/// Whatever converts to std::string_view, save ipcarc::string itself: std::string, literals, views.
template <class S>
concept string_like = std::convertible_to<const S&, std::string_view> &&
                      !std::same_as<std::remove_cvref_t<S>, string> &&
                      !std::same_as<std::remove_cvref_t<S>, std::nullptr_t>;

/// The same without what std::string takes as `const char*`.
template <class S>
concept string_view_like = string_like<S> && !std::convertible_to<const S&, const char*>;

template <class I>
concept char_iterator = std::input_iterator<I> && std::convertible_to < std::iter_reference_t<I>,
char > ;

/// A position given as an iterator; a template, so that a literal 0 stays an index.
template <class P>
concept char_position = std::same_as<P, char*> || std::same_as<P, const char*>;

/// Copies up to 23 bytes without a call.
inline void copy_short(char* to, const char* from, std::size_t bytes) noexcept {
  if (bytes >= 8) {
    if (bytes >= 16) {
      std::memcpy(to + 8, from + 8, 8);
    }
    std::uint64_t last;
    std::memcpy(&last, from + bytes - 8, 8);
    std::memcpy(to, from, 8);
    std::memcpy(to + bytes - 8, &last, 8);
  } else if (bytes >= 4) {
    std::uint32_t last;
    std::memcpy(&last, from + bytes - 4, 4);
    std::memcpy(to, from, 4);
    std::memcpy(to + bytes - 4, &last, 4);
  } else if (bytes != 0) {
    const char middle = from[bytes / 2];
    const char last = from[bytes - 1];
    to[0] = from[0];
    to[bytes / 2] = middle;
    to[bytes - 1] = last;
  }
}

}  // namespace detail

/// A string of bytes with the interface of std::string, without an allocator. Up to 23 bytes are
/// stored inside it. Allocation failure is `Error{out_of_memory}` in a segment and std::bad_alloc
/// outside; the string is then unchanged.
class string {
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

  string(const string& other) : distance_(short_distance), rest_(other.rest_) {
    if (!other.is_short()) {
      construct_long(other.view());
    }
  }

  /// Takes the characters over within an arena, copies them across arenas; `other` is empty
  /// afterwards.
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

  string& assign(std::string_view text) {
    if (text.size() <= capacity()) {
      char* const to = data();
      std::memmove(to, text.data(), text.size());
      set_size(text.size());
      return *this;
    }
    return replace_bytes(0, size(), text);
  }
  string& assign(const string& other) { return *this = other; }
  string& assign(string&& other) { return *this = std::move(other); }
  string& assign(const string& other, size_type position, size_type count = npos) {
    return assign(checked_part(other.view(), position, count));
  }
  string& assign(const char* text) { return assign(std::string_view(text)); }
  string& assign(const char* text, size_type count) {
    return assign(std::string_view(text, count));
  }
  string& assign(size_type count, char fill) { return replace_fill(0, size(), count, fill); }
  string& assign(std::initializer_list<char> list) {
    return assign(std::string_view(list.begin(), list.size()));
  }
  template <detail::string_view_like S>
  string& assign(const S& text) {
    return assign(std::string_view(text));
  }
  template <detail::string_view_like S>
  string& assign(const S& text, size_type position, size_type count = npos) {
    return assign(checked_part(text, position, count));
  }
  template <detail::char_iterator I>
  string& assign(I first, I last) {
    return *this = string(first, last);
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

  string& append(std::string_view text) {
    const size_type old_size = size();
    if (text.size() <= capacity() - old_size) {
      // The source may lie in this string, but not where it is appended.
      std::memcpy(data() + old_size, text.data(), text.size());
      set_size(old_size + text.size());
      return *this;
    }
    return replace_bytes(old_size, 0, text);
  }
  string& append(const string& other) { return append(other.view()); }
  string& append(const string& other, size_type position, size_type count = npos) {
    return append(checked_part(other.view(), position, count));
  }
  string& append(const char* text) { return append(std::string_view(text)); }
  string& append(const char* text, size_type count) {
    return append(std::string_view(text, count));
  }
  string& append(size_type count, char fill) { return replace_fill(size(), 0, count, fill); }
  string& append(std::initializer_list<char> list) {
    return append(std::string_view(list.begin(), list.size()));
  }
  template <detail::string_view_like S>
  string& append(const S& text) {
    return append(std::string_view(text));
  }
  template <detail::string_view_like S>
  string& append(const S& text, size_type position, size_type count = npos) {
    return append(checked_part(text, position, count));
  }
  template <detail::char_iterator I>
  string& append(I first, I last) {
    return insert_from(size(), first, last);
  }

  string& operator+=(const string& other) { return append(other.view()); }
  string& operator+=(const char* text) { return append(std::string_view(text)); }
  string& operator+=(std::initializer_list<char> list) { return append(list); }
  string& operator+=(char character) {
    push_back(character);
    return *this;
  }
  template <detail::string_view_like S>
  string& operator+=(const S& text) {
    return append(std::string_view(text));
  }

  string& insert(size_type position, std::string_view text) {
    return replace_bytes(checked_position(position), 0, text);
  }
  string& insert(size_type position, const string& other) { return insert(position, other.view()); }
  string& insert(size_type position, const string& other, size_type from, size_type count = npos) {
    return insert(position, checked_part(other.view(), from, count));
  }
  string& insert(size_type position, const char* text) {
    return insert(position, std::string_view(text));
  }
  string& insert(size_type position, const char* text, size_type count) {
    return insert(position, std::string_view(text, count));
  }
  string& insert(size_type position, size_type count, char fill) {
    return replace_fill(checked_position(position), 0, count, fill);
  }
  template <detail::string_view_like S>
  string& insert(size_type position, const S& text) {
    return insert(position, std::string_view(text));
  }
  template <detail::string_view_like S>
  string& insert(size_type position, const S& text, size_type from, size_type count = npos) {
    return insert(position, checked_part(text, from, count));
  }
  template <detail::char_position P>
  iterator insert(P where, char character) {
    const size_type position = index_of(where);
    replace_fill(position, 0, 1, character);
    return data() + position;
  }
  template <detail::char_position P>
  iterator insert(P where, size_type count, char fill) {
    const size_type position = index_of(where);
    replace_fill(position, 0, count, fill);
    return data() + position;
  }
  template <detail::char_position P>
  iterator insert(P where, std::initializer_list<char> list) {
    return insert(where, list.begin(), list.end());
  }
  template <detail::char_position P, detail::char_iterator I>
  iterator insert(P where, I first, I last) {
    const size_type position = index_of(where);
    insert_from(position, first, last);
    return data() + position;
  }

  string& erase(size_type position = 0, size_type count = npos) {
    checked_position(position);
    return replace_bytes(position, std::min(count, size() - position), {});
  }
  template <detail::char_position P>
  iterator erase(P where) {
    return erase(where, where + 1);
  }
  template <detail::char_position P, detail::char_position Q>
  iterator erase(P first, Q last) {
    const size_type position = index_of(first);
    replace_bytes(position, static_cast<size_type>(last - first), {});
    return data() + position;
  }

  string& replace(size_type position, size_type count, std::string_view text) {
    checked_position(position);
    return replace_bytes(position, std::min(count, size() - position), text);
  }
  string& replace(size_type position, size_type count, const string& other) {
    return replace(position, count, other.view());
  }
  string& replace(size_type position, size_type count, const string& other, size_type from,
                  size_type other_count = npos) {
    return replace(position, count, checked_part(other.view(), from, other_count));
  }
  string& replace(size_type position, size_type count, const char* text) {
    return replace(position, count, std::string_view(text));
  }
  string& replace(size_type position, size_type count, const char* text, size_type text_count) {
    return replace(position, count, std::string_view(text, text_count));
  }
  string& replace(size_type position, size_type count, size_type fill_count, char fill) {
    checked_position(position);
    return replace_fill(position, std::min(count, size() - position), fill_count, fill);
  }
  template <detail::string_view_like S>
  string& replace(size_type position, size_type count, const S& text) {
    return replace(position, count, std::string_view(text));
  }
  template <detail::string_view_like S>
  string& replace(size_type position, size_type count, const S& text, size_type from,
                  size_type text_count = npos) {
    return replace(position, count, checked_part(text, from, text_count));
  }
  template <detail::char_position P, detail::char_position Q>
  string& replace(P first, Q last, std::string_view text) {
    return replace_bytes(index_of(first), static_cast<size_type>(last - first), text);
  }
  template <detail::char_position P, detail::char_position Q>
  string& replace(P first, Q last, const char* text, size_type count) {
    return replace(first, last, std::string_view(text, count));
  }
  template <detail::char_position P, detail::char_position Q>
  string& replace(P first, Q last, size_type count, char fill) {
    return replace_fill(index_of(first), static_cast<size_type>(last - first), count, fill);
  }
  template <detail::char_position P, detail::char_position Q, detail::char_iterator I>
  string& replace(P first, Q last, I from, I to) {
    return replace(first, last, string(from, to).view());
  }

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

  // Searching and comparing: exactly std::string_view's.

  [[nodiscard]] size_type find(std::string_view text, size_type position = 0) const noexcept {
    return view().find(text, position);
  }
  [[nodiscard]] size_type find(const char* text, size_type position,
                               size_type count) const noexcept {
    return view().find(text, position, count);
  }
  [[nodiscard]] size_type find(char character, size_type position = 0) const noexcept {
    return view().find(character, position);
  }
  [[nodiscard]] size_type rfind(std::string_view text, size_type position = npos) const noexcept {
    return view().rfind(text, position);
  }
  [[nodiscard]] size_type rfind(const char* text, size_type position,
                                size_type count) const noexcept {
    return view().rfind(text, position, count);
  }
  [[nodiscard]] size_type rfind(char character, size_type position = npos) const noexcept {
    return view().rfind(character, position);
  }
  [[nodiscard]] size_type find_first_of(std::string_view set,
                                        size_type position = 0) const noexcept {
    return view().find_first_of(set, position);
  }
  [[nodiscard]] size_type find_first_of(const char* set, size_type position,
                                        size_type count) const noexcept {
    return view().find_first_of(set, position, count);
  }
  [[nodiscard]] size_type find_first_of(char character, size_type position = 0) const noexcept {
    return view().find_first_of(character, position);
  }
  [[nodiscard]] size_type find_last_of(std::string_view set,
                                       size_type position = npos) const noexcept {
    return view().find_last_of(set, position);
  }
  [[nodiscard]] size_type find_last_of(const char* set, size_type position,
                                       size_type count) const noexcept {
    return view().find_last_of(set, position, count);
  }
  [[nodiscard]] size_type find_last_of(char character, size_type position = npos) const noexcept {
    return view().find_last_of(character, position);
  }
  [[nodiscard]] size_type find_first_not_of(std::string_view set,
                                            size_type position = 0) const noexcept {
    return view().find_first_not_of(set, position);
  }
  [[nodiscard]] size_type find_first_not_of(const char* set, size_type position,
                                            size_type count) const noexcept {
    return view().find_first_not_of(set, position, count);
  }
  [[nodiscard]] size_type find_first_not_of(char character, size_type position = 0) const noexcept {
    return view().find_first_not_of(character, position);
  }
  [[nodiscard]] size_type find_last_not_of(std::string_view set,
                                           size_type position = npos) const noexcept {
    return view().find_last_not_of(set, position);
  }
  [[nodiscard]] size_type find_last_not_of(const char* set, size_type position,
                                           size_type count) const noexcept {
    return view().find_last_not_of(set, position, count);
  }
  [[nodiscard]] size_type find_last_not_of(char character,
                                           size_type position = npos) const noexcept {
    return view().find_last_not_of(character, position);
  }
  [[nodiscard]] bool contains(std::string_view text) const noexcept { return find(text) != npos; }
  [[nodiscard]] bool contains(char character) const noexcept { return find(character) != npos; }
  [[nodiscard]] bool starts_with(std::string_view text) const noexcept {
    return view().starts_with(text);
  }
  [[nodiscard]] bool starts_with(char character) const noexcept {
    return view().starts_with(character);
  }
  [[nodiscard]] bool ends_with(std::string_view text) const noexcept {
    return view().ends_with(text);
  }
  [[nodiscard]] bool ends_with(char character) const noexcept {
    return view().ends_with(character);
  }

  [[nodiscard]] int compare(std::string_view text) const noexcept { return view().compare(text); }
  [[nodiscard]] int compare(size_type position, size_type count, std::string_view text) const {
    return view().compare(position, count, text);
  }
  [[nodiscard]] int compare(size_type position, size_type count, std::string_view text,
                            size_type from, size_type text_count = npos) const {
    return view().compare(position, count, text, from, text_count);
  }
  [[nodiscard]] int compare(size_type position, size_type count, const char* text,
                            size_type text_count) const {
    return view().compare(position, count, text, text_count);
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

  friend string operator+(const string& left, const string& right) { return joined(left, right); }
  friend string operator+(string&& left, const string& right) {
    return string(std::move(left += right));
  }
  friend string operator+(const string& left, char right) { return joined(left, {&right, 1}); }
  friend string operator+(string&& left, char right) { return string(std::move(left += right)); }
  friend string operator+(char left, const string& right) { return joined({&left, 1}, right); }
  template <detail::string_like S>
  friend string operator+(const string& left, const S& right) {
    return joined(left, right);
  }
  template <detail::string_like S>
  friend string operator+(string&& left, const S& right) {
    return string(std::move(left.append(std::string_view(right))));
  }
  template <detail::string_like S>
  friend string operator+(const S& left, const string& right) {
    return joined(left, right);
  }

  friend std::ostream& operator<<(std::ostream& stream, const string& text) {
    return stream << text.view();
  }
  friend std::istream& operator>>(std::istream& stream, string& text) {
    std::string word;
    if (stream >> word) {
      text = word;
    }
    return stream;
  }
  friend std::istream& getline(std::istream& stream, string& text, char delimiter = '\n') {
    std::string line;
    if (std::getline(stream, line, delimiter)) {
      text = line;
    }
    return stream;
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
  size_type checked_position(size_type position) const {
    if (position > size()) {
      throw std::out_of_range("ipcarc::string: position past the end");
    }
    return position;
  }
  static std::string_view checked_part(std::string_view text, size_type position, size_type count) {
    if (position > text.size()) {
      throw std::out_of_range("ipcarc::string: position past the end");
    }
    return text.substr(position, count);
  }
  size_type index_of(const_iterator where) const noexcept {
    return static_cast<size_type>(where - data());
  }

  static string joined(std::string_view left, std::string_view right) {
    string result;
    result.reserve(left.size() + right.size());
    result.append(left);
    result.append(right);
    return result;
  }

  template <class I>
  string& insert_from(size_type position, I first, I last) {
    if constexpr (std::contiguous_iterator<I> && std::same_as<std::iter_value_t<I>, char>) {
      const auto count = static_cast<size_type>(last - first);
      return replace_bytes(
          position, 0,
          count == 0 ? std::string_view() : std::string_view(std::to_address(first), count));
    } else {
      // By way of a value of its own: the iterators may read this very string.
      string inserted;
      for (; first != last; ++first) {
        inserted.push_back(static_cast<char>(*first));
      }
      return replace_bytes(position, 0, inserted.view());
    }
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

/// Removes every `character`; how many there were.
inline string::size_type erase(string& text, char character) {
  const auto kept = std::remove(text.begin(), text.end(), character);
  const auto removed = static_cast<string::size_type>(text.end() - kept);
  text.erase(kept, text.end());
  return removed;
}

/// Removes every character that satisfies `predicate`; how many there were.
template <class Predicate>
string::size_type erase_if(string& text, Predicate predicate) {
  const auto kept = std::remove_if(text.begin(), text.end(), predicate);
  const auto removed = static_cast<string::size_type>(text.end() - kept);
  text.erase(kept, text.end());
  return removed;
}

/// Hashes any kind of string alike, so that a map with string keys can be searched with any of
/// them. The same in every process that uses this machine's libstdc++.
struct string_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

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

template <>
struct std::hash<ipcarc::string> {
  std::size_t operator()(const ipcarc::string& text) const noexcept {
    return std::hash<std::string_view>{}(text.view());
  }
};
