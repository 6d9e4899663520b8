// What the core is told of a `T`.
#pragma once

#include <type_traits>

#include "ipcarc/detail/arena_layout.hpp"
#include "ipcarc/detail/core_calls.hpp"
#include "ipcarc/detail/made_once.hpp"
#include "ipcarc/detail/slot_copy.hpp"
#include "ipcarc/types.hpp"

namespace ipcarc::detail {

/// The largest trivially copyable value that has two slots, and so a load() without a lock, in bytes.
inline constexpr std::size_t max_slot_bytes = 4096;

template <class T>
constexpr PayloadKind payload_kind(bool frozen) {
  if (is_sync<T>) {
    return PayloadKind::plain;
  }
  if (!std::is_trivially_copyable_v<T>) {
    return PayloadKind::arena;
  }
  if (frozen) {
    return PayloadKind::plain;
  }
  // A larger one is updated as what has an arena: by a new region.
  return sizeof(T) <= max_slot_bytes ? PayloadKind::two_slots : PayloadKind::arena;
}

template <class T>
inline constexpr AccessShape access_shape{
    payload_kind<std::remove_const_t<T>>(std::is_const_v<T>),
    payload_offset(payload_kind<std::remove_const_t<T>>(std::is_const_v<T>) == PayloadKind::arena,
                   alignof(T)),
    slot_stride(sizeof(T))};

/// `T` as given to the handles: const for a frozen object.
template <class T>
const TypeKey& type_key() {
  using Value = std::remove_const_t<T>;
  require_relocatable<Value>();
  static_assert(alignof(Value) <= 4096,
                "ipcarc: a shared type can be aligned to at most 4096 bytes");
  constexpr AccessShape shape = access_shape<T>;
  static constinit TypeKey key{
      {0},
      sizeof(Value),
      shape,
      shape.kind == PayloadKind::two_slots ? 2 * shape.stride : sizeof(Value),
      alignof(Value),
      std::is_const_v<T>,
      [] { return layout_of<Value>(); }};
  number_made_once(key.fingerprint_or_0, [] { return fingerprint<Value>(); });
  return key;
}

}  // namespace ipcarc::detail
