// The templates of the standard library that may lie in a segment: they hold their contents in
// place, no address among them.
#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <ipcarc/detail/known_template.hpp>

namespace ipcarc::detail {

struct InPlaceTemplate {
  static constexpr bool value = true;
  static constexpr bool allocates = false;
  static constexpr bool relocatable = true;
};

/// A type that is part of another's identity and is never stored, such as a clock.
template <class T>
struct NameOnly {};

template <class T, std::size_t N>
struct known_template<std::array<T, N>> : InPlaceTemplate {
  static constexpr std::string_view tag = "std::array";
  using arguments = type_list<T, std::integral_constant<std::size_t, N>>;
};

template <class A, class B>
struct known_template<std::pair<A, B>> : InPlaceTemplate {
  static constexpr std::string_view tag = "std::pair";
  using arguments = type_list<A, B>;
};

template <class... T>
struct known_template<std::tuple<T...>> : InPlaceTemplate {
  static constexpr std::string_view tag = "std::tuple";
  using arguments = type_list<T...>;
};

template <class T>
struct known_template<std::optional<T>> : InPlaceTemplate {
  static constexpr std::string_view tag = "std::optional";
  using arguments = type_list<T>;
};

template <class... T>
struct known_template<std::variant<T...>> : InPlaceTemplate {
  static constexpr std::string_view tag = "std::variant";
  using arguments = type_list<T...>;
};

template <std::size_t N>
struct known_template<std::bitset<N>> : InPlaceTemplate {
  static constexpr std::string_view tag = "std::bitset";
  using arguments = type_list<std::integral_constant<std::size_t, N>>;
};

template <class Rep, class Period>
struct known_template<std::chrono::duration<Rep, Period>> : InPlaceTemplate {
  static constexpr std::string_view tag = "std::chrono::duration";
  using arguments = type_list<Rep, std::integral_constant<std::intmax_t, Period::num>,
                              std::integral_constant<std::intmax_t, Period::den>>;
};

template <class Clock, class Duration>
struct known_template<std::chrono::time_point<Clock, Duration>> : InPlaceTemplate {
  static constexpr std::string_view tag = "std::chrono::time_point";
  using arguments = type_list<Duration, NameOnly<Clock>>;
};

template <class T>
struct known_template<std::atomic<T>> : InPlaceTemplate {
  static constexpr std::string_view tag = "std::atomic";
  using arguments = type_list<T>;
  // A lock beside the value would be this process's own.
  static constexpr bool relocatable = std::atomic<T>::is_always_lock_free;
};

}  // namespace ipcarc::detail
