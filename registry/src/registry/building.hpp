// The steps that Builder and Reservation share: an entry claimed and described, its region, and the check that an entry is what
// the caller asked for.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "registry/core.hpp"

namespace ipcarc::detail {

/// For messages.
const char* mode_name(bool frozen);

/// Where the payload was built, and stays unless it is mutable and has an arena.
inline std::byte* payload_at(Core& core, std::uint32_t index) {
  // relaxed: written before the entry was live, which the hold has seen.
  return core.base + core.directory().entry(index).payload.load(std::memory_order_relaxed);
}

/// Throws type_mismatch or wrong_mode: the entry, which the caller holds, is not of the type and mode of `key`.
[[noreturn]] void throw_mismatch(Core& core, std::uint32_t index, bool frozen,
                                 std::string_view name, const TypeKey& key);

/// Throws type_mismatch or wrong_mode unless the entry, which the caller holds, is of the type and mode of `key`.
inline void require_match(Core& core, std::uint32_t index, bool frozen, std::string_view name,
                          const TypeKey& key) {
  // The fingerprint covers the size.
  if (core.directory().entry(index).fingerprint.load(std::memory_order_relaxed) !=
          key.fingerprint() ||
      frozen != key.frozen) [[unlikely]] {
    throw_mismatch(core, index, frozen, name, key);
  }
}

/// Throws corrupt_segment.
[[noreturn]] void throw_bad_payload(Core& core, std::uint32_t index);

/// Where the payload of the entry is, which is live and of the type of `key`: in the entry, or in the heap on a multiple of 16. Which of the
/// two the entry alone knows: a cache's item of the same type is never in its entry. Throws corrupt_segment if it is neither.
inline std::byte* require_payload(Core& core, std::uint32_t index, const TypeKey& key) {
  // relaxed: written before the entry was live, which the hold has seen.
  const std::uint64_t offset =
      core.directory().entry(index).payload.load(std::memory_order_relaxed);
  if (offset == core.directory().place_in_entry(index) && key.footprint <= in_entry_bytes) {
    return core.base + offset;
  }
  // On get()'s way: one branch for both, since the rotation makes a large number of what is no multiple.
  constexpr int bits = 4;
  const std::uint64_t places =
      key.footprint <= core.heap_bytes ? ((core.heap_bytes - key.footprint) >> bits) + 1 : 0;
  if (std::rotr(offset - core.heap_begin, bits) >= places) [[unlikely]] {
    throw_bad_payload(core, index);
  }
  return core.base + offset;
}

/// An entry, building, with name, type and mutex, but no region. Reaps once if all are taken. Throws too_many_objects, out_of_memory.
std::uint32_t begin_entry(Core& core, const NameKey& name, const TypeKey& key);

/// Writes how the payload of a `key` lies into an entry that has none, and that this process builds or has reserved: its kind, place and no roots.
/// Not twice but for one who takes over a reservation, which a key of the same type with another place (a cache's item) may have begun.
void describe_payload(Entry& entry, const TypeKey& key);

/// The memory of the payload of an entry that this process builds: in the entry, or a region, in root[0]. Reaps once if memory is short. Throws out_of_memory.
void build_region(Core& core, std::uint32_t index, const TypeKey& key);

}  // namespace ipcarc::detail
