// What the core is told of a `T`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "ipcarc/detail/arena_layout.hpp"
#include "ipcarc/detail/carrier.hpp"
#include "ipcarc/detail/construct.hpp"
#include "ipcarc/detail/core_calls.hpp"
#include "ipcarc/detail/made_once.hpp"
#include "ipcarc/detail/slot_copy.hpp"
#include "ipcarc/types.hpp"

namespace ipcarc::detail {

/// The largest trivially copyable value that has two slots, and so a load() without a lock, in bytes.
inline constexpr std::size_t max_slot_bytes = 4096;

template <class T>
constexpr PayloadKind payload_kind(bool frozen) {
  constexpr ValueKind kind = value_kind<T>();
  if (kind == ValueKind::arena) {
    return PayloadKind::arena;
  }
  if (kind == ValueKind::sync || frozen) {
    return PayloadKind::plain;
  }
  // A larger one is updated as what has an arena: by a new region.
  return sizeof(T) <= max_slot_bytes ? PayloadKind::two_slots : PayloadKind::arena;
}

/// What is encoded lies behind a head of so many bytes, in words of 8.
inline constexpr std::uint64_t encoded_head_bytes = 40;
inline constexpr AccessShape encoded_shape{
    PayloadKind::arena, payload_offset(true, alignof(std::uint64_t)), encoded_head_bytes};

template <class T>
constexpr AccessShape find_shape() {
  using Value = std::remove_const_t<T>;
  if constexpr (is_encoded<Value>) {
    return encoded_shape;
  } else {
    constexpr PayloadKind kind = payload_kind<Value>(std::is_const_v<T>);
    constexpr std::size_t stride = slot_stride(sizeof(T));
    constexpr std::size_t bytes = kind == PayloadKind::two_slots ? 2 * stride : sizeof(T);
    constexpr bool small =
        kind != PayloadKind::arena && bytes <= in_entry_bytes && alignof(T) <= in_entry_bytes;
    return {kind, small ? in_entry : payload_offset(kind == PayloadKind::arena, alignof(T)),
            stride};
  }
}

template <class T>
inline constexpr AccessShape access_shape = find_shape<T>();

/// Constructs a `T` at `payload` from `args` (see construct()), in the way that it goes.
template <class T, class... A>
void emplace_value(std::byte* payload, A&&... args) {
  if constexpr (is_encoded<T>) {
    Carrier<T>::construct(payload, std::forward<A>(args)...);
  } else {
    construct<T>(payload, std::forward<A>(args)...);
  }
}

/// `T` as given to the handles: const for a frozen object.
template <class T>
const TypeKey& type_key() {
  using Value = std::remove_const_t<T>;
  require_shareable<Value>();
  if constexpr (is_encoded<Value>) {
    return Carrier<Value>::template key<std::is_const_v<T>>();
  } else {
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
}

}  // namespace ipcarc::detail
