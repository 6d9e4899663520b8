// The directory: entries, the chains that lead to them by name, and who holds them.
//
// Thread and process safety: any thread of any participant. Lookups take no lock unless they meet a change three times.
//
// Invariants (those of DESIGN 5 and 6; the model in tests/model checks them, its proctypes bear these functions' names)
// 1. An entry that a participant's validated hold covers (bit set, then state read: same generation, live or reserved, not doomed) is
//    not freed and does not change its generation.
// 2. State changes of an entry that can be linked happen under its shard's lock.
// 3. While a shard's lock is consistent: linked <=> not leaving, for live and reserved entries; a linked entry is live or reserved;
//    a doomed mark is stale.
// 4. A shard's sequence moves after an unlink and before the entry can be free.
// 5. state = free(gen + 1) is stored only when no tag names the entry.
//
// The Dekker pairs, seq_cst on all sides: [D1] set my bit, read state / set doomed, read bits; [D2] clear my bit, read state /
// set leaving (or clear pinned), read bits.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "directory/name_key.hpp"
#include "directory/spin_lock.hpp"
#include "directory/type_log.hpp"
#include "heap/heap.hpp"
#include "heap/region.hpp"
#include "ipcarc/detail/core_view.hpp"
#include "participants/attachment.hpp"
#include "participants/robust_lock.hpp"

namespace ipcarc::detail {

/// What a lookup found: an entry and the state it had, held (counted once) by the caller.
struct Found {
  std::uint32_t index;
  State state;
};

/// The futex word of who waits for a version: its low half, which is where the count's low bits are.
inline const void* version_futex(const Entry& entry) noexcept {
  static_assert(std::endian::native == std::endian::little);
  return &entry.version;
}

class Directory {
 public:
  Directory(Attachment& attachment, Heap& heap, CoreView& view);
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  // --- names (lookup.cpp) ---
  /// The live entry of that name, held.
  std::optional<Found> lookup(const NameKey& key);
  /// The live or reserved one.
  std::optional<Found> lookup_reserved(const NameKey& key) { return walk(key, true); }
  bool contains(const NameKey& key);
  /// Whether an entry of that name is met in a quick walk. Either answer may be wrong: link() and contains() know.
  bool seems_bound(const NameKey& key) const noexcept;
  /// The shard whose sequence moves when this name comes or goes.
  Shard& shard_of(std::uint32_t hash) const noexcept {
    // A chain lies in one shard: the shard's index is the low part of the bucket's.
    return shards_[hash & shard_mask_];
  }

  // --- holds (holds.cpp) ---
  /// Counts one hold and validates it against `generation`. False: not counted.
  enum class HoldResult { held, gone, doomed };
  HoldResult hold(std::uint32_t index, std::uint64_t generation);
  /// The process's last handle went: `index` is held with count 0, or was. True if this call cleared the bit; the caller then
  /// drops the reference that the hold had on the registry.
  bool let_go_last(std::uint32_t index);
  /// Drops one count, whatever it was. The caller has a reference of its own on the registry.
  void let_go(std::uint32_t index);
  /// Frees the entry if nobody holds it and no pin keeps it. After every clearing of a bit.
  void maybe_free(std::uint32_t index);
  /// A hold of `index` at `generation`, through the shard's lock where a doubt demands it. For weak references.
  bool hold_generation(std::uint32_t index, std::uint64_t generation);
  std::uint32_t holders(std::uint32_t index) const noexcept;
  /// Wakes who waits for the entry's version to move.
  void wake_version(std::uint32_t index) noexcept;

  // --- entries (entries.cpp) ---
  /// A free entry, now building by this process; none if all are taken. Throws out_of_memory.
  std::optional<std::uint32_t> claim_entry();
  /// Writes the name into a building entry. Throws out_of_memory (a long name's tail).
  void write_name(std::uint32_t index, const NameKey& key);
  /// Frees the regions of an entry, if it has any. For who has it alone. Throws corrupt_segment.
  void free_regions(std::uint32_t index);
  /// Gives a building entry back: its regions, then free(gen + 1).
  void abandon(std::uint32_t index);
  std::uint32_t committed_entries() const noexcept {
    // acquire: pairs with the CAS in commit_entries(); the memory below it is there. A value that no step could give is not believed.
    return std::min(committed_->load(std::memory_order_acquire), max_objects_);
  }
  bool is_committed(std::uint32_t index) const noexcept { return index < committed_entries(); }

  // --- changes (changes.cpp) ---
  /// Links a building entry as live (or reserved), held by this process (counted once). False if the name is taken.
  bool link(std::uint32_t index, const NameKey& key, Phase phase, std::uint64_t flags);
  /// Links a building entry live and pinned, in place of the entry of that name. False: that entry is not frozen; nothing changed.
  bool publish(std::uint32_t index, const NameKey& key);
  /// Unbinds the name. False if it is not bound.
  bool remove(const NameKey& key);
  /// The same of an entry that the caller holds: whatever else has its name by now keeps it. False if it is bound no more.
  bool unbind(std::uint32_t index);
  /// reserved -> live, pinned. Called with the entry's mutex held.
  void complete(std::uint32_t index);
  /// False: the object is not linked any more.
  bool set_pinned(std::uint32_t index, bool pinned);

  // --- the dead (mend.cpp, reap.cpp) ---
  /// After EOWNERDEAD, with the entry's mutex: frees what the dead holder had not chained or not yet freed, makes the mutex consistent. Idempotent.
  /// Throws corrupt_segment, and then the mutex is as it was.
  void mend(std::uint32_t index);
  void reap_slot(std::uint32_t slot, ReapReport& report);
  bool anything_pinned();
  void fork_lock() noexcept;
  void fork_hold_for(std::uint32_t slot) noexcept;
  void fork_unlock(bool child) noexcept;

  // --- looking (listing.cpp) ---
  /// The entry's name, read under its generation; empty if it changed hands meanwhile.
  std::optional<std::string> name_at(std::uint32_t index, std::uint64_t generation) const;
  std::vector<EntryInfo> list() const;
  void add_stats(Stats& stats) const;

  Entry& entry(std::uint32_t index) const noexcept { return entries_[index]; }
  /// The same as place_in_entry() of the geometry, without reading that.
  std::uint64_t place_in_entry(std::uint32_t index) const noexcept {
    return static_cast<std::uint64_t>(reinterpret_cast<const std::byte*>(entries_[index].root) -
                                      view_.base);
  }
  State state(std::uint32_t index) const noexcept {
    // acquire: pairs with the release of every state change, so that what the phase promises is there.
    return State{entries_[index].state.load(std::memory_order_acquire)};
  }
  TypeLog& types() noexcept { return types_; }
  Heap& heap() noexcept { return heap_; }
  Segment& segment() noexcept { return segment_; }

 private:
  friend class ShardGuard;

  bool same_name(std::uint32_t index, const NameKey& key) const noexcept;
  bool same_tail(std::uint32_t index, const NameKey& key) const noexcept;
  bool count_up_if_held(std::uint32_t index) noexcept;
  [[noreturn]] void broken_link(std::uint32_t index) const;
  /// Finds the name under the shard's lock: the entry and the link that leads to it.
  struct Place {
    std::uint32_t index;
    std::atomic<std::uint32_t>* link;
  };
  std::optional<Place> find_locked(const NameKey& key);
  std::optional<Place> place_of(std::uint32_t index, std::uint32_t hash) {
    std::atomic<std::uint32_t>* const bucket = &buckets_[hash & bucket_mask_];
    // relaxed: under the shard's lock.
    return bucket->load(std::memory_order_relaxed) == link_to(index, hash)
               ? Place{index, bucket}
               : place_behind(bucket, index);
  }
  std::optional<Place> place_behind(std::atomic<std::uint32_t>* bucket, std::uint32_t index);
  /// lookup(), if it was not a plain hit.
  [[gnu::noinline]] std::optional<Found> lookup_again(std::string_view name, NameDigest digest);
  /// The walk without the lock that counts a miss only if no name of the shard came or went meanwhile.
  std::optional<Found> walk(const NameKey& key, bool reserved_too);
  std::optional<Found> lookup_locked(const NameKey& key, bool reserved_too);
  std::atomic<std::uint32_t>& bucket_of(std::uint32_t hash) const noexcept;
  // As of the geometry, from what is at hand.
  std::uint32_t link_to(std::uint32_t index, std::uint32_t hash) const noexcept {
    return (hash & ~index_mask_) | (index + 1);
  }
  std::uint32_t index_of(std::uint32_t link) const noexcept { return (link & index_mask_) - 1; }
  std::atomic<std::uint32_t>& link_behind(std::uint32_t index) const noexcept {
    return links_[Geometry::link_place(index)];
  }
  bool may_lead_to(std::uint32_t link, std::uint32_t hash) const noexcept {
    return ((link ^ hash) & ~index_mask_) == 0;
  }
  /// The index that a link leads to, checked.
  std::uint32_t follow(std::uint32_t link) const;
  /// Sets the process's bit and counts one, without validation. The caller holds the shard's lock, or the entry is its own.
  void hold_unvalidated(std::uint32_t index);
  /// maybe_free() under the shard's lock, of an entry that was `seen` without a holder.
  void free_unless_held(std::uint32_t index, State seen);
  bool any_holder(std::uint32_t index) const noexcept;
  void clear_bit(std::uint32_t index, std::uint32_t slot) noexcept;
  void clear_doomed(std::uint32_t index) noexcept;
  void unlink(Place place, std::uint32_t replacement_link, Shard& shard);
  /// Unlinks a live entry for good. Under the shard's lock.
  void detach(Place place, Shard& shard);
  /// Before and after the store that links a new entry: live (or reserved) and leaving, then no more leaving.
  void join(std::uint32_t index, Phase phase, std::uint64_t flags);
  void joined(std::uint32_t index) noexcept;
  void recover_shard(std::uint32_t shard_index);
  void bump(Shard& shard) noexcept;
  void wake(Shard& shard) noexcept;
  void commit_entries(std::uint32_t count);
  /// The whole of a name that is longer than an entry has room for. Throws out_of_memory.
  void write_tail(std::uint32_t index, std::string_view name);
  bool try_claim(std::uint32_t index);
  std::optional<std::uint32_t> claim_freed_entry();
  std::optional<std::uint32_t> claim_other_entry();
  /// Mends an entry whose mutex a dead participant had, if nobody has it now.
  void mend_if_abandoned(std::uint32_t index);
  /// Takes and drops every directory lock that the dead `slot` had, which recovers what it guards.
  void recover_shards_of(std::uint32_t slot);
  void let_go_of_the_parents() noexcept;
  void free_owned(const std::vector<std::uint32_t>& indices, ReapReport& report);
  /// destroying (or building, abandoned) -> free(gen + 1); the regions first.
  void free_entry(std::uint32_t index);
  SpinLock& stripe_of(std::uint32_t index) noexcept { return stripes_[index % stripe_count]; }
  std::atomic<std::uint32_t>& local(std::uint32_t index) const noexcept {
    return view_.local[index];
  }

  static constexpr std::size_t stripe_count = 64;

  Attachment& attachment_;
  Segment& segment_;
  Heap& heap_;
  CoreView& view_;
  // The same as the segment says, at hand for lookups.
  Entry* entries_;
  std::atomic<std::uint32_t>* buckets_;
  std::atomic<std::uint32_t>* links_;
  Shard* shards_;
  const std::atomic<std::uint32_t>* committed_;
  std::uint32_t bucket_mask_;
  std::uint32_t index_mask_;
  std::uint32_t shard_mask_;
  std::uint32_t max_objects_;
  TypeLog types_;
  SpinLock stripes_[stripe_count];
  SpinLock freed_lock_;
  std::vector<std::uint32_t>
      freed_;  // guarded by freed_lock_; hint: entries that this process freed
};

/// A shard locked for a scope, recovered if its last owner died.
class ShardGuard {
 public:
  ShardGuard(Directory& directory, std::uint32_t hash)
      : guard_(directory.shard_of(hash).mutex, directory.attachment_) {
    if (guard_.owner_died()) [[unlikely]] {
      directory.recover_shard(hash & directory.shard_mask_);
      guard_.mended();
    }
  }

 private:
  RobustGuard guard_;
};

}  // namespace ipcarc::detail
