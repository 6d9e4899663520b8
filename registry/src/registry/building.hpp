// The steps that Builder and Reservation share: an entry claimed and described, its region, and the check that an entry is what
// the caller asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "registry/core.hpp"

namespace ipcarc::detail {

/// For messages.
const char* mode_name(bool frozen);

/// Where the payload in root[0] lies.
std::byte* payload_at(Core& core, std::uint32_t index);

/// Throws type_mismatch or wrong_mode unless the entry, which the caller holds, is of the type and mode of `key`.
void require_match(Core& core, std::uint32_t index, bool frozen, std::string_view name,
                   const TypeKey& key);

/// An entry, building, with name, type and mutex, but no region. Reaps once if all are taken. Throws too_many_objects, out_of_memory.
std::uint32_t begin_entry(Core& core, std::string_view name, const TypeKey& key);

/// The region of an entry that this process builds, in root[0]. Reaps once if memory is short. Throws out_of_memory.
void build_region(Core& core, std::uint32_t index, const TypeKey& key);

}  // namespace ipcarc::detail
