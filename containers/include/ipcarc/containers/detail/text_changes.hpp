// The many forms of assign, append, insert, erase and replace of ipcarc::string, which come down to
// two.
//
// Private to ipcarc::string, whose replace_bytes() and replace_fill() do the work; both take a
// source that lies in the string itself.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string_view>

#include <ipcarc/containers/detail/text.hpp>

namespace ipcarc::detail {

template <class Text>
class text_changes {
 public:
  Text& assign(std::string_view text) {
    if (text.size() <= self().capacity()) {
      if (!text.empty()) {
        std::memmove(self().data(), text.data(), text.size());
      }
      self().set_size(text.size());
      return self();
    }
    return self().replace_bytes(0, self().size(), text);
  }
  Text& assign(const Text& other) { return self() = other; }
  Text& assign(Text&& other) { return self() = std::move(other); }
  Text& assign(const Text& other, std::size_t position,
               std::size_t count = std::string_view::npos) {
    return assign(checked_part(other.view(), position, count));
  }
  Text& assign(const char* text) { return assign(std::string_view(text)); }
  Text& assign(const char* text, std::size_t count) {
    return assign(std::string_view(text, count));
  }
  Text& assign(std::size_t count, char fill) {
    return self().replace_fill(0, self().size(), count, fill);
  }
  Text& assign(std::initializer_list<char> list) {
    return assign(std::string_view(list.begin(), list.size()));
  }
  template <string_view_like S>
  Text& assign(const S& text) {
    return assign(std::string_view(text));
  }
  template <string_view_like S>
  Text& assign(const S& text, std::size_t position, std::size_t count = std::string_view::npos) {
    return assign(checked_part(text, position, count));
  }
  template <char_iterator I>
  Text& assign(I first, I last) {
    return self() = Text(first, last);
  }
  template <char_position P>
  Text& assign(const P& first, const P& last) {
    return assign(between(first, last));
  }
  template <class R>
  Text& assign_range(R&& range) {
    return self() = made_of(range);
  }

  Text& append(std::string_view text) {
    const std::size_t old_size = self().size();
    if (text.size() <= self().capacity() - old_size) {
      if (!text.empty()) {
        // The source may lie in this string, but not where it is appended.
        std::memcpy(self().data() + old_size, text.data(), text.size());
      }
      self().set_size(old_size + text.size());
      return self();
    }
    return self().replace_bytes(old_size, 0, text);
  }
  Text& append(const Text& other) { return append(other.view()); }
  Text& append(const Text& other, std::size_t position,
               std::size_t count = std::string_view::npos) {
    return append(checked_part(other.view(), position, count));
  }
  Text& append(const char* text) { return append(std::string_view(text)); }
  Text& append(const char* text, std::size_t count) {
    return append(std::string_view(text, count));
  }
  Text& append(std::size_t count, char fill) {
    return self().replace_fill(self().size(), 0, count, fill);
  }
  Text& append(std::initializer_list<char> list) {
    return append(std::string_view(list.begin(), list.size()));
  }
  template <string_view_like S>
  Text& append(const S& text) {
    return append(std::string_view(text));
  }
  template <string_view_like S>
  Text& append(const S& text, std::size_t position, std::size_t count = std::string_view::npos) {
    return append(checked_part(text, position, count));
  }
  template <char_iterator I>
  Text& append(I first, I last) {
    return insert_from(self().size(), first, last);
  }
  template <char_position P>
  Text& append(const P& first, const P& last) {
    return append(between(first, last));
  }
  template <class R>
  Text& append_range(R&& range) {
    return insert_from(self().size(), std::ranges::begin(range), std::ranges::end(range));
  }

  Text& operator+=(const Text& other) { return append(other.view()); }
  Text& operator+=(const char* text) { return append(std::string_view(text)); }
  Text& operator+=(std::initializer_list<char> list) { return append(list); }
  Text& operator+=(char character) {
    self().push_back(character);
    return self();
  }
  template <string_view_like S>
  Text& operator+=(const S& text) {
    return append(std::string_view(text));
  }

  Text& insert(std::size_t position, std::string_view text) {
    return self().replace_bytes(checked_position(position), 0, text);
  }
  Text& insert(std::size_t position, const Text& other) { return insert(position, other.view()); }
  Text& insert(std::size_t position, const Text& other, std::size_t from,
               std::size_t count = std::string_view::npos) {
    return insert(position, checked_part(other.view(), from, count));
  }
  Text& insert(std::size_t position, const char* text) {
    return insert(position, std::string_view(text));
  }
  Text& insert(std::size_t position, const char* text, std::size_t count) {
    return insert(position, std::string_view(text, count));
  }
  Text& insert(std::size_t position, std::size_t count, char fill) {
    return self().replace_fill(checked_position(position), 0, count, fill);
  }
  template <string_view_like S>
  Text& insert(std::size_t position, const S& text) {
    return insert(position, std::string_view(text));
  }
  template <string_view_like S>
  Text& insert(std::size_t position, const S& text, std::size_t from,
               std::size_t count = std::string_view::npos) {
    return insert(position, checked_part(text, from, count));
  }
  template <char_position P>
  char* insert(P where, char character) {
    const std::size_t position = index_of(where);
    self().replace_fill(position, 0, 1, character);
    return self().data() + position;
  }
  template <char_position P>
  char* insert(P where, std::size_t count, char fill) {
    const std::size_t position = index_of(where);
    self().replace_fill(position, 0, count, fill);
    return self().data() + position;
  }
  template <char_position P>
  char* insert(P where, std::initializer_list<char> list) {
    return insert(where, list.begin(), list.end());
  }
  template <char_position P, char_iterator I>
  char* insert(P where, I first, I last) {
    const std::size_t position = index_of(where);
    insert_from(position, first, last);
    return self().data() + position;
  }

  template <char_position P, char_position Q>
  char* insert(P where, const Q& first, const Q& last) {
    const std::size_t position = index_of(where);
    self().replace_bytes(position, 0, between(first, last));
    return self().data() + position;
  }
  template <char_position P, class R>
  char* insert_range(P where, R&& range) {
    const std::size_t position = index_of(where);
    insert_from(position, std::ranges::begin(range), std::ranges::end(range));
    return self().data() + position;
  }

  Text& erase(std::size_t position = 0, std::size_t count = std::string_view::npos) {
    checked_position(position);
    return self().replace_bytes(position, std::min(count, self().size() - position), {});
  }
  template <char_position P>
  char* erase(P where) {
    return erase(where, where + 1);
  }
  template <char_position P, char_position Q>
  char* erase(P first, Q last) {
    const std::size_t position = index_of(first);
    self().replace_bytes(position, static_cast<std::size_t>(last - first), {});
    return self().data() + position;
  }

  Text& replace(std::size_t position, std::size_t count, std::string_view text) {
    checked_position(position);
    return self().replace_bytes(position, std::min(count, self().size() - position), text);
  }
  Text& replace(std::size_t position, std::size_t count, const Text& other) {
    return replace(position, count, other.view());
  }
  Text& replace(std::size_t position, std::size_t count, const Text& other, std::size_t from,
                std::size_t other_count = std::string_view::npos) {
    return replace(position, count, checked_part(other.view(), from, other_count));
  }
  Text& replace(std::size_t position, std::size_t count, const char* text) {
    return replace(position, count, std::string_view(text));
  }
  Text& replace(std::size_t position, std::size_t count, const char* text, std::size_t text_count) {
    return replace(position, count, std::string_view(text, text_count));
  }
  Text& replace(std::size_t position, std::size_t count, std::size_t fill_count, char fill) {
    checked_position(position);
    return self().replace_fill(position, std::min(count, self().size() - position), fill_count,
                               fill);
  }
  template <string_view_like S>
  Text& replace(std::size_t position, std::size_t count, const S& text) {
    return replace(position, count, std::string_view(text));
  }
  template <string_view_like S>
  Text& replace(std::size_t position, std::size_t count, const S& text, std::size_t from,
                std::size_t text_count = std::string_view::npos) {
    return replace(position, count, checked_part(text, from, text_count));
  }
  template <char_position P, char_position Q>
  Text& replace(P first, Q last, std::string_view text) {
    return self().replace_bytes(index_of(first), static_cast<std::size_t>(last - first), text);
  }
  template <char_position P, char_position Q>
  Text& replace(P first, Q last, const char* text, std::size_t count) {
    return replace(first, last, std::string_view(text, count));
  }
  template <char_position P, char_position Q>
  Text& replace(P first, Q last, std::size_t count, char fill) {
    return self().replace_fill(index_of(first), static_cast<std::size_t>(last - first), count,
                               fill);
  }
  template <char_position P, char_position Q, char_iterator I>
  Text& replace(P first, Q last, I from, I to) {
    return replace(first, last, Text(from, to).view());
  }
  template <char_position P, char_position Q, char_position R>
  Text& replace(P first, Q last, const R& from, const R& to) {
    return replace(first, last, between(from, to));
  }
  template <char_position P, char_position Q>
  Text& replace(P first, Q last, std::initializer_list<char> list) {
    return replace(first, last, std::string_view(list.begin(), list.size()));
  }
  template <char_position P, char_position Q, class R>
  Text& replace_with_range(P first, Q last, R&& range) {
    return replace(first, last, made_of(range).view());
  }

 protected:
  std::size_t checked_position(std::size_t position) const {
    if (position > self().size()) {
      throw std::out_of_range("ipcarc::string: position past the end");
    }
    return position;
  }
  static std::string_view checked_part(std::string_view text, std::size_t position,
                                       std::size_t count) {
    if (position > text.size()) {
      throw std::out_of_range("ipcarc::string: position past the end");
    }
    return text.substr(position, count);
  }
  std::size_t index_of(const char* where) const noexcept {
    return static_cast<std::size_t>(where - self().data());
  }

  static std::string_view between(const char* first, const char* last) noexcept {
    return {first, static_cast<std::size_t>(last - first)};
  }
  template <class R>
  static Text made_of(R& range) {
    Text made;
    made.append_range(range);
    return made;
  }

  template <class I, class S>
  Text& insert_from(std::size_t position, I first, S last) {
    if constexpr (std::contiguous_iterator<I> && std::sized_sentinel_for<S, I> &&
                  std::same_as<std::iter_value_t<I>, char>) {
      const auto count = static_cast<std::size_t>(last - first);
      return self().replace_bytes(
          position, 0,
          count == 0 ? std::string_view() : std::string_view(std::to_address(first), count));
    } else {
      // By way of a value of its own: the iterators may read this very string.
      Text inserted;
      for (; first != last; ++first) {
        inserted.push_back(static_cast<char>(*first));
      }
      return self().replace_bytes(position, 0, inserted.view());
    }
  }

 private:
  Text& self() noexcept { return static_cast<Text&>(*this); }
  const Text& self() const noexcept { return static_cast<const Text&>(*this); }
};

}  // namespace ipcarc::detail
