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
// 1. A place's fields change only while heap_bytes is 0, and sequence grows whenever it becomes 0. So
//    fields read between two readings of the same sequence, heap_bytes before the others, belong
//    together.
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

/// One place in the table.
struct IPCARC_EXPORT MappedSegment {
  // What arena_of() reads.
  alignas(64) std::atomic<std::uint64_t> sequence;  // 0: never used
  std::atomic<std::uint64_t> heap_bytes;            // 0: nobody's
  std::atomic<std::uintptr_t> heap;                 // the first page
  std::atomic<const std::byte*> descriptors;        // of the pages
  std::atomic<std::byte*> base;                     // the segment
  std::atomic<std::uint64_t> bytes;
  std::atomic<std::uint32_t> page_shift;
  std::uint32_t reserved;
  // The rest.
  alignas(64) std::atomic<void*> context;
  std::atomic<const ArenaOps*> ops;
  std::atomic<std::uint32_t> taken;
};
static_assert(sizeof(MappedSegment) == 128);

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
