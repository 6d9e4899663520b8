// What a dumped registry's file holds, in this order:
//
//   ImageHead | name | types | ImageGeneration ... | ImageObject, name, (ImageChunk, bytes) ... for each object | checksum
//
// An object is its entry's words and the chunks of its region, with where they lay: chunks lead to each other by offsets, so they are put
// where they were, in a segment of the same geometry. What only the living have (holders, locks, participants, claims) and what follows
// from the rest (chains, free map, commit map) is not in it. Types are the type log's bytes. A generation is that of an entry
// which is not among the objects: links to what was there must not lead to what comes there next.
#pragma once

#include <cstdint>

#include "ipcarc/detail/page_word.hpp"
#include "layout/tables.hpp"

namespace ipcarc::detail {

inline constexpr std::uint64_t image_magic = 0x31706d7564637069ULL;  // "ipcdump1", little-endian
inline constexpr std::uint32_t image_version = 2;

/// What the machine and the C library make of a segment's structs.
constexpr std::uint32_t image_machine() noexcept {
  return static_cast<std::uint32_t>(sizeof(void*) | sizeof(pthread_mutex_t) << 8 |
                                    alignof(std::max_align_t) << 16 | sizeof(long double) << 24);
}

struct ImageHead {
  std::uint64_t magic;
  std::uint32_t version;  // of this form
  std::uint32_t layout_version;
  std::uint32_t boost_version;
  std::uint32_t machine;
  Geometry geometry;
  std::uint64_t birth_id;
  std::uint64_t dumped_ns;  // CLOCK_REALTIME
  std::uint64_t types_bytes;
  std::uint32_t page_limit;
  std::uint32_t entries;  // one more than the largest index
  std::uint32_t generations;
  std::uint32_t objects;
  std::uint32_t name_bytes;
  std::uint32_t frozen_only;
};

struct ImageGeneration {
  std::uint64_t generation;  // of who comes there next
  std::uint32_t index;
  std::uint32_t reserved;
};

struct ImageObject {
  std::uint64_t state;    // phase live; generation and flags
  std::uint64_t version;  // without an owner
  std::uint64_t payload;
  std::uint64_t root[2];  // the second is 0 unless the payload lies in the entry
  std::uint64_t payload_bytes;
  std::uint64_t fingerprint;
  std::uint64_t chunks;
  std::uint32_t index;
  std::uint32_t payload_offset;
  std::uint32_t type;
  std::uint32_t created_s;
  std::uint32_t creator_pid;
  std::uint32_t kind;
  std::uint32_t name_bytes;
  std::uint32_t reserved;
};

struct ImageChunk {
  std::uint64_t word;  // of its page: that of a small page or a run
  std::uint32_t page;
  std::uint32_t index;  // on a small page
};

/// Which of an entry's roots is the image's first.
constexpr unsigned image_root(std::uint32_t kind, std::uint32_t payload_offset,
                              Version version) noexcept {
  return payload_offset == in_entry || kind == static_cast<std::uint32_t>(PayloadKind::two_slots)
             ? 0
             : version.slot();
}

}  // namespace ipcarc::detail
