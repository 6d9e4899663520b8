// The arena as it lies in the segment, behind the header of its region's first chunk.
//
//   first chunk   ChunkHeader | Arena | padding | payload | pieces ...
//   other chunks ChunkHeader | ChunkLink | pieces ... or one piece larger than max_listed_bytes
//
// All places are self-relative: bytes from the Arena itself, 0 meaning none (nothing that is handed
// out lies there). So they hold at any address that a process has the segment mapped at.
//
// A piece is a multiple of 16 bytes. Freed, its first word is the place of the next free piece of
// its size.
//
// Kills: every change is one store, after the stores that it relies on; what a kill between two of
// them costs is a piece that nobody has until the object is gone. So an object that is recovered
// after its holder died can use its arena.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "ipcarc/detail/entry_layout.hpp"

namespace ipcarc::detail {

inline constexpr std::size_t piece_step = 16;
inline constexpr std::size_t max_stepped_bytes =
    512;  // a free list for each multiple of 16 up to here
inline constexpr std::size_t max_listed_bytes =
    4096;  // four lists a doubling from there; larger pieces are chunks
inline constexpr unsigned stepped_lists = max_stepped_bytes / piece_step;
inline constexpr unsigned list_count = 1 + stepped_lists + 4 * 3;  // list 0 is not used

/// Lies in the segment.
struct alignas(16) Arena {
  std::int64_t cursor;       // where the next new piece starts
  std::int64_t end;          // of the room for new pieces; `closed` while there is none
  std::int64_t lists;        // int64[list_count]; none until `loose` had its fill
  std::int64_t loose;        // freed pieces before there are lists: place of the next, then bytes
  std::uint32_t owner;       // the entry's tag
  std::uint8_t loose_count;  // hint
  std::uint8_t chunk_shift;  // the next chunk has 2^chunk_shift bytes
  std::uint16_t reserved0;
  std::uint64_t reserved1;

  static constexpr std::int64_t closed = std::numeric_limits<std::int64_t>::min();
};
static_assert(sizeof(Arena) == 48);

/// Behind the header of every chunk of an arena but the first.
struct ChunkLink {
  std::uint64_t previous;  // hint: offset of the chunk whose `next` leads here
  std::uint64_t reserved;
};
static_assert(sizeof(ChunkLink) == 16);

/// A payload of at most this alignment starts on a line of its own behind header and arena.
static_assert(sizeof(ChunkHeader) + sizeof(Arena) == 64);

/// Bytes from a region's start to its payload.
constexpr std::uint32_t payload_offset(bool with_arena, std::size_t payload_alignment) noexcept {
  const std::size_t head = with_arena ? sizeof(ChunkHeader) + sizeof(Arena) : 0;
  return static_cast<std::uint32_t>((head + payload_alignment - 1) / payload_alignment *
                                    payload_alignment);
}

}  // namespace ipcarc::detail
