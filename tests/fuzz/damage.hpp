// Any bytes, read as a list of changes to a segment's metadata.
//
// The first byte chooses the segment, and whether the header's checksum is made anew at the end. Then come changes: a
// place (a table, a record, a byte in it; or a chunk's header, the arena behind it, the value) and what becomes of it (a
// bit flipped, a word stored, bytes moved).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "fuzz/base_segments.hpp"

namespace ipcarc::fuzz {

/// The segment that `input` makes; `directory`: where the base segments are made the first time.
Image damaged_segment(std::span<const std::uint8_t> input, const std::string& directory);

}  // namespace ipcarc::fuzz
