// A region: one object version's memory. With an arena it is a chain of chunks, each a block of the heap tagged with
// the entry; the first holds the arena and the payload. Without one it is a single block that starts with the payload.
//
//   first chunk   ChunkHeader | Arena | padding | payload ...
//   other chunks  ChunkHeader | what the arena hands out
//
// `root` is the offset of the first block. New chunks are linked in behind the first, by one store.
#pragma once

#include <atomic>
#include <cstdint>

#include "heap/heap.hpp"
#include "ipcarc/detail/arena_layout.hpp"

namespace ipcarc::detail {

/// A new region of `owner` with room for `payload_bytes` at `payload_offset`, aligned to `alignment`; header and
/// arena initialised, if it has them. Returns its root; throws out_of_memory.
std::uint64_t create_region(Heap& heap, std::uint32_t owner, std::uint32_t payload_offset,
                            std::uint64_t payload_bytes, std::uint32_t alignment, bool with_arena);

/// Whether `bytes` at `offset`, any numbers, lie in the heap of the segment that is `end` long.
constexpr bool lies_in_heap(std::uint64_t heap, std::uint64_t end, std::uint64_t offset,
                            std::uint64_t bytes) noexcept {
  return offset - heap <= end - heap && bytes <= end - offset;
}

/// Whether a region of `owner` with an arena can start at `root`, which lies_in_heap() with its
/// arena: what is asked before the arena is believed. Two words of its first chunk are read.
inline bool is_root_of(const std::byte* base, std::uint32_t owner, std::uint64_t root) noexcept {
  // relaxed: written before the root was stored.
  return root % alignof(Arena) == 0 &&
         reinterpret_cast<const ChunkHeader*>(base + root)->arena.load(std::memory_order_relaxed) ==
             root + sizeof(ChunkHeader) &&
         reinterpret_cast<const Arena*>(base + root + sizeof(ChunkHeader))->owner == owner;
}

/// Frees the region that `root` leads to, first chunk first: root = chunk.next, then the tag. At
/// the end root is 0. Killed inside: root leads to what is left; a block popped and still tagged is
/// found by its tag. Throws corrupt_segment at what is no block of `owner`.
void free_region(Heap& heap, std::atomic<std::uint64_t>& root, std::uint32_t owner,
                 bool with_arena);

/// The bytes of the blocks that `root` leads to, as heap_bytes_used counts them. For who holds the entry, of a region that nobody
/// changes. Throws corrupt_segment at what is no block of `owner`.
std::uint64_t region_bytes(const Heap& heap, std::uint64_t root, std::uint32_t owner,
                           bool with_arena);

/// Frees the blocks tagged `owner` that lie on none of the chains of `roots`, of regions with arenas. For who holds the
/// entry's mutex after a holder's death. Chains are range-checked and bounded; on a broken chain
/// frees nothing and returns false.
bool scrub_regions(Heap& heap, std::uint32_t owner, const std::atomic<std::uint64_t> (&roots)[2],
                   std::uint64_t& freed_blocks);

}  // namespace ipcarc::detail
