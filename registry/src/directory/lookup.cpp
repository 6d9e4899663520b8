// Lookups: the careful walk for all that is no plain hit (that is find.hpp), and the one under the shard's lock for those who met changes.
#include "directory/find.hpp"

namespace ipcarc::detail {
void Directory::broken_link(std::uint32_t index) const {
  segment_.corrupt("a chain leads to entry " + std::to_string(index) + " of " +
                   std::to_string(committed_entries()));
}

bool Directory::same_tail(std::uint32_t index, const NameKey& key) const noexcept {
  // The words say that the entry had a long name, so its tail was committed before they were written.
  const std::atomic<std::uint64_t>* tail = tail_of(segment_, index);
  for (std::size_t at = 0; at < key.name.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t want = 0;
    std::memcpy(&want, key.name.data() + at, std::min(sizeof want, key.name.size() - at));
    if (tail[at / sizeof want].load(std::memory_order_acquire) != want) {
      return false;
    }
  }
  return true;
}

std::optional<Directory::Place> Directory::find_locked(const NameKey& key) {
  std::atomic<std::uint32_t>* from = &bucket_of(key.hash);
  std::uint32_t steps = 0;
  for (std::uint32_t link = from->load(std::memory_order_relaxed); link != 0;) {
    const std::uint32_t index = follow(link);
    if (entries_[index].hash.load(std::memory_order_relaxed) == key.hash && same_name(index, key)) {
      if (!state(index).holdable()) {
        // Who waits for it to come or go would wait for ever.
        segment_.corrupt("entry " + std::to_string(index) +
                         " has a name and is neither live nor reserved");
      }
      return Place{index, from};
    }
    from = &link_behind(index);
    link = from->load(std::memory_order_relaxed);
    if (++steps > committed_entries()) {
      segment_.corrupt("a chain of the directory runs in a circle");
    }
  }
  return std::nullopt;
}

std::optional<Directory::Place> Directory::place_behind(std::atomic<std::uint32_t>* bucket,
                                                        std::uint32_t wanted) {
  std::atomic<std::uint32_t>* from = bucket;
  std::uint32_t steps = 0;
  for (std::uint32_t link = from->load(std::memory_order_relaxed); link != 0;) {
    const std::uint32_t index = follow(link);
    if (index == wanted) {
      return Place{index, from};
    }
    from = &link_behind(index);
    link = from->load(std::memory_order_relaxed);
    if (++steps > committed_entries()) {
      segment_.corrupt("a chain of the directory runs in a circle");
    }
  }
  return std::nullopt;
}

std::optional<Found> Directory::lookup_again(std::string_view name, NameDigest digest) {
  return walk(NameKey(name, digest), false);
}

std::optional<Found> Directory::walk(const NameKey& key, bool reserved_too) {
  const Shard& shard = shard_of(key.hash);
  const std::atomic<std::uint32_t>& bucket = bucket_of(key.hash);
  for (int attempt = 0; attempt < 3; ++attempt) {
    // acquire: pairs with the release of each bump; the walk that follows sees no chain older than this sequence.
    const std::uint32_t sequence = shard.sequence.load(std::memory_order_acquire);
    bool moved = false;
    std::uint32_t steps = 0;
    // acquire on each link: pairs with the release that stored it; what it leads to is written.
    for (std::uint32_t link = bucket.load(std::memory_order_acquire); link != 0;) {
      const std::uint32_t index = follow(link);
      if (may_lead_to(link, key.hash)) {
        const Entry& e = entries_[index];
        __builtin_prefetch(&local(index), 1);  // on the way while the entry's line comes
        const State seen =
            state(index);  // before the name: the generation that hold() must find again
        if (e.hash.load(std::memory_order_acquire) == key.hash &&
            (seen.phase() == Phase::live || (reserved_too && seen.phase() == Phase::reserved)) &&
            same_name(index, key)) {
          if (seen.leaving()) {
            // Just unlinked, or not linked yet, or its remover or publisher is dead or about it: the lock tells.
            moved = true;
            break;
          }
          const HoldResult result = hold(index, seen.generation());
          if (result == HoldResult::held) {
            return Found{index, seen};
          }
          if (result == HoldResult::doomed) {
            return lookup_locked(key, reserved_too);
          }
          moved = true;
          break;
        }
      }
      link = link_behind(index).load(std::memory_order_acquire);
      if (++steps > committed_entries()) {
        moved = true;
        break;
      }
    }
    // The acquire loads above keep this one behind them. Not moved: every entry walked over was still in this chain (invariant 4),
    // so a name that was bound all the while was met.
    if (!moved && shard.sequence.load(std::memory_order_acquire) == sequence) {
      return std::nullopt;
    }
  }
  return lookup_locked(key, reserved_too);
}

std::optional<Found> Directory::lookup_locked(const NameKey& key, bool reserved_too) {
  const ShardGuard guard(*this, key.hash);
  const auto place = find_locked(key);
  if (!place) {
    return std::nullopt;
  }
  const State seen = state(place->index);
  if (seen.phase() != Phase::live && !(reserved_too && seen.phase() == Phase::reserved)) {
    return std::nullopt;
  }
  // Under the lock nobody dooms, so a mark found is stale, and the hold needs no validation.
  clear_doomed(place->index);
  hold_unvalidated(place->index);
  return Found{place->index, seen};
}

bool Directory::contains(const NameKey& key) {
  const auto found = lookup(key);
  if (found) {
    let_go(found->index);
  }
  return found.has_value();
}

}  // namespace ipcarc::detail
