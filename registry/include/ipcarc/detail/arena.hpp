// The arena: one object version's private allocator, inside the segment.
//
// An arena serves the strings, vectors and maps of one object. It hands out 16-byte aligned (or more) pieces from chunks:
// blocks of the segment's heap, chained, each of whose headers leads to the arena. Single-threaded: only the
// object's builder, or who holds its guard, can be inside; so no atomic is needed, and a torn arena is confined to
// an object that is poisoned.
#pragma once

#include <cstddef>

namespace ipcarc::detail {

struct Arena;

/// The arena whose memory `address` lies in; null if it lies outside every mapped segment, which means this process's
/// own heap. Two compares in the common case. Aborts if the address lies in a segment but in no arena: memory that is
/// not an object's, or an object that was declared trivially copyable or sync and so has none.
Arena* arena_of(const void* address) noexcept;

/// `bytes` (> 0) of memory aligned to `alignment` (a power of two, at most 4096), from `arena`, or from operator new if
/// `arena` is null. Throws `Error{out_of_memory}` (arena) or std::bad_alloc (process heap).
void* arena_allocate(Arena* arena, std::size_t bytes, std::size_t alignment);

/// Gives back what `arena_allocate` returned, with the same arena, size and alignment.
void arena_deallocate(Arena* arena, void* memory, std::size_t bytes,
                      std::size_t alignment) noexcept;

}  // namespace ipcarc::detail

// The containers' own tests put a double in the place of these three, at link time.
#ifndef IPCARC_ARENA_DOUBLE
#include "ipcarc/detail/arena_paths.hpp"
#endif
