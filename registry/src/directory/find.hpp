// The hot path of the directory, inline: from a name to a validated hold, without a lock.
#pragma once

#include "directory/directory.hpp"

namespace ipcarc::detail {

inline std::atomic<std::uint32_t>& Directory::bucket_of(std::uint32_t hash) const noexcept {
  return buckets_[hash & bucket_mask_];
}

inline std::uint32_t Directory::follow(std::uint32_t link) const {
  const std::uint32_t index = index_of(link);
  if (!is_committed(index)) [[unlikely]] {
    broken_link(index);
  }
  return index;
}

inline bool Directory::same_name(std::uint32_t index, const NameKey& key) const noexcept {
  const Entry& e = entries_[index];
  // acquire: pairs with the release in write_name(): a word of a later generation brings the state of that generation with it,
  // which hold() then sees.
  const auto differs = [&](std::size_t i) {
    return e.name[i].load(std::memory_order_acquire) ^ key.words[i];
  };
  return (differs(0) | differs(1) | differs(2) | differs(3)) == 0 &&
         (key.name.size() <= inline_name_bytes || same_tail(index, key));
}

inline bool Directory::seems_bound(const NameKey& key) const noexcept {
  // acquire: as in lookup(), though nothing rests on it.
  std::uint32_t link = bucket_of(key.hash).load(std::memory_order_acquire);
  for (unsigned steps = 0; steps < 8 && link != 0 && is_committed(index_of(link)); ++steps) {
    const std::uint32_t index = index_of(link);
    if (may_lead_to(link, key.hash) &&
        entries_[index].hash.load(std::memory_order_acquire) == key.hash && same_name(index, key)) {
      return true;
    }
    link = link_behind(index).load(std::memory_order_acquire);
  }
  return false;
}

inline bool Directory::count_up_if_held(std::uint32_t index) noexcept {
  std::atomic<std::uint32_t>& word = local(index);
  std::uint32_t count = word.load(std::memory_order_relaxed);
  if (__libc_single_threaded) {
    if (count > CoreView::held_bit) {
      word.store(count + 1, std::memory_order_relaxed);
      return true;
    }
    return false;
  }
  while (count > CoreView::held_bit) {
    // acquire: pairs with the release in hold_unvalidated() by another thread; its setting of the bit comes before our reading of
    // the state.
    if (word.compare_exchange_weak(count, count + 1, std::memory_order_acquire,
                                   std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

inline Directory::HoldResult Directory::hold(std::uint32_t index, std::uint64_t generation) {
  if (!count_up_if_held(index)) {
    hold_unvalidated(index);
  }
  // seq_cst: [D1], after the bit; pairs with the setting of doomed in maybe_free(). Here also when the count alone grew: the entry may have changed
  // hands between the lookup's reading of the name and the first hold by another thread.
  const State now{entries_[index].state.load(std::memory_order_seq_cst)};
  if (now.generation() == generation && now.holdable() && !now.doomed()) [[likely]] {
    return HoldResult::held;
  }
  let_go(index);
  return now.generation() == generation && now.holdable() ? HoldResult::doomed : HoldResult::gone;
}

[[gnu::always_inline]] inline std::optional<Found> Directory::lookup(const NameKey& key) {
  // What is met here and is not a plain hit is looked at again, with all care, by lookup_again(). The key goes there by value, so that it
  // stays in registers. A hit needs no sequence: that only tells whether a miss is one.
  // acquire on each link: pairs with the release that stored it; what it leads to is written.
  const std::atomic<std::uint32_t>& bucket = bucket_of(key.hash);
  std::uint32_t link = bucket.load(std::memory_order_acquire);
  if (link == 0) {
    // The whole of walk() where there is nothing to walk over.
    const std::atomic<std::uint32_t>& sequence = shard_of(key.hash).sequence;
    const std::uint32_t before = sequence.load(std::memory_order_acquire);
    if (bucket.load(std::memory_order_acquire) == 0 &&
        sequence.load(std::memory_order_acquire) == before) {
      return std::nullopt;
    }
  }
  for (unsigned steps = 0; steps < 8 && link != 0 && is_committed(index_of(link)); ++steps) {
    const std::uint32_t index = index_of(link);
    if (may_lead_to(link, key.hash)) {
      const Entry& e = entries_[index];
      __builtin_prefetch(&local(index), 1);  // on the way while the entry's line comes
      const State seen = state(index);       // before the name: what hold() must find again
      // Leaving: it may be not linked yet, and its name another's still.
      constexpr std::uint64_t asked = State::phase_mask | State::doomed_bit | State::leaving_bit;
      if (e.hash.load(std::memory_order_acquire) == key.hash &&
          (seen.word & asked) == static_cast<std::uint64_t>(Phase::live) && same_name(index, key)) {
        if (!count_up_if_held(index)) {
          hold_unvalidated(index);
        }
        // seq_cst: [D1], as in hold().
        if (e.state.load(std::memory_order_seq_cst) == seen.word) [[likely]] {
          return Found{index, seen};
        }
        let_go(index);
        break;
      }
    }
    link = link_behind(index).load(std::memory_order_acquire);
  }
  return lookup_again(key.name, key.digest());
}

}  // namespace ipcarc::detail
