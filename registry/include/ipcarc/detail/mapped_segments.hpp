// The segments that this process has mapped, so that an address tells its segment.
//
// One table per process, not per copy of the library: a host and the plugins it loads may each have one, linked statically. The
// places are those of the copy that came first; each copy has the bounds and the way to them for itself, so that asking costs no
// more. How the copies find each other, whatever their symbols' visibility: src/heap/library_copies.hpp.
//
// Thread safety: readers and writers take no lock. A reader may ask about memory of a segment that
// is registered for as long as it asks, or of none.
//
// Invariants
// 1. A place's fields change only while heap_bytes is 0, and sequence grows whenever it becomes 0. So
//    fields read between two readings of the same sequence, heap_bytes before the others, belong
//    together.
// 2. [lowest, highest) of every copy contains every segment that is registered; it only grows.
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

/// Some places of the table. What all copies share, like the places, must be laid out alike by all: a change of it needs
/// another `copies_version`.
struct IPCARC_EXPORT MappedGroup {
  static constexpr std::uint32_t places_per_group = 16;

  MappedSegment places[places_per_group];
  std::atomic<MappedGroup*> next;
};

/// What one copy of the library knows of the table.
struct IPCARC_EXPORT MappedSegments {
  std::atomic<std::uintptr_t> lowest{~std::uintptr_t{0}};
  std::atomic<std::uintptr_t> highest{0};
  std::atomic<MappedGroup*> first{nullptr};  // null: this copy has not met the others yet
};

IPCARC_EXPORT extern constinit MappedSegments mapped_segments;

}  // namespace ipcarc::detail
