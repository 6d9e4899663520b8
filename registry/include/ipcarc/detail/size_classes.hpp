// The sizes of blocks on small pages: multiples of 64 bytes, in steps of at most a third, up to
// half a page.
//
// One table serves all page sizes; a segment uses the classes up to half of its page. The sizes
// above 4 KiB divide a page of 64 KiB evenly. What is larger than half a page is a run of pages.
//
// It is here because arena_of() finds the start of a block inline.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ipcarc::detail {

inline constexpr std::uint32_t class_unit_bytes = 64;

/// Bytes of a block of each class, in units of 64.
inline constexpr std::array<std::uint16_t, 30> class_units = {
    1,  2,  3,  4,  5,  6,  7,  8,   10,  12,  14,  16,  20,  24,  28,
    32, 40, 48, 56, 64, 73, 85, 102, 128, 146, 170, 204, 256, 341, 512};
inline constexpr unsigned class_count = static_cast<unsigned>(class_units.size());

/// Division by a class's size: offset * inverse >> 32, exact for offsets up to 64 KiB.
struct ClassSize {
  std::uint32_t bytes;
  std::uint32_t inverse;
};

inline constexpr std::array<ClassSize, class_count> class_sizes = [] {
  std::array<ClassSize, class_count> sizes{};
  for (unsigned i = 0; i < class_count; ++i) {
    const std::uint64_t bytes = std::uint64_t{class_units[i]} * class_unit_bytes;
    sizes[i] = {static_cast<std::uint32_t>(bytes),
                static_cast<std::uint32_t>(((std::uint64_t{1} << 32) + bytes - 1) / bytes)};
  }
  return sizes;
}();

/// Which block of `size_class` an offset within a page lies in.
constexpr std::uint32_t block_index(unsigned size_class, std::uint32_t offset_in_page) {
  return static_cast<std::uint32_t>(
      (std::uint64_t{offset_in_page} * class_sizes[size_class].inverse) >> 32);
}

namespace size_classes_detail {

inline constexpr std::array<std::uint8_t, class_units.back() + 1> class_of_units = [] {
  std::array<std::uint8_t, class_units.back() + 1> classes{};
  unsigned at = 0;
  for (unsigned units = 0; units < classes.size(); ++units) {
    if (units > class_units[at]) {
      ++at;
    }
    classes[units] = static_cast<std::uint8_t>(at);
  }
  return classes;
}();

}  // namespace size_classes_detail

/// The smallest class of at least `bytes`, which is at most half a page of 64 KiB.
constexpr unsigned class_for(std::uint64_t bytes) {
  return size_classes_detail::class_of_units[static_cast<std::size_t>(
      (bytes + class_unit_bytes - 1) / class_unit_bytes)];
}

static_assert(class_for(1) == 0 && class_for(64) == 0 && class_for(65) == 1);
static_assert(class_for(32768) == class_count - 1 && class_sizes[class_count - 1].bytes == 32768);
static_assert([] {
  for (unsigned c = 0; c < class_count; ++c) {
    for (std::uint32_t offset = 0; offset <= 65536; offset += 32) {
      if (block_index(c, offset) != offset / class_sizes[c].bytes) {
        return false;
      }
    }
  }
  return true;
}());

}  // namespace ipcarc::detail
