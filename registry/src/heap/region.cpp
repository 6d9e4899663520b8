#include "heap/region.hpp"

#include <algorithm>
#include <bit>
#include <vector>

#include "heap/arena_ops.hpp"

namespace ipcarc::detail {
namespace {

constexpr std::uint64_t heap_alignment = 64;

ChunkHeader& chunk_at(const Heap& heap, std::uint64_t offset) noexcept {
  return *heap.segment().at<ChunkHeader>(offset);
}

/// The block behind one of a region; 0: none. acquire: pairs with the release of who linked the chunk.
std::uint64_t next_of(const Heap& heap, std::uint64_t offset, bool with_arena) noexcept {
  return with_arena ? chunk_at(heap, offset).next.load(std::memory_order_acquire) : 0;
}

/// The offsets of the blocks that `root` leads to, appended. False if something on the way is not a
/// block of `owner`, or there twice.
bool collect(const Heap& heap, std::uint32_t owner, std::uint64_t root, bool with_arena,
             std::vector<std::uint64_t>& chunks) {
  // The walk of a cycle meets the chunk that it passed at the last power of two again.
  std::uint64_t steps = 0;
  std::uint64_t marked = 0;
  std::uint64_t mark_at = 1;
  for (std::uint64_t at = root; at != 0;) {
    std::uint64_t start = 0;
    if (heap.owner_of(at, &start) != owner || start != at || at == marked) {
      return false;
    }
    chunks.push_back(at);
    if (++steps == mark_at) {
      marked = at;
      mark_at *= 2;
    }
    at = next_of(heap, at, with_arena);
  }
  return true;
}

}  // namespace

std::uint64_t create_region(Heap& heap, std::uint32_t owner, std::uint32_t payload_offset,
                            std::uint64_t payload_bytes, std::uint32_t alignment, bool with_arena) {
  std::uint64_t bytes =
      payload_offset + std::min(payload_bytes, heap.segment().geometry().file_bytes);
  if (alignment > heap_alignment) {
    bytes = std::bit_ceil(std::max<std::uint64_t>(bytes, alignment));  // such blocks have it
  }
  std::uint64_t usable = 0;
  const std::uint64_t root = heap.allocate(bytes, owner, usable);
  if (root % alignment != 0) {
    // A full heap gave a block of another size.
    heap.free(root);
    throw Error(Errc::out_of_memory, "registry '" + heap.segment().registry_name() +
                                         "': no memory for " + std::to_string(bytes) +
                                         " bytes aligned to " + std::to_string(alignment));
  }
  // killed here, and until the caller stores the root: a block with the tag on no chain; the end of
  // the entry frees it.
  if (with_arena) {
    ChunkHeader& header = chunk_at(heap, root);
    header.next.store(0, std::memory_order_relaxed);
    header.arena.store(root + sizeof(ChunkHeader), std::memory_order_relaxed);
    constexpr std::uint64_t step = piece_step;
    const std::uint64_t room =
        (payload_offset + payload_bytes + step - 1) / step * step - sizeof(ChunkHeader);
    init_arena(*heap.segment().at<Arena>(root + sizeof(ChunkHeader)), owner,
               static_cast<std::int64_t>(room),
               static_cast<std::int64_t>(usable - sizeof(ChunkHeader)));
  }
  return root;
}

void free_region(Heap& heap, std::atomic<std::uint64_t>& root, std::uint32_t owner,
                 bool with_arena) {
  // acquire: pairs with the release of who stored the root.
  for (std::uint64_t at = root.load(std::memory_order_acquire); at != 0;) {
    std::uint64_t start = 0;
    const std::uint32_t tag = heap.owner_of(at, &start);
    if (tag != owner || start != at) {
      heap.segment().corrupt("a region's chain leads to offset " + std::to_string(at) +
                             ", which is no block of its owner");
    }
    const std::uint64_t next = next_of(heap, at, with_arena);
    // release: a reaper that reads the root sees the rest of the chain as it is.
    // killed here: a block popped and still tagged; it is found by its tag.
    root.store(next, std::memory_order_release);
    heap.free(at);
    at = next;
  }
}

std::uint64_t region_bytes(const Heap& heap, std::uint64_t root, std::uint32_t owner,
                           bool with_arena) {
  std::vector<std::uint64_t> chunks;
  if (!collect(heap, owner, root, with_arena, chunks)) {
    heap.segment().corrupt("the chain of a region of entry " + std::to_string(owner - 1) +
                           " leads to what is no block of it");
  }
  std::uint64_t bytes = 0;
  for (const std::uint64_t chunk : chunks) {
    bytes += heap.usable_bytes(chunk);
  }
  return bytes;
}

bool scrub_regions(Heap& heap, std::uint32_t owner, const std::atomic<std::uint64_t> (&roots)[2],
                   std::uint64_t& freed_blocks) {
  std::vector<std::uint64_t> chunks;
  for (const std::atomic<std::uint64_t>& root : roots) {
    if (!collect(heap, owner, root.load(std::memory_order_acquire), true, chunks)) {
      return false;
    }
  }
  std::sort(chunks.begin(), chunks.end());
  if (std::adjacent_find(chunks.begin(), chunks.end()) != chunks.end()) {
    return false;
  }
  const std::uint32_t owners[] = {owner};
  freed_blocks += heap.free_owned_by(owners, chunks);
  return true;
}

}  // namespace ipcarc::detail
