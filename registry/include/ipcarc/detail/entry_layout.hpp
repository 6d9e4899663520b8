// The entry: one named object's record in the segment, and the two words that say everything about it.
//
// It is here, and not with the rest of the layout, because the inline paths of the handles read it.
//
// Line 0 is what a lookup reads; it changes only when the entry changes hands. Line 1 is what a guard writes. Line 2 is
// what first holds and last drops of a process write. No line is written by what reads another.
//
// state   generation(44) | participant(9) | spare(4) | flags(4) | phase(3)          see the table below
// version count(53) | owner(9) | changing(1) | slot(1)
//
// The state word, its phases and who moves them ("me" stands in the participant bits):
//
//   free        -> building(me)          create, by CAS; nobody else can see the entry
//   building    -> live, reserved        its builder, under its shard's lock, with `leaving` set; then it is linked by one
//                                        store, then `leaving` is cleared
//   building    -> free(gen + 1)         its builder, or the reaper of its builder, when no tag names it. Never linked
//   reserved    -> live                  who computed the value, under the entry's mutex and the shard's lock
//   live, reserved -> destroying(me)     maybe_free, under the shard's lock: no holder, not pinned, doomed set. No way back
//   destroying  -> free(gen + 1)         who destroys, or the reaper of who destroys, when no tag names it
//
//   pinned      live outlives its holders; counts only while the entry is linked (not leaving)
//   doomed      someone under the shard's lock asks whether anyone holds it; lookups that see it wait for that lock. Under
//               the consistent lock it is stale on a live or reserved entry, and whoever looks clears it
//   leaving     the entry is unlinked, or the store that links or unlinks it is the next. While the shard's lock is
//               consistent, leaving means unlinked. Who finds the lock's owner dead clears it on entries still linked
//   frozen      nobody changes the payload; set while building, never changed
//
//   phase \ flag     pinned  doomed  leaving  frozen
//   free               -       -        -       -
//   building           -       -        -       *
//   reserved           -       *        *       *
//   live               *       *        *       *
//   destroying         *       *        *       *       (only the phase counts)
//
// The version word: `count` is the object's version and grows with every change; `slot` says which root (or which of a
// trivially copyable payload's two copies) is the value; `changing` is set while a guard may change it in place: found
// set by who locks the mutex, the object is poisoned; `owner` is the participant that holds the mutex, for those
// who wait for it, and no part of the value.
#pragma once

#include <pthread.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ipcarc::detail {

inline constexpr std::uint32_t max_participants = 256;
inline constexpr std::size_t max_name_bytes = 200;
/// The kind word of a segment's mutexes (PTHREAD_MUTEX_ROBUST_NORMAL_NP, process-shared), checked before each lock: on any other, glibc
/// would do something else.
inline constexpr int robust_kind = 144;
inline constexpr std::size_t inline_name_bytes = 31;

enum class Phase : std::uint32_t { free = 0, building = 1, reserved = 2, live = 3, destroying = 4 };

/// The state word, taken apart. An ordinary value.
struct State {
  static constexpr std::uint64_t phase_mask = 0x7;
  static constexpr std::uint64_t pinned_bit = 1U << 3;
  static constexpr std::uint64_t doomed_bit = 1U << 4;
  static constexpr std::uint64_t leaving_bit = 1U << 5;
  static constexpr std::uint64_t frozen_bit = 1U << 6;
  static constexpr unsigned participant_shift = 11;
  static constexpr std::uint64_t participant_mask = 0x1FFULL << participant_shift;
  static constexpr unsigned generation_shift = 20;

  std::uint64_t word = 0;

  constexpr Phase phase() const { return static_cast<Phase>(word & phase_mask); }
  constexpr bool pinned() const { return (word & pinned_bit) != 0; }
  constexpr bool doomed() const { return (word & doomed_bit) != 0; }
  constexpr bool leaving() const { return (word & leaving_bit) != 0; }
  constexpr bool frozen() const { return (word & frozen_bit) != 0; }
  constexpr std::uint64_t generation() const { return word >> generation_shift; }
  /// The slot that builds or destroys, plus one; 0: none.
  constexpr std::uint32_t participant() const {
    return static_cast<std::uint32_t>((word & participant_mask) >> participant_shift);
  }
  constexpr bool holdable() const { return phase() == Phase::live || phase() == Phase::reserved; }

  static constexpr State make(std::uint64_t generation, Phase phase, std::uint64_t flags = 0,
                              std::uint32_t participant = 0) {
    return State{(generation << generation_shift) |
                 (static_cast<std::uint64_t>(participant) << participant_shift) | flags |
                 static_cast<std::uint64_t>(phase)};
  }
  constexpr State with(std::uint64_t bits) const { return State{word | bits}; }
  constexpr State without(std::uint64_t bits) const { return State{word & ~bits}; }
};

/// The version word, taken apart. An ordinary value.
struct Version {
  static constexpr std::uint64_t slot_bit = 1;
  static constexpr std::uint64_t changing_bit = 2;
  static constexpr unsigned owner_shift = 2;
  static constexpr std::uint64_t owner_mask = 0x1FFULL << owner_shift;
  static constexpr unsigned count_shift = 11;

  std::uint64_t word = 0;

  constexpr unsigned slot() const { return static_cast<unsigned>(word & slot_bit); }
  constexpr bool changing() const { return (word & changing_bit) != 0; }
  /// The slot of the participant that holds the mutex, plus one; 0: none.
  constexpr std::uint32_t owner() const {
    return static_cast<std::uint32_t>((word & owner_mask) >> owner_shift);
  }
  constexpr std::uint64_t count() const { return word >> count_shift; }
  /// What a reader without the lock compares: all but the owner.
  constexpr std::uint64_t value() const { return word & ~owner_mask; }

  constexpr Version owned_by(std::uint32_t participant) const {
    return Version{(word & ~owner_mask) | (static_cast<std::uint64_t>(participant) << owner_shift)};
  }
  /// The next version, not changing, of the same owner, with the value in `new_slot`.
  constexpr Version next(unsigned new_slot) const {
    return Version{((count() + 1) << count_shift) | (word & owner_mask) | new_slot};
  }
};

/// How a payload lies in its region, or in the entry.
enum class PayloadKind : std::uint8_t {
  plain,  // one copy, no arena: sync types; frozen trivially copyable ones
  two_slots,  // trivially copyable, small, mutable: two copies beside each other, the version says which
  arena,  // an arena before it; a new region for each update, in root[0] and root[1] by turns
};

/// The `payload_offset` of what has no region: a plain payload, or two slots, of at most `in_entry_bytes` lie in the place of the roots.
inline constexpr std::uint32_t in_entry = 0xFFFF'FFFF;
inline constexpr std::size_t in_entry_bytes = 16;

/// What the directory compares of a name before the name itself: the words that an entry keeps of it, and its hash. An ordinary value.
struct NameDigest {
  std::array<std::uint64_t, 4> words;
  std::uint32_t hash;
};

/// Lies in the segment. See the head of this file.
struct alignas(64) Entry {
  // Line 0: lookups.
  std::atomic<std::uint64_t> state;
  std::atomic<std::uint64_t>
      payload;  // offset of the payload as built, where all but a mutable one with an arena stay
  std::atomic<std::uint64_t> fingerprint;
  std::atomic<std::uint32_t> hash;  // the low half of the name's
  std::uint32_t reserved;
  std::atomic<std::uint64_t> name[4];  // the first 31 bytes, zero-padded; byte 31: length

  // Line 1: guards.
  pthread_mutex_t mutex;  // robust, process-shared; initialised anew by each builder
  std::atomic<std::uint64_t> version;
  std::atomic<std::uint64_t>
      root[2];  // offsets of the first block of each region, 0: none; or the payload itself

  // Line 2: first holds, last drops; what is seldom asked.
  std::atomic<std::uint64_t> holders[4];
  std::atomic<std::uint64_t> payload_bytes;   // sizeof(T)
  std::atomic<std::uint32_t> payload_offset;  // from a region's start to the payload, or in_entry
  std::atomic<std::uint32_t> waiters;         // 1: someone may sleep on the low half of `version`
  std::atomic<std::uint32_t>
      type;  // offset in the type log, in units of 8 bytes, plus one; 0: none
  std::atomic<std::uint32_t> created_s;    // CLOCK_REALTIME, seconds, for display
  std::atomic<std::uint32_t> creator_pid;  // for display
  std::atomic<std::uint32_t> kind;         // PayloadKind
};

static_assert(sizeof(pthread_mutex_t) == 40);
static_assert(sizeof(Entry) == 192 && alignof(Entry) == 64);
static_assert(offsetof(Entry, name) == 32);
static_assert(offsetof(Entry, mutex) == 64 && offsetof(Entry, version) == 104);
static_assert(sizeof(Entry::root) == in_entry_bytes && offsetof(Entry, root) % in_entry_bytes == 0);
static_assert(offsetof(Entry, holders) == 128 && offsetof(Entry, creator_pid) == 184);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

// Each reads a word that the builder of the entry writes before it has a payload.
inline bool has_region(const Entry& e) noexcept {
  return e.payload_offset.load(std::memory_order_relaxed) != in_entry;
}
inline bool has_arena(const Entry& e) noexcept {
  return e.kind.load(std::memory_order_relaxed) == static_cast<std::uint32_t>(PayloadKind::arena);
}
inline bool has_two_slots(const Entry& e) noexcept {
  return e.kind.load(std::memory_order_relaxed) ==
         static_cast<std::uint32_t>(PayloadKind::two_slots);
}

/// Lies at the start of every block of a region that has an arena. Any other region is one block, and all of it the payload's.
struct ChunkHeader {
  std::atomic<std::uint64_t> next;   // offset of the next chunk of the region; 0: the last
  std::atomic<std::uint64_t> arena;  // offset of the region's Arena
};
static_assert(sizeof(ChunkHeader) == 16);

}  // namespace ipcarc::detail
