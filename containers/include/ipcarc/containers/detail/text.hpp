// What ipcarc::string shares with std::string_view: searching and comparing; and what it takes for
// a string.
//
// Private to ipcarc::string.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <ranges>
#include <string_view>
#include <type_traits>

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
concept char_iterator = std::input_iterator<I> && requires(I at) {
  static_cast<char>(*at);
} && !string_like<I>;

/// A position given as an iterator; a template, so that a literal 0 stays an index.
template <class P>
concept char_position = std::same_as<P, char*> || std::same_as<P, const char*>;

/// A range of characters that is not a string.
template <class R>
concept char_range = std::ranges::input_range<R> && std::same_as < std::ranges::range_value_t<R>,
char > &&!string_like<std::remove_cvref_t<R>> && !std::same_as<std::remove_cvref_t<R>, string>;

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

/// The queries of a string, each exactly std::string_view's. `Text` gives view().
template <class Text>
class text_queries {
 public:
  [[nodiscard]] std::size_t find(std::string_view text, std::size_t position = 0) const noexcept {
    return view().find(text, position);
  }
  [[nodiscard]] std::size_t find(const char* text, std::size_t position,
                                 std::size_t count) const noexcept {
    return view().find(text, position, count);
  }
  [[nodiscard]] std::size_t find(char character, std::size_t position = 0) const noexcept {
    return view().find(character, position);
  }
  [[nodiscard]] std::size_t rfind(std::string_view text,
                                  std::size_t position = std::string_view::npos) const noexcept {
    return view().rfind(text, position);
  }
  [[nodiscard]] std::size_t rfind(const char* text, std::size_t position,
                                  std::size_t count) const noexcept {
    return view().rfind(text, position, count);
  }
  [[nodiscard]] std::size_t rfind(char character,
                                  std::size_t position = std::string_view::npos) const noexcept {
    return view().rfind(character, position);
  }
  [[nodiscard]] std::size_t find_first_of(std::string_view set,
                                          std::size_t position = 0) const noexcept {
    return view().find_first_of(set, position);
  }
  [[nodiscard]] std::size_t find_first_of(const char* set, std::size_t position,
                                          std::size_t count) const noexcept {
    return view().find_first_of(set, position, count);
  }
  [[nodiscard]] std::size_t find_first_of(char character, std::size_t position = 0) const noexcept {
    return view().find_first_of(character, position);
  }
  [[nodiscard]] std::size_t find_last_of(
      std::string_view set, std::size_t position = std::string_view::npos) const noexcept {
    return view().find_last_of(set, position);
  }
  [[nodiscard]] std::size_t find_last_of(const char* set, std::size_t position,
                                         std::size_t count) const noexcept {
    return view().find_last_of(set, position, count);
  }
  [[nodiscard]] std::size_t find_last_of(
      char character, std::size_t position = std::string_view::npos) const noexcept {
    return view().find_last_of(character, position);
  }
  [[nodiscard]] std::size_t find_first_not_of(std::string_view set,
                                              std::size_t position = 0) const noexcept {
    return view().find_first_not_of(set, position);
  }
  [[nodiscard]] std::size_t find_first_not_of(const char* set, std::size_t position,
                                              std::size_t count) const noexcept {
    return view().find_first_not_of(set, position, count);
  }
  [[nodiscard]] std::size_t find_first_not_of(char character,
                                              std::size_t position = 0) const noexcept {
    return view().find_first_not_of(character, position);
  }
  [[nodiscard]] std::size_t find_last_not_of(
      std::string_view set, std::size_t position = std::string_view::npos) const noexcept {
    return view().find_last_not_of(set, position);
  }
  [[nodiscard]] std::size_t find_last_not_of(const char* set, std::size_t position,
                                             std::size_t count) const noexcept {
    return view().find_last_not_of(set, position, count);
  }
  [[nodiscard]] std::size_t find_last_not_of(
      char character, std::size_t position = std::string_view::npos) const noexcept {
    return view().find_last_not_of(character, position);
  }
  [[nodiscard]] bool contains(std::string_view text) const noexcept {
    return find(text) != std::string_view::npos;
  }
  [[nodiscard]] bool contains(char character) const noexcept {
    return find(character) != std::string_view::npos;
  }
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
  [[nodiscard]] int compare(std::size_t position, std::size_t count, std::string_view text) const {
    return view().compare(position, count, text);
  }
  [[nodiscard]] int compare(std::size_t position, std::size_t count, std::string_view text,
                            std::size_t from,
                            std::size_t text_count = std::string_view::npos) const {
    return view().compare(position, count, text, from, text_count);
  }
  [[nodiscard]] int compare(std::size_t position, std::size_t count, const char* text,
                            std::size_t text_count) const {
    return view().compare(position, count, text, text_count);
  }

 private:
  std::string_view view() const noexcept { return static_cast<const Text&>(*this).view(); }
};

}  // namespace detail
}  // namespace ipcarc
