// What a holder that died inside an entry's mutex left: regions, and blocks that are on no chain.
#include "directory/directory.hpp"

namespace ipcarc::detail {

void Directory::mend(std::uint32_t index) {
  Entry& e = entries_[index];
  const Version version{e.version.load(std::memory_order_relaxed)};
  const Phase phase = state(index).phase();
  if (phase == Phase::reserved) {
    const std::uint32_t owner[] = {index + 1};
    heap_.free_owned_by(owner);  // a value half computed
    e.root[0].store(0, std::memory_order_relaxed);
    e.root[1].store(0, std::memory_order_relaxed);
  } else if (version.owner() != 0 && phase == Phase::live && has_arena(e)) {
    // Only an update has a second region; the version word says which of the two is the value.
    free_region(heap_, e.root[1 - version.slot()], index + 1, true);
    std::uint64_t freed = 0;
    scrub_regions(heap_, index + 1, e.root, freed);
  }
  // Killed before it: the next to lock it is told of a death again, and does all this again.
  make_consistent(e.mutex);
}

void Directory::mend_if_abandoned(std::uint32_t index) {
  Entry& e = entries_[index];
  // Relaxed: the owner that matters is dead, and its slot's lock, which we have, orders its stores before this.
  if (Version{e.version.load(std::memory_order_relaxed)}.owner() == 0) {
    return;
  }
  const LockResult result = try_lock_robust(e.mutex);
  if (result == LockResult::timed_out) {
    return;  // somebody alive has it, and was told of the death when it locked
  }
  try {
    if (result == LockResult::owner_died) {
      mend(index);
    }
  } catch (const Error&) {
    make_consistent(e.mutex);  // a corrupt chain; the tags are freed with the entry
    unlock_robust(e.mutex);
    return;
  }
  // `changing` stays: the object is poisoned until recover(). The owner goes last, since it is what leads a reaper here.
  const Version version{e.version.load(std::memory_order_relaxed)};
  e.version.store(version.owned_by(0).word, std::memory_order_release);
  unlock_robust(e.mutex);
}

void Directory::recover_shards_of(std::uint32_t slot) {
  for (std::uint32_t i = 0; i < segment_.geometry().shard_count; ++i) {
    // Relaxed: as above. A shard locked and not yet marked has nothing half made.
    if (segment_.shards()[i].mutex.owner.load(std::memory_order_relaxed) == slot + 1) {
      const ShardGuard guard(*this, i);  // the low part of a hash is the shard's index
    }
  }
  RobustMutex& types = segment_.header().types_mutex;
  if (types.owner.load(std::memory_order_relaxed) == slot + 1) {
    RobustGuard guard(types, attachment_);
    if (guard.owner_died()) {
      guard.mended();  // an append is one store: whole or absent
    }
  }
}

}  // namespace ipcarc::detail
