// Holds: this process's bit on an entry, its private count, and the question that every clearing of a bit asks.
#include "directory/find.hpp"

namespace ipcarc::detail {
namespace {

constexpr std::uint32_t held = CoreView::held_bit;

/// Whether a pin keeps an entry of this state: it counts while the entry is linked.
constexpr bool kept_by_pin(State state) {
  constexpr std::uint64_t asked = State::phase_mask | State::pinned_bit | State::leaving_bit;
  return (state.word & asked) == (static_cast<std::uint64_t>(Phase::live) | State::pinned_bit);
}

struct Bit {
  explicit Bit(std::uint32_t slot) : word(slot / 64), mask(std::uint64_t{1} << (slot % 64)) {}
  std::size_t word;
  std::uint64_t mask;
};

}  // namespace

void Directory::hold_unvalidated(std::uint32_t index) {
  std::atomic<std::uint32_t>& word = local(index);
  const std::lock_guard lock(stripe_of(index));
  if ((word.load(std::memory_order_relaxed) & held) != 0) {
    word.fetch_add(1, std::memory_order_acq_rel);
    return;
  }
  view_.count_reference();
  const Bit bit(attachment_.slot());
  // seq_cst: [D1]. Killed here: the bit is set on whatever the entry is; the reaper clears it and asks maybe_free().
  entries_[index].holders[bit.word].fetch_or(bit.mask, std::memory_order_seq_cst);
  // release: pairs with the acquire in hold().
  word.store(held | 1, std::memory_order_release);
}

void Directory::let_go(std::uint32_t index) {
  if (local(index).fetch_sub(1, std::memory_order_acq_rel) == held + 1 && let_go_last(index)) {
    view_.uncount_reference();
  }
}

bool Directory::let_go_last(std::uint32_t index) {
  std::atomic<std::uint32_t>& word = local(index);
  {
    const std::lock_guard lock(stripe_of(index));
    // acquire: what other threads did through their handles comes before the bit is cleared.
    if (word.load(std::memory_order_acquire) != held) {
      return false;  // taken again, or let go by another thread
    }
    // With the count at 0 only who has the stripe changes the word.
    word.store(0, std::memory_order_relaxed);
    if (attachment_.detached()) {
      return true;  // a forked child without a slot: no bit is its own
    }
    clear_bit(index, attachment_.slot());
  }
  maybe_free(index);
  return true;
}

void Directory::clear_bit(std::uint32_t index, std::uint32_t slot) noexcept {
  const Bit bit(slot);
  // seq_cst: [D2], before the reading of the state; pairs with the setting of leaving. Killed here: nobody asked maybe_free() for this
  // clearing; the reaper of this process asks for every entry without a holder.
  entries_[index].holders[bit.word].fetch_and(~bit.mask, std::memory_order_seq_cst);
}

bool Directory::any_holder(std::uint32_t index) const noexcept {
  // Without a loop, which the compiler keeps. seq_cst: [D1] after doomed, [D2] after leaving.
  const auto& holders = entries_[index].holders;
  static_assert(std::extent_v<decltype(Entry::holders)> == 4);
  return (holders[0].load(std::memory_order_seq_cst) | holders[1].load(std::memory_order_seq_cst) |
          holders[2].load(std::memory_order_seq_cst) |
          holders[3].load(std::memory_order_seq_cst)) != 0;
}

std::uint32_t Directory::holders(std::uint32_t index) const noexcept {
  int count = 0;
  for (const auto& word : entries_[index].holders) {
    count += std::popcount(word.load(std::memory_order_relaxed));
  }
  return static_cast<std::uint32_t>(count);
}

void Directory::clear_doomed(std::uint32_t index) noexcept {
  std::atomic<std::uint64_t>& word = entries_[index].state;
  if (State{word.load(std::memory_order_relaxed)}.doomed()) {
    // seq_cst, like every change of the flags; a lookup that saw doomed waits for the lock we hold.
    word.fetch_and(~State::doomed_bit, std::memory_order_seq_cst);
  }
}

void Directory::maybe_free(std::uint32_t index) {
  // seq_cst: [D2].
  const State seen{entries_[index].state.load(std::memory_order_seq_cst)};
  if (!seen.holdable()) {
    return;
  }
  // Without the lock: a holder that is left asks by itself; a pin counts while the entry is linked, and who unlinks or unpins it reads the
  // bits after that [D2]. A doomed mark may be a dead one's: it is looked at under the lock.
  if (!seen.doomed() && (kept_by_pin(seen) || any_holder(index))) {
    return;
  }
  free_unless_held(index, seen);
}

void Directory::free_unless_held(std::uint32_t index, State seen) {
  Entry& e = entries_[index];
  // The hash may be of a later generation than `seen`; then the generation differs under whichever lock this is.
  const std::uint32_t hash = e.hash.load(std::memory_order_relaxed);
  {
    const ShardGuard guard(*this, hash);
    const State now = state(index);
    if (now.generation() != seen.generation() || !now.holdable()) {
      return;  // its own last release asks again
    }
    clear_doomed(index);
    if (kept_by_pin(now) || any_holder(index)) {
      return;
    }
    // seq_cst: [D1], before the bits are read. Killed here: recover_shard() clears it if linked; else the next who looks under the lock.
    e.state.fetch_or(State::doomed_bit, std::memory_order_seq_cst);
    if (any_holder(index)) {
      clear_doomed(index);
      return;
    }
    // The point of no return. release: [D1] is doomed's; who still sees that waits for the lock we hold. Killed here: recover_shard() unlinks it,
    // the reaper frees it by its tags.
    e.state.store(State::make(now.generation(), Phase::destroying,
                              now.word & (State::frozen_bit | State::leaving_bit), attachment_.id())
                      .word,
                  std::memory_order_release);
    if (!now.leaving()) {
      if (const auto place = place_of(index, hash)) {
        unlink(*place, link_behind(index).load(std::memory_order_relaxed), shard_of(hash));
      }
    }
  }
  if (seen.phase() == Phase::reserved) {
    wake(shard_of(hash));  // who waits for its end is to try
  }
  free_entry(index);
}

bool Directory::hold_generation(std::uint32_t index, std::uint64_t generation) {
  switch (hold(index, generation)) {
    case HoldResult::held:
      return true;
    case HoldResult::gone:
      return false;
    case HoldResult::doomed:
      break;
  }
  const ShardGuard guard(*this, entries_[index].hash.load(std::memory_order_relaxed));
  const State now = state(index);
  if (now.generation() != generation || !now.holdable()) {
    return false;
  }
  clear_doomed(index);
  hold_unvalidated(index);
  return true;
}

}  // namespace ipcarc::detail
