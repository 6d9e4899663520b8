// Who of a segment's participants lives, as who only looks finds it: from the
// file and the kernel's locks on it, without a slot and without a mapping.
//
// Thread and process safety: any; takes no lock. An answer is true of some
// moment during the call.
#pragma once

#include <cstdint>

#include "ipcarc/detail/entry_layout.hpp"
#include "segment/segment_reader.hpp"

namespace ipcarc::detail {

enum class Standing {
  nobody,  // the slot is not marked
  alive,
  dead,  // marked, and its lock free: awaits reaping
};

class Standings {
 public:
  /// `own_slot`: the slot whose lock the reader's own description holds, which
  /// the kernel does not show to it; max_participants: none.
  Standings(const SegmentReader& reader, std::uint32_t own_slot) noexcept
      : reader_(reader), own_slot_(own_slot) {}

  /// Of any number; nobody if there is no such slot. A system call or two.
  Standing of(std::uint32_t slot) const noexcept;
  bool anyone_alive() const noexcept;

 private:
  const SegmentReader& reader_;
  std::uint32_t own_slot_;
};

}  // namespace ipcarc::detail
