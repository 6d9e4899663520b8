// One damaged encoding, decoded through a segment as any process would.
//
// An input's first byte says of which type the encoding is (`blob_kinds`) and, by its highest bit, what is damaged: clear, the rest is what
// the object has for its encoding, with the right checksum, as one who means it would; set, the next 40 bytes are put over the head of a
// blob (by exclusive or), of which the rest are the contents.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ipcarc::fuzz {

inline constexpr std::size_t blob_kinds = 4;

struct BlobOutcome {
  bool decoded = false;
  std::string
      wrong;  ///< empty: it was decoded or decode_failed, within the memory that its length allows
};

/// In this process, which no other thread is in. The first call makes a registry, named uniquely, that goes with the process.
BlobOutcome exercise_blob(std::span<const std::uint8_t> input);

/// A whole encoding of each kind, as an input.
std::vector<std::uint8_t> whole_blob(std::size_t kind);

}  // namespace ipcarc::fuzz
