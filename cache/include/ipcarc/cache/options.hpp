// What a cache is made with, and what it tells about itself. Ordinary values.
#pragma once

#include <chrono>
#include <cstdint>

namespace ipcarc {

/// How `Cache` makes a cache that is not there yet. Who opens an existing one gets it as it was made.
struct CacheOptions {
  /// How many bytes of the registry's heap the values may have: the blocks of their regions, strings and elements included. 0: half of
  /// what the heap can hold.
  std::uint64_t budget_bytes = 0;
  /// After how long a value counts as absent, where `put_for` does not say. 0: never.
  std::chrono::nanoseconds time_to_live{0};
};

/// Counts of a cache since it was made, by all processes; not of one moment.
struct CacheStats {
  std::uint64_t hits = 0;          ///< values found
  std::uint64_t misses = 0;        ///< not found, or found expired
  std::uint64_t insertions = 0;    ///< values bound to a key, also over an older one
  std::uint64_t evictions = 0;     ///< values unbound for want of room
  std::uint64_t expirations = 0;   ///< values unbound because their time had passed
  std::uint64_t objects = 0;       ///< values bound now
  std::uint64_t bytes = 0;         ///< heap bytes of these
  std::uint64_t budget_bytes = 0;  ///< what `bytes` does not exceed

  /// Hits among all that was asked for; 0 if nothing was.
  double hit_ratio() const noexcept {
    const std::uint64_t asked = hits + misses;
    return asked == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(asked);
  }
};

}  // namespace ipcarc
