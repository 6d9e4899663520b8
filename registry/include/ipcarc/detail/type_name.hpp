// Names of types: at compile time as the compiler spells them, at run time the same from every
// compiler.
//
// The compiler's own spelling (`__PRETTY_FUNCTION__`) differs between g++ and clang++, so it serves
// only for messages and for telling apart what has no name that two programs could agree on.
// Run-time names come from the mangled name, which the ABI fixes, through one demangler. Thread and
// process safety: pure functions of T; nothing is shared.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>

#include <ipcarc/detail/export.hpp>

#if !defined(__GXX_RTTI)
#error "ipcarc names types by their mangled names: compile with RTTI"
#endif

namespace ipcarc::detail {

template <class T>
constexpr std::string_view pretty_function() {
  return __PRETTY_FUNCTION__;
}

/// `T` as this compiler spells it.
template <class T>
constexpr std::string_view spelled_name() {
  constexpr std::string_view sample = pretty_function<int>();
  constexpr std::size_t before = sample.rfind("int");
  constexpr std::size_t after = sample.size() - before - 3;
  constexpr std::string_view whole = pretty_function<T>();
  return whole.substr(before, whole.size() - before - after);
}

template <class T, auto Member>
constexpr std::string_view pretty_member() {
  return __PRETTY_FUNCTION__;
}

/// True if a name says that it means something else in another translation unit.
constexpr bool names_something_private(std::string_view spelled) {
  for (std::string_view mark :
       {"{anonymous}", "(anonymous ", "<unnamed", "<lambda", "(lambda", "(unnamed ", ")::"}) {
    if (spelled.find(mark) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

/// True if `T` has no name that another program can mean: it is local, in an anonymous namespace,
/// or a lambda. clang prints a local type without its function, but a member function with it, so
/// its move assignment is asked for; a local type that has none (or a local enumeration) is found
/// at run time by `name_of`.
template <class T>
consteval bool has_private_name() {
#if defined(__clang__)
  if constexpr (requires { static_cast<T& (T::*)(T &&)>(&T::operator=); }) {
    if (names_something_private(pretty_member<T, static_cast<T& (T::*)(T &&)>(&T::operator=)>())) {
      return true;
    }
  }
#endif
  return names_something_private(spelled_name<T>());
}

/// The name of a type, spelled the same whichever compiler built the program: `app::Config`,
/// `std::vector<int>`. Aborts on a type that has no name another program can mean (see
/// `has_private_name`). Allocates.
IPCARC_EXPORT std::string name_of(const std::type_info& type);

}  // namespace ipcarc::detail
