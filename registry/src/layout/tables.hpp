// Every struct that lies in the segment, but for the entry (detail/entry_layout.hpp) and the arena (detail/arena.hpp).
//
// All zero is the initial state of each, but for the mutexes, which the creator initialises before the file has a name.
//
// Page word, by kind:
//
//   kind(4) | class(8) | claimant(9) | -                small: blocks of one size class. claimant: slot + 1; 0: unclaimed
//   kind(4) | pages(28) | owner(32)                     run: the head of `pages` pages; owner: the entry's tag, never 0
//   kind(4) | distance(28)                              tail: `distance` pages behind its head. Believed only if the head's
//                                                       word says run and covers it; else the page is free
//   0                                                   free
//
//   free  -> small, run, tail    under the run mutex
//   run, tail -> free            under the run mutex
//   small -> small               claim and release: CAS, by anyone attached; another class: by the claimant who saw all tags zero
//   small -> free                by a claimant who saw all tags zero
//   claimed by a dead participant -> unclaimed: its reaper, under the dead one's slot lock
//
// A tag is a block's owner: entry index + 1; 0: free. Tags are believed only on small pages. On a page of any other kind all its
// tags are zero.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "ipcarc/detail/entry_layout.hpp"
#include "layout/geometry.hpp"

namespace ipcarc::detail {

/// A robust, process-shared mutex and who holds it, for those who wait.
struct RobustMutex {
  pthread_mutex_t mutex;
  std::atomic<std::uint32_t> owner;  // slot + 1, stored by who got the lock; 0: nobody or not yet
  std::uint32_t reserved;
};
static_assert(sizeof(RobustMutex) == 48);

/// One process's slot. `state`: incarnation(32) | active(1). The file lock on its byte is the truth; the mark follows.
struct alignas(64) Participant {
  std::atomic<std::uint64_t> state;
  std::atomic<std::uint32_t> pid;  // in its own pid namespace; for display
  std::uint32_t reserved0;
  std::atomic<std::uint64_t> attached_ns;  // CLOCK_REALTIME, for display
  std::uint64_t reserved[5];

  static constexpr std::uint64_t active_bit = 1;
  static constexpr unsigned incarnation_shift = 32;
};
static_assert(sizeof(Participant) == 64);

/// One part of the directory. `sequence` grows with every unlink and link; it is the futex word of those who wait for a name.
struct alignas(64) Shard {
  RobustMutex mutex;
  std::uint64_t reserved0[2];
  alignas(64) std::atomic<std::uint32_t> sequence;
  std::atomic<std::uint32_t> waiters;  // 1: someone may sleep on `sequence`
  std::uint64_t reserved1[7];
};
static_assert(sizeof(Shard) == 128);

/// One heap page's descriptor: a line of its own, since neighbours are claimed by different processes.
struct alignas(64) Page {
  std::atomic<std::uint64_t> word;
  std::atomic<std::uint32_t>
      maybe_free;  // hint: 1 if a block may be free; cleared before a scan, set after a free
  std::atomic<std::uint32_t> scan_hint;  // hint: where the next scan starts
  std::uint64_t reserved[6];
};
static_assert(sizeof(Page) == 64);

/// The heap's part of the header.
struct alignas(64) HeapHeader {
  RobustMutex run_mutex;
  std::atomic<std::uint32_t>
      page_limit;  // pages below it have committed descriptors, free-map bits; grows under run_mutex
  std::atomic<std::uint32_t> run_hint;  // hint: where the search for a free run starts
  std::uint64_t reserved;
};
static_assert(sizeof(HeapHeader) == 64);

/// The first page of the file.
struct Header {
  // Immutable after birth; `checksum` is XXH3-64 of what lies before it.
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t boost_version;
  std::uint64_t birth_id;       // random: tells two segments of one name apart
  std::uint64_t pid_namespace;  // inode of the creator's /proc/self/ns/pid
  std::uint32_t creator_uid;
  std::uint32_t max_objects;
  std::uint64_t created_ns;  // CLOCK_REALTIME
  Geometry geometry;
  std::uint64_t checksum;

  alignas(64) HeapHeader heap;

  alignas(64) RobustMutex types_mutex;
  std::atomic<std::uint64_t>
      types_used;  // bytes of the type log that are records; the commit of an append
  std::uint64_t reserved0;

  alignas(64) std::atomic<
      std::uint32_t> entries_committed;      // entries below it are committed memory; grows only
  std::atomic<std::uint32_t> entries_fresh;  // hint: entries at and above it were never used
  std::atomic<std::uint32_t> entries_scan;   // hint: where the search for a free entry starts
  std::uint32_t reserved1;
};
static_assert(sizeof(Header) <= header_bytes);
static_assert(offsetof(Header, geometry) == 48);

/// What links to objects of the registry with this birth id bear of it. Never 0.
constexpr std::uint32_t link_mark_of(std::uint64_t birth_id) noexcept {
  const auto mark = static_cast<std::uint32_t>(birth_id ^ birth_id >> 32);
  return mark == 0 ? 1 : mark;
}

/// One record of the type log, followed by `layout_bytes` of the layout's text, padded to 8 bytes.
struct TypeRecord {
  std::uint64_t fingerprint;
  std::uint64_t size;
  std::uint32_t alignment;
  std::uint32_t layout_bytes;
};
static_assert(sizeof(TypeRecord) == 24);

/// The offset of a value that lies in its entry.
constexpr std::uint64_t place_in_entry(const Geometry& geometry, std::uint32_t index) noexcept {
  return geometry.entries + std::uint64_t{index} * sizeof(Entry) + offsetof(Entry, root);
}

}  // namespace ipcarc::detail
