// How a value is constructed where it will live.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace ipcarc::detail {

template <class T, class... A>
inline constexpr bool is_one_value = false;
template <class T, class A>
inline constexpr bool is_one_value<T, A> = std::same_as<std::remove_cvref_t<A>, T>;

/// A call without arguments that gives a `T`, and cannot itself become one.
template <class T, class... A>
inline constexpr bool is_factory = false;
template <class T, class A>
requires std::invocable<A> &&
    (!std::constructible_from<T, A>)inline constexpr bool is_factory<T, A> =
        std::same_as<std::invoke_result_t<A>, T>;

/// A `T` at `where`, from one `T` (copied or moved), from a factory (in place, without a copy), from an aggregate's members, or from
/// a constructor's arguments. Containers find their arena by their address. Passes on what the construction throws.
template <class T, class... A>
T* construct(void* where, A&&... args) {
  if constexpr (is_one_value<T, A...>) {
    return ::new (where) T(std::forward<A>(args)...);
  } else if constexpr (is_factory<T, A...>) {
    return ::new (where) T(std::invoke(std::forward<A>(args)...));
  } else if constexpr (std::is_aggregate_v<T>) {
    // The members that no argument is given for have their own initialisers.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
    return ::new (where) T{std::forward<A>(args)...};
#pragma GCC diagnostic pop
  } else {
    return ::new (where) T(std::forward<A>(args)...);
  }
}

}  // namespace ipcarc::detail
