// The table of slots: which are marked active, and claiming one.
//
// A slot's mark follows the lock on its byte: lock first, mark second; unmark first, unlock second.
// So
//
//   mark     lock     the slot
//   -        free     nobody's
//   -        taken    being claimed or left, or its process left and has it mapped still
//   active   taken    a living participant's; or a dead one's, being reaped
//   active   free     a dead participant's: who takes the lock and finds the mark reaps it
//
// Each claim makes the incarnation grow, so that what a past participant of the slot did is told
// from what this one does.
#pragma once

#include <cstdint>
#include <optional>

#include "segment/segment.hpp"

namespace ipcarc::detail {

/// The slot's word, taken apart. An ordinary value.
struct SlotState {
  std::uint64_t word = 0;

  bool active() const { return (word & Participant::active_bit) != 0; }
  std::uint32_t incarnation() const {
    return static_cast<std::uint32_t>(word >> Participant::incarnation_shift);
  }
  SlotState unmarked() const { return {word & ~Participant::active_bit}; }
  /// The state of the slot's next participant.
  SlotState claimed() const {
    const std::uint32_t next = incarnation() + 1 == 0 ? 1 : incarnation() + 1;
    return {(std::uint64_t{next} << Participant::incarnation_shift) | Participant::active_bit};
  }
};

/// Acquire: whoever sees a mark or its absence sees what its writer did before.
SlotState slot_state(const Segment& segment, std::uint32_t slot) noexcept;
/// Release. The slot's lock is held.
void set_slot_state(Segment& segment, std::uint32_t slot, SlotState state) noexcept;

/// A slot, locked through the description that claimed it, and marked.
struct Claim {
  std::uint32_t slot;
  std::uint32_t incarnation;
  bool inherited;  // a dead participant's leavings are still to be reaped
};

/// Claims a slot that is nobody's, on the description `fd`. Empty if there is none. `pid`: for
/// display.
std::optional<Claim> claim_free_slot(Segment& segment, int fd, std::uint32_t pid) noexcept;
/// Takes over the slot of a dead participant, its mark staying set all the time: the claimer reaps
/// what is left in it before it uses it, and if the claimer dies, the next one does. Empty if
/// nobody is dead.
std::optional<Claim> inherit_dead_slot(Segment& segment, int fd, std::uint32_t pid) noexcept;

}  // namespace ipcarc::detail
