// What the cache keeps of a value beside it: a head of 32 bytes right before the payload, in the same region.
//
//   region   ChunkHeader and Arena, if it has one | padding | CacheItemHead | payload ...
//
// So the entry is of the value's own type, and is what a lookup finds anyway. The head's first two members are written before the entry
// is linked and never again; the others are atomics. The queues' own numbers in it are hints: who uses them compares.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "ipcarc/detail/type_key.hpp"

namespace ipcarc::detail {

/// Lies in the segment.
struct CacheItemHead {
  /// Of the entry's index and generation: bytes that an older object left in the same place do not pass for a head.
  std::uint64_t stamp;
  std::int64_t expires_ns;  // on the steady clock; 0: never
  std::atomic<std::uint64_t>
      sequence;  // grows with each arrival in a queue: the order, for who rebuilds it
  std::atomic<std::uint32_t> node;      // in the queues
  std::atomic<std::uint8_t> frequency;  // hits since it arrived, up to max_frequency
  std::atomic<std::uint8_t> queue;      // which one
  std::uint16_t reserved;

  static constexpr std::uint8_t max_frequency = 3;

  static constexpr std::uint64_t stamp_of(std::uint32_t index, std::uint64_t generation) noexcept {
    return ((generation << State::generation_shift) ^ index) + 0x6361636865697465ULL;
  }

  /// A reader's trace: at most three stores in the value's life in a queue, then only a load.
  void touch() noexcept {
    // relaxed: a hint for the hand, which no other word depends on; of two readers at once one may go uncounted.
    const std::uint8_t hits = frequency.load(std::memory_order_relaxed);
    if (hits < max_frequency) {
      frequency.store(static_cast<std::uint8_t>(hits + 1), std::memory_order_relaxed);
    }
  }
  bool is_expired(std::int64_t now_ns) const noexcept {
    return expires_ns != 0 && now_ns >= expires_ns;
  }
};
static_assert(sizeof(CacheItemHead) == 32 && alignof(CacheItemHead) == 8);

/// Bytes from a region's start to a payload with a head.
constexpr std::uint32_t cache_item_offset(bool with_arena, std::size_t alignment) noexcept {
  const std::size_t head = payload_offset(with_arena, piece_step) + sizeof(CacheItemHead);
  const std::size_t step = std::max<std::size_t>(alignment, piece_step);
  return static_cast<std::uint32_t>((head + step - 1) / step * step);
}

/// As type_key<const Value>(), for objects with a head.
template <class Value>
const TypeKey& cache_item_key() {
  const TypeKey& bare = type_key<const Value>();
  static const TypeKey key{
      {bare.fingerprint()},
      bare.size,
      {bare.shape.kind, cache_item_offset(bare.shape.kind == PayloadKind::arena, bare.alignment),
       bare.shape.stride},
      bare.footprint,
      bare.alignment,
      true,
      bare.layout};
  return key;
}

}  // namespace ipcarc::detail
