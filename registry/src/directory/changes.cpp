// Changes of the directory: every one under its shard's lock, real by one store of a link.
#include "directory/find.hpp"

namespace ipcarc::detail {

void Directory::bump(Shard& shard) noexcept {
  // Only who has the shard's lock changes it, so a load and a store do. release: pairs with the lookup's second reading; the unlink is behind
  // it. Killed here: the sequence moved, or recover_shard() moves it.
  shard.sequence.store(shard.sequence.load(std::memory_order_relaxed) + 1,
                       std::memory_order_release);
}

void Directory::wake(Shard& shard) noexcept {
  // A waiter sets the flag, reads the sequence again, then sleeps on it; a wake missed costs it one sleep of 250 ms.
  if (shard.waiters.load(std::memory_order_seq_cst) != 0) {
    shard.waiters.store(0, std::memory_order_relaxed);
    futex_wake_all(&shard.sequence);
  }
}

void Directory::wake_version(std::uint32_t index) noexcept {
  Entry& e = entries_[index];
  if (e.waiters.load(std::memory_order_seq_cst) != 0) {
    e.waiters.store(0, std::memory_order_relaxed);
    futex_wake_all(version_futex(e));
  }
}

void Directory::unlink(Place place, std::uint32_t replacement_link, Shard& shard) {
  // release: pairs with the walks; the commit of remove, of publish, and of the end of a name. Killed after it: recover_shard() bumps.
  place.link->store(replacement_link, std::memory_order_release);
  bump(shard);
}

void Directory::join(std::uint32_t index, Phase phase, std::uint64_t flags) {
  hold_unvalidated(index);  // before it is live: nobody may find it without a holder and free it
  const State built = state(index);
  // release: who reads it live sees our bit too. Who lets go of a stray hold and still reads building asks nothing more, so we must read its bit
  // then: our own last drop does, since clear_bit(), seq_cst, lies between this store and our reading of the bits.
  // Killed here: live, leaving, not linked; the reaper's maybe_free() frees it, pinned or not. The name is as before.
  entries_[index].state.store(
      State::make(built.generation(), phase, flags | State::leaving_bit).word,
      std::memory_order_release);
}

void Directory::joined(std::uint32_t index) noexcept {
  // A load and a store, under the shard's lock, as every change of the state of a linked entry. release: see state(). Killed before it:
  // recover_shard() finds it linked and clears the flag. The name is as after.
  std::atomic<std::uint64_t>& word = entries_[index].state;
  word.store(word.load(std::memory_order_relaxed) & ~State::leaving_bit, std::memory_order_release);
}

bool Directory::link(std::uint32_t index, const NameKey& key, Phase phase, std::uint64_t flags) {
  Shard& shard = shard_of(key.hash);
  {
    const ShardGuard guard(*this, key.hash);
    if (find_locked(key)) {
      return false;
    }
    join(index, phase, flags);
    std::atomic<std::uint32_t>& bucket = bucket_of(key.hash);
    link_behind(index).store(bucket.load(std::memory_order_relaxed), std::memory_order_relaxed);
    // release: pairs with the walks; publishes the entry whole, its link too. The commit.
    bucket.store(link_to(index, key.hash), std::memory_order_release);
    joined(index);
    bump(shard);
  }
  wake(shard);
  return true;
}

bool Directory::publish(std::uint32_t index, const NameKey& key) {
  Shard& shard = shard_of(key.hash);
  std::optional<Place> old;
  {
    const ShardGuard guard(*this, key.hash);
    old = find_locked(key);
    if (old && !state(old->index).frozen()) {
      return false;
    }
    join(index, Phase::live, State::pinned_bit | State::frozen_bit);
    if (old) {
      Entry& previous = entries_[old->index];
      link_behind(index).store(link_behind(old->index).load(std::memory_order_relaxed),
                               std::memory_order_relaxed);
      // seq_cst: [D2]. Killed here: recover_shard() finds it linked and clears it.
      previous.state.fetch_or(State::leaving_bit, std::memory_order_seq_cst);
      unlink(*old, link_to(index, key.hash), shard);
      // The old version's own count moves, for who waits for it. Killed before it: who waits sees that it is leaving.
      previous.version.fetch_add(std::uint64_t{1} << Version::count_shift,
                                 std::memory_order_release);
    } else {
      std::atomic<std::uint32_t>& bucket = bucket_of(key.hash);
      link_behind(index).store(bucket.load(std::memory_order_relaxed), std::memory_order_relaxed);
      bucket.store(link_to(index, key.hash), std::memory_order_release);  // as in link()
    }
    joined(index);
    bump(shard);
  }
  wake(shard);
  if (old) {
    wake_version(old->index);
    maybe_free(old->index);
  }
  return true;
}

bool Directory::remove(const NameKey& key) {
  Shard& shard = shard_of(key.hash);
  std::optional<Place> place;
  {
    const ShardGuard guard(*this, key.hash);
    place = find_locked(key);
    if (!place || state(place->index).phase() != Phase::live) {
      return false;
    }
    detach(*place, shard);
  }
  wake_version(place->index);
  maybe_free(place->index);
  return true;
}

bool Directory::unbind(std::uint32_t index) {
  const std::uint32_t hash = entries_[index].hash.load(std::memory_order_relaxed);
  {
    const ShardGuard guard(*this, hash);
    const State now = state(index);
    const auto place =
        now.phase() == Phase::live && !now.leaving() ? place_of(index, hash) : std::nullopt;
    if (!place) {
      return false;
    }
    detach(*place, shard_of(hash));
  }
  wake_version(index);  // the caller's own letting go asks maybe_free()
  return true;
}

void Directory::detach(Place place, Shard& shard) {
  Entry& e = entries_[place.index];
  e.state.fetch_or(State::leaving_bit, std::memory_order_seq_cst);  // as in publish()
  unlink(place, link_behind(place.index).load(std::memory_order_relaxed), shard);
}

void Directory::complete(std::uint32_t index) {
  const std::uint32_t hash = entries_[index].hash.load(std::memory_order_relaxed);
  Shard& shard = shard_of(hash);
  {
    const ShardGuard guard(*this, hash);
    const State now = state(index);
    // The commit of get_or_compute. Flags are changed under this lock only.
    entries_[index].state.store(
        State::make(now.generation(), Phase::live,
                    (now.word & State::leaving_bit) | State::frozen_bit | State::pinned_bit)
            .word,
        std::memory_order_seq_cst);
    bump(shard);
  }
  wake(shard);
}

bool Directory::set_pinned(std::uint32_t index, bool pinned) {
  const ShardGuard guard(*this, entries_[index].hash.load(std::memory_order_relaxed));
  if (state(index).leaving()) {
    return false;
  }
  std::atomic<std::uint64_t>& word = entries_[index].state;
  // seq_cst: [D2]; the caller holds the entry, so its own let go asks after an unpin.
  if (pinned) {
    word.fetch_or(State::pinned_bit, std::memory_order_seq_cst);
  } else {
    word.fetch_and(~State::pinned_bit, std::memory_order_seq_cst);
  }
  return true;
}

void Directory::recover_shard(std::uint32_t shard_index) {
  const Geometry& g = segment_.geometry();
  Shard& shard = segment_.shards()[shard_index];
  std::uint32_t steps = 0;
  for (std::uint32_t b = shard_index; b < g.bucket_count; b += g.shard_count) {
    std::atomic<std::uint32_t>* from = &segment_.buckets()[b];
    for (std::uint32_t link = from->load(std::memory_order_relaxed); link != 0;) {
      const std::uint32_t index = index_of(link);
      if (!is_committed(index) || ++steps > committed_entries()) {
        from->store(
            0, std::memory_order_release);  // bytes that no death leaves: cut here, check() tells
        break;
      }
      Entry& e = entries_[index];
      link = link_behind(index).load(std::memory_order_relaxed);
      if (!state(index).holdable()) {
        // Its destroyer died before the unlink. Idempotent; the reaper frees it.
        from->store(link, std::memory_order_release);
        continue;
      }
      e.state.fetch_and(~(State::leaving_bit | State::doomed_bit), std::memory_order_seq_cst);
      from = &link_behind(index);
    }
  }
  bump(shard);
  shard.waiters.store(0, std::memory_order_relaxed);
  futex_wake_all(&shard.sequence);
}

}  // namespace ipcarc::detail
