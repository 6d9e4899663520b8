// Free functions of ipcarc::string: concatenation, erasure, and a hash for any kind of string.
//
// Part of <ipcarc/containers/string.hpp>, which includes it at its end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>

#include <ipcarc/containers/string.hpp>

namespace ipcarc {

namespace detail {

inline string joined(std::string_view left, std::string_view right) {
  string result;
  result.reserve(left.size() + right.size());
  result.append(left);
  result.append(right);
  return result;
}

}  // namespace detail

inline string operator+(const string& left, const string& right) {
  return detail::joined(left, right);
}
inline string operator+(string&& left, const string& right) {
  return string(std::move(left += right));
}
inline string operator+(const string& left, char right) {
  return detail::joined(left, {&right, 1});
}
inline string operator+(string&& left, char right) {
  return string(std::move(left += right));
}
inline string operator+(char left, const string& right) {
  return detail::joined({&left, 1}, right);
}
template <detail::string_like S>
string operator+(const string& left, const S& right) {
  return detail::joined(left, right);
}
template <detail::string_like S>
string operator+(string&& left, const S& right) {
  return string(std::move(left.append(std::string_view(right))));
}
template <detail::string_like S>
string operator+(const S& left, const string& right) {
  return detail::joined(left, right);
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

}  // namespace ipcarc
