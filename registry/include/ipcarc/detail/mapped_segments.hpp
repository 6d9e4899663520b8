// The segments that this process has mapped, so that an address tells its segment.
//
// One table per process, not per copy of the library: it has default visibility, so that copies
// which are linked statically into plugins share it (g++ makes it a unique symbol). Its name says
// the version of its layout.
//
// Thread safety: readers and writers take no lock. A reader may ask about memory of a segment that
// is registered for as long as it asks, or of none.
//
// Invariants
// 1. A place's fields belong together when its sequence is even and the same before and after they
//    were read.
// 2. [lowest, highest) contains every segment that is registered; it only grows.
// 3. Places are never freed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "ipcarc/detail/export.hpp"

namespace ipcarc::detail {

struct Arena;

/// What an arena needs of the heap its chunks come from: functions of the copy of the library that
/// mapped the segment.
struct IPCARC_EXPORT ArenaOps {
  void* (*allocate)(void* heap, Arena* arena, std::size_t bytes, std::size_t alignment);
  void (*deallocate)(void* heap, Arena* arena, void* memory, std::size_t bytes,
                     std::size_t alignment) noexcept;
};

/// One place in the table. All fields are relaxed: the sequence orders them.
struct IPCARC_EXPORT MappedSegment {
  alignas(64) std::atomic<std::uint64_t> sequence;  // odd: being written
  std::atomic<std::uintptr_t> base;
  std::atomic<std::uint64_t> bytes;       // 0: nobody's
  std::atomic<std::uint64_t> page_table;  // offsets from base
  std::atomic<std::uint64_t> heap;
  std::atomic<std::uint32_t> page_count;
  std::atomic<std::uint32_t> page_shift;
  std::atomic<void*> context;
  std::atomic<const ArenaOps*> ops;
  std::atomic<std::uint32_t> taken;
};

struct IPCARC_EXPORT MappedSegments {
  static constexpr std::uint32_t places_per_group = 16;

  struct IPCARC_EXPORT Group {
    MappedSegment places[places_per_group];
    std::atomic<Group*> next;
  };

  std::atomic<std::uintptr_t> lowest{~std::uintptr_t{0}};
  std::atomic<std::uintptr_t> highest{0};
  Group first{};
};

IPCARC_EXPORT inline constinit MappedSegments mapped_segments_v1{};

}  // namespace ipcarc::detail
