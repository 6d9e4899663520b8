// The dead: what a dead participant left in the directory, and what fork needs of it.
//
// Each step can be repeated, and the reaper can be killed at any of them: the slot stays marked until all is done, and who takes its
// lock next begins again.
#include <algorithm>

#include "directory/directory.hpp"

namespace ipcarc::detail {

void Directory::reap_slot(std::uint32_t slot, ReapReport& report) {
  const std::uint32_t dead = slot + 1;
  const std::size_t word = slot / 64;
  const std::uint64_t mask = std::uint64_t{1} << (slot % 64);

  // 1. Its holds; and what it was building or destroying, which no other process touches.
  std::vector<std::uint32_t> unfinished;
  const std::uint32_t count = committed_entries();
  for (std::uint32_t index = 0; index < count; ++index) {
    Entry& e = entries_[index];
    if ((e.holders[word].load(std::memory_order_relaxed) & mask) != 0) {
      mend_if_abandoned(index);  // before the bit goes, which is what leads here
      clear_bit(index, slot);
      ++report.holds;
    }
    const State now = state(index);
    if (now.participant() == dead &&
        (now.phase() == Phase::building || now.phase() == Phase::destroying)) {
      unfinished.push_back(index);
    }
  }

  // 2. A destroying entry may still be linked: its shard's lock, once taken, is recovered and leads to it no more. So are the names
  // that the dead one was changing.
  recover_shards_of(slot);
  for (const std::uint32_t index : unfinished) {
    if (state(index).phase() == Phase::destroying) {
      const ShardGuard guard(*this, entries_[index].hash.load(std::memory_order_relaxed));
    }
  }
  free_owned(unfinished, report);

  // 3. Of every entry, whether or not step 1 changed it: the dead one may have cleared its bit and not asked.
  for (std::uint32_t index = 0; index < count; ++index) {
    const State now = state(index);
    if (!now.holdable()) {
      continue;
    }
    if (now.doomed() || !any_holder(index)) {
      maybe_free(index);
      if (state(index).generation() != now.generation()) {
        ++report.entries;
      }
    }
  }
}

void Directory::free_owned(const std::vector<std::uint32_t>& indices, ReapReport& report) {
  if (indices.empty()) {
    return;
  }
  std::vector<std::uint32_t> owners;
  owners.reserve(indices.size());
  for (const std::uint32_t index : indices) {
    owners.push_back(index + 1);
  }
  // By the tags, never along the chains, which the dead one may have left in the middle of a pop.
  report.blocks += heap_.free_owned_by(owners);
  for (const std::uint32_t index : indices) {
    Entry& e = entries_[index];
    e.root[0].store(0, std::memory_order_relaxed);
    e.root[1].store(0, std::memory_order_relaxed);
    // release: pairs with try_claim(). Killed before it: still unfinished, and the next reaper finds no tag.
    e.state.store(State::make(state(index).generation() + 1, Phase::free).word,
                  std::memory_order_release);
    ++report.entries;
  }
}

bool Directory::anything_pinned() {
  const std::uint32_t count = committed_entries();
  for (std::uint32_t index = 0; index < count; ++index) {
    const State now = state(index);
    if (now.phase() == Phase::live && now.pinned() && !now.leaving()) {
      return true;
    }
  }
  return false;
}

void Directory::fork_lock() noexcept {
  for (SpinLock& stripe : stripes_) {
    stripe.lock();
  }
  freed_lock_.lock();
}

void Directory::fork_hold_for(std::uint32_t slot) noexcept {
  const std::uint32_t count = committed_entries();
  for (std::uint32_t index = 0; index < count; ++index) {
    // The stripes are taken, so `held` does not change; counts may.
    if ((local(index).load(std::memory_order_relaxed) & CoreView::held_bit) != 0) {
      // seq_cst: [D1]; the parent's own bit keeps the entry meanwhile. Killed here: the slot is locked by a description that goes with
      // this process, so its reaper clears the bits.
      entries_[index].holders[slot / 64].fetch_or(std::uint64_t{1} << (slot % 64),
                                                  std::memory_order_seq_cst);
    }
  }
}

void Directory::fork_unlock(bool child) noexcept {
  // The thread that forked is the one that locked, in the parent and in the child.
  freed_lock_.unlock();
  for (SpinLock& stripe : stripes_) {
    stripe.unlock();
  }
  if (child && !attachment_.detached()) {
    let_go_of_the_parents();
  }
}

void Directory::let_go_of_the_parents() noexcept {
  // A thread of the parent's was about to let go: its count was 0, the bit still set. That thread is not here to do it.
  const std::uint32_t count = committed_entries();
  for (std::uint32_t index = 0; index < count; ++index) {
    if (local(index).load(std::memory_order_relaxed) == CoreView::held_bit) {
      try {
        if (let_go_last(index)) {
          view_.uncount_reference();
        }
      } catch (const Error&) {
        // A corrupt segment; the bit is cleared.
      }
    }
  }
}

}  // namespace ipcarc::detail
