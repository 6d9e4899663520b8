#include "participants/standing.hpp"

#include "layout/tables.hpp"
#include "participants/file_lock.hpp"

namespace ipcarc::detail {

Standing Standings::of(std::uint32_t slot) const noexcept {
  if (slot >= max_participants) {
    return Standing::nobody;
  }
  const std::uint64_t at = reader_.geometry().participants + slot * sizeof(Participant);
  const auto state = reader_.at<std::uint64_t>(at);
  if ((state & Participant::active_bit) == 0) {
    return Standing::nobody;
  }
  if (slot == own_slot_ || !byte_is_free(reader_.descriptor(), slot_byte(slot))) {
    return Standing::alive;
  }
  // It may have left in between, mark first and lock second; or another be
  // there by now.
  const auto now = reader_.at<std::uint64_t>(at);
  if (now == state) {
    return Standing::dead;
  }
  return (now & Participant::active_bit) == 0 ? Standing::nobody : Standing::alive;
}

bool Standings::anyone_alive() const noexcept {
  for (std::uint32_t slot = 0; slot < max_participants; ++slot) {
    if (of(slot) == Standing::alive) {
      return true;
    }
  }
  return false;
}

}  // namespace ipcarc::detail
