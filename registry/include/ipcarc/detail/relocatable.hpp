// What may lie in a segment that every process maps elsewhere: types without addresses, virtual
// functions and duties of a destructor, all the way down.
//
// A type is looked at by itself (`obstacle_in`) and through its parts (`Parts`: members, elements,
// arguments). A type that contains itself can only do so through a container, so a part that is
// being looked at already is taken as sound. The sentence that says what is in the way is built
// only for a type that is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include <ipcarc/detail/known_template.hpp>
#include <ipcarc/detail/members.hpp>
#include <ipcarc/detail/std_templates.hpp>
#include <ipcarc/detail/type_name.hpp>

namespace ipcarc {

/// Specialise as true for a class that hides its members, holds no address of this process, and
/// whose destructor does nothing but give back memory of its own arena: `template <> inline
/// constexpr bool ipcarc::enable_relocatable<X> = true;`, before its first use.
template <class T>
inline constexpr bool enable_relocatable = false;

}  // namespace ipcarc

namespace ipcarc::detail {

enum class Obstacle : std::uint8_t {
  none,
  pointer,
  reference,
  incomplete,
  virtual_functions,
  a_union,
  lock_in_atomic,
  known_refused,
  hidden_members,
  base,
  bit_fields,
  too_many,
  not_counted,
  destructor,
};

template <class T>
inline constexpr bool is_opaque_constant = false;
template <class T, T Value>
inline constexpr bool is_opaque_constant<std::integral_constant<T, Value>> = true;
template <class T>
inline constexpr bool is_opaque_constant<NameOnly<T>> = true;

template <class T>
inline constexpr bool is_extended_integer = false;
#if defined(__SIZEOF_INT128__)
__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;
template <>
inline constexpr bool is_extended_integer<Int128> = true;
template <>
inline constexpr bool is_extended_integer<Uint128> = true;
#endif

template <class T>
inline constexpr bool is_scalar_value =
    std::is_arithmetic_v<T> || std::is_enum_v<T> || is_extended_integer<T>;

/// Sound whatever it is made of: scalars, what the user vouches for, and empty classes.
template <class T>
consteval bool is_leaf() {
  if constexpr (is_scalar_value<T> || enable_relocatable<T> || is_opaque_constant<T>) {
    return true;
  } else if constexpr (std::is_class_v<T> && requires { sizeof(T); }) {
    if constexpr (known_template<T>::value) {
      return false;
    } else {
      return std::is_empty_v<T> && std::is_trivially_copyable_v<T> &&
             std::is_trivially_destructible_v<T>;
    }
  } else {
    return false;
  }
}

template <class... M>
consteval bool all_trivially_destructible(type_list<M...>) {
  return (std::is_trivially_destructible_v<M> && ...);
}

template <class T>
consteval Obstacle obstacle_in_class() {
  if constexpr (std::is_polymorphic_v<T>) {
    return Obstacle::virtual_functions;
  } else if constexpr (described<T>) {
    return Obstacle::none;
  } else if constexpr (!std::is_aggregate_v<T>) {
    return Obstacle::hidden_members;
  } else if constexpr (has_base<T>()) {
    return Obstacle::base;
  } else if constexpr (member_count<T> == too_many_members) {
    return Obstacle::too_many;
  } else if constexpr (member_count<T> == uncountable) {
    return Obstacle::not_counted;
  } else {
    using Types = typename Members<T>::types;
    if constexpr (has_reference<Types>) {
      return Obstacle::none;  // found as the member's own
    } else if constexpr (!has_constant_addresses<T>) {
      return Obstacle::bit_fields;
    } else if constexpr (!std::is_trivially_destructible_v<T> &&
                         all_trivially_destructible(Types{})) {
      return Obstacle::destructor;
    } else {
      return Obstacle::none;
    }
  }
}

/// What is in the way in `T` itself, its parts left aside.
template <class T>
consteval Obstacle obstacle_in() {
  if constexpr (is_leaf<T>()) {
    return Obstacle::none;
  } else if constexpr (std::is_reference_v<T>) {
    return Obstacle::reference;
  } else if constexpr (std::is_pointer_v<T> || std::is_member_pointer_v<T> ||
                       std::is_null_pointer_v<T>) {
    return Obstacle::pointer;
  } else if constexpr (!requires { sizeof(T); }) {
    return Obstacle::incomplete;
  } else if constexpr (std::is_array_v<T>) {
    return Obstacle::none;
  } else if constexpr (known_template<T>::value) {
    if constexpr (known_template<T>::relocatable) {
      return Obstacle::none;
    } else if constexpr (known_template<T>::tag == "std::atomic") {
      return Obstacle::lock_in_atomic;
    } else {
      return Obstacle::known_refused;
    }
  } else if constexpr (std::is_union_v<T>) {
    return Obstacle::a_union;
  } else if constexpr (std::is_class_v<T>) {
    if constexpr (spelled_name<T>().starts_with("std::complex<")) {
      return Obstacle::none;
    } else {
      return obstacle_in_class<T>();
    }
  } else {
    return Obstacle::incomplete;
  }
}

/// The types that `T` is made of, if it has no obstacle itself.
template <class T>
struct Parts {
  static consteval auto find() {
    if constexpr (is_leaf<T>()) {
      return type_list<>{};
    } else if constexpr (std::is_array_v<T>) {
      return type_list<std::remove_extent_t<T>>{};
    } else if constexpr (known_template<T>::value) {
      return typename known_template<T>::arguments{};
    } else if constexpr (spelled_name<T>().starts_with("std::complex<")) {
      return type_list<>{};
    } else {
      return typename Members<T>::types{};
    }
  }
  using types = decltype(find());
};

template <class T, class... Seen>
consteval bool is_relocatable() {
  if constexpr ((std::is_same_v<T, Seen> || ...)) {
    return true;
  } else if constexpr (obstacle_in<T>() != Obstacle::none) {
    return false;
  } else if constexpr (std::is_class_v<T>) {
    return []<class... P>(type_list<P...>) {
      return (is_relocatable<std::remove_cv_t<P>, T, Seen...>() && ...);
    }(typename Parts<T>::types{});
  } else {
    return []<class... P>(type_list<P...>) {
      return (is_relocatable<std::remove_cv_t<P>, Seen...>() && ...);
    }(typename Parts<T>::types{});
  }
}

}  // namespace ipcarc::detail
