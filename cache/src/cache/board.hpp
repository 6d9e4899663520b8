// What is known of a cache without a lock: its settings, its counts. One sync object, bound to the cache's name.
//
// The settings and the counts of changes are written under the queues' guard, by relaxed stores: each is right by itself, and nothing else depends
// on it. Readers count hits and misses in lines of their own, so that two processes that read seldom write the same one. Killed
// between a change and its count: the count stays as it is.
#pragma once

#include <atomic>
#include <cstdint>

#include "ipcarc/cache/options.hpp"
#include "ipcarc/types.hpp"

namespace ipcarc::detail {

inline constexpr std::uint32_t cache_count_lines = 32;

/// Lies in the segment.
struct alignas(64) CacheCountLine {
  std::atomic<std::uint64_t> hits;
  std::atomic<std::uint64_t> misses;
};

/// Lies in the segment.
struct alignas(64) CacheBoard {
  std::atomic<std::uint64_t> fingerprint;  // of the values' type
  std::atomic<std::uint64_t> budget_bytes;
  std::atomic<std::int64_t> time_to_live_ns;
  std::atomic<std::uint64_t> bytes;
  std::atomic<std::uint64_t> objects;
  std::atomic<std::uint64_t> insertions;
  std::atomic<std::uint64_t> evictions;
  std::atomic<std::uint64_t> expirations;
  CacheCountLine lines[cache_count_lines];
};
static_assert(sizeof(CacheBoard) == 64 + 64 * cache_count_lines);

}  // namespace ipcarc::detail

template <>
inline constexpr bool ipcarc::is_sync<ipcarc::detail::CacheBoard> = true;
