// The heap's part in the arenas of its segment: the process's table of mapped segments, and the
// slow paths, which take chunks from the heap, give pieces that are chunks of their own, and make
// free lists when they pay.
//
// Thread safety: the table: any. An arena: one thread at a time. What is read of chunk links is
// compared with the heap before it is followed, since those of an object recovered after a death
// may be stale.
#pragma once

#include <cstdint>

#include "ipcarc/detail/arena_layout.hpp"
#include "ipcarc/detail/mapped_segments.hpp"

namespace ipcarc::detail {

class Heap;

/// Enters the heap's segment in the process's table; the place it got. No lock; may throw
/// std::bad_alloc.
MappedSegment& register_mapped(Heap& heap);
/// Takes it out again. Nobody asks about its memory from now on.
void unregister_mapped(MappedSegment& place) noexcept;

/// What register_mapped() enters: called when the fast paths have no answer.
extern const ArenaOps arena_ops;

/// Makes the arena of a region behind its first chunk's header. Pieces come from [room, room_end),
/// bytes from the arena.
void init_arena(Arena& arena, std::uint32_t owner, std::int64_t room,
                std::int64_t room_end) noexcept;

}  // namespace ipcarc::detail
