// The segments that are damaged: real ones, made once a process, with an object of every kind; of each size also one in
// which several processes died.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ipcarc/ipcarc.hpp>

#include "layout/geometry.hpp"

namespace ipcarc::fuzz {

struct Settings {
  int port = 8080;
  ipcarc::string host = "localhost";
  ipcarc::vector<ipcarc::string> peers;
};

struct Point {
  std::uint64_t x = 0;
  std::uint64_t y = 0;
};

using Block = std::array<std::uint64_t, 1000>;

/// A file as its pieces that are no holes.
struct Image {
  std::uint64_t file_bytes = 0;
  detail::Geometry geometry{};
  std::vector<std::pair<std::uint64_t, std::vector<std::byte>>> pieces;
  struct Block {
    std::uint64_t offset;
    std::uint64_t header_bytes;  // before what is a value, or an arena
  };
  std::vector<Block> blocks;    // of the regions of its objects
  bool values_damaged = false;  // arenas or values, which are believed, may not be whole

  /// The bytes at `offset`, if they are in one piece.
  std::byte* at(std::uint64_t offset, std::size_t bytes);
  std::uint64_t word(std::uint64_t offset);
  /// Makes it the file at `path`.
  void write(const std::string& path) const;
};

inline constexpr std::size_t base_count = 4;
inline constexpr const char* registry_name = "fuzzed";

/// One of base_count segments. The first call makes them all, in `directory`, by child processes that may be killed.
const Image& base_segment(std::size_t which, const std::string& directory);

}  // namespace ipcarc::fuzz
