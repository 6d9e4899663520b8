#include "participants/slots.hpp"

#include "participants/file_lock.hpp"
#include "segment/registry_file.hpp"

namespace ipcarc::detail {
namespace {

// The slot's lock is held through the claimer's description.
Claim mark(Segment& segment, std::uint32_t slot, SlotState before, std::uint32_t pid) noexcept {
  Participant& participant = segment.participants()[slot];
  const SlotState state = before.claimed();
  // Relaxed: for display.
  participant.pid.store(pid, std::memory_order_relaxed);
  participant.attached_ns.store(wall_clock_ns(), std::memory_order_relaxed);
  // killed here: not marked, the slot is nobody's; or marked by its dead predecessor, and still to
  // be reaped.
  set_slot_state(segment, slot, state);
  // killed here: a dead participant that did nothing; its reaper finds nothing.
  return {slot, state.incarnation(), before.active()};
}

}  // namespace

SlotState slot_state(const Segment& segment, std::uint32_t slot) noexcept {
  // acquire: pairs with set_slot_state().
  return {segment.participants()[slot].state.load(std::memory_order_acquire)};
}

void set_slot_state(Segment& segment, std::uint32_t slot, SlotState state) noexcept {
  // release: pairs with slot_state(); the reaping of a slot comes before its being free, a
  // participant's pid before its mark.
  segment.participants()[slot].state.store(state.word, std::memory_order_release);
}

std::optional<Claim> claim_free_slot(Segment& segment, int fd, std::uint32_t pid) noexcept {
  for (std::uint32_t slot = 0; slot < max_participants; ++slot) {
    if (slot_state(segment, slot).active() || !try_lock_byte(fd, slot_byte(slot))) {
      continue;
    }
    // Only now is the mark the slot's: somebody may have claimed it, and died, in between.
    const SlotState state = slot_state(segment, slot);
    if (state.active()) {
      unlock_byte(fd, slot_byte(slot));
      continue;
    }
    return mark(segment, slot, state, pid);
  }
  return std::nullopt;
}

std::optional<Claim> inherit_dead_slot(Segment& segment, int fd, std::uint32_t pid) noexcept {
  for (std::uint32_t slot = 0; slot < max_participants; ++slot) {
    // A slot that was freed meanwhile is as good.
    if (try_lock_byte(fd, slot_byte(slot))) {
      return mark(segment, slot, slot_state(segment, slot), pid);
    }
  }
  return std::nullopt;
}

}  // namespace ipcarc::detail
