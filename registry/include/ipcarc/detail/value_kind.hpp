// How the values of a type are shared, as far as the type decides it.
//
// Two programs that lay out a type alike and share it in different ways would read each other's
// payloads wrongly (one copy, two slots, or a region with an arena), so this is part of the
// fingerprint: that of the object's type, not of what it is made of, which lies the same in any.
#pragma once

#include <cstdint>
#include <type_traits>

#include <ipcarc/sync.hpp>

namespace ipcarc::detail {

/// The numbers are hashed.
enum class ValueKind : std::uint8_t {
  trivial = 0,  // trivially copyable: by its bytes
  arena = 1,    // with an arena of its own to allocate from; what is encoded, too
  sync = 2,     // in place, trivially copyable or not
};

/// Of a type that has no size, which no object is of: `arena`.
template <class T>
consteval ValueKind value_kind() {
  if constexpr (is_sync<T>) {
    return ValueKind::sync;
  } else if constexpr (requires { sizeof(T); }) {
    return std::is_trivially_copyable_v<T> ? ValueKind::trivial : ValueKind::arena;
  } else {
    return ValueKind::arena;
  }
}

/// Whether a `T` in a segment has an arena of its own to allocate from.
template <class T>
inline constexpr bool needs_arena = value_kind<T>() == ValueKind::arena;

}  // namespace ipcarc::detail
