// JSON as it is written: numbers that lose nothing, texts that are UTF-8 whatever the bytes were.
//
// Commas are the writer's business: it knows when an item begins. Thread and process safety: an
// ordinary value.
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace ipcarc::detail {

class JsonText {
 public:
  std::size_t size() const noexcept { return text_.size(); }
  /// Takes back what was written since size() was this.
  void cut(std::size_t size) { text_.resize(size); }
  std::string take() { return std::move(text_); }

  void raw(std::string_view text) { text_ += text; }
  void raw(char character) { text_ += character; }

  void number(std::integral auto value) {
    char digits[24];
    text_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
  /// The shortest decimal that gives the number back; what JSON has no number for, as a string.
  void number(std::floating_point auto value) {
    if (std::isnan(value)) {
      text_ += "\"NaN\"";
    } else if (std::isinf(value)) {
      text_ += value < 0 ? "\"-Infinity\"" : "\"Infinity\"";
    } else {
      char digits[64];
      const char* end = std::to_chars(digits, digits + sizeof digits, value).ptr;
      const std::string_view written(digits, static_cast<std::size_t>(end - digits));
      text_ += written;
      if (written.find_first_of(".e") == std::string_view::npos) {
        text_ += ".0";
      }
    }
  }
  /// A string; bytes that are not UTF-8 become U+FFFD.
  void string(std::string_view value);

 private:
  std::string text_;
};

/// Appends a code point to UTF-8 text; U+FFFD for what is none.
void append_utf8(std::string& text, std::uint32_t code_point);

}  // namespace ipcarc::detail
