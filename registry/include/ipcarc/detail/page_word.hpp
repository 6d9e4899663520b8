// The word of a heap page, taken apart. Its kinds and legal moves: the table in
// src/layout/tables.hpp.
//
// It is here because arena_of() reads page words inline.
#pragma once

#include <cstdint>

namespace ipcarc::detail {

enum class PageKind : std::uint32_t { free = 0, small = 1, run = 2, tail = 3 };

/// An ordinary value. Any 64 bits may be looked at; what they claim is checked by who follows it.
struct PageWord {
  static constexpr std::uint64_t kind_mask = 0xF;
  static constexpr unsigned class_shift = 4;
  static constexpr std::uint64_t class_mask = 0xFF;
  static constexpr unsigned claimant_shift = 12;
  static constexpr std::uint64_t claimant_mask = 0x1FF;
  static constexpr unsigned count_shift = 4;
  static constexpr std::uint64_t count_mask = 0xFFFFFFF;
  static constexpr unsigned owner_shift = 32;

  static constexpr std::uint32_t max_run_pages = 0xFFFFFFF;

  std::uint64_t word = 0;

  constexpr PageKind kind() const { return static_cast<PageKind>(word & kind_mask); }
  /// Of a small page: its size class, and the slot of who claims it plus one, or 0.
  constexpr unsigned size_class() const {
    return static_cast<unsigned>((word >> class_shift) & class_mask);
  }
  constexpr std::uint32_t claimant() const {
    return static_cast<std::uint32_t>((word >> claimant_shift) & claimant_mask);
  }
  /// Of a run: its pages, and its owner's tag.
  constexpr std::uint32_t pages() const {
    return static_cast<std::uint32_t>((word >> count_shift) & count_mask);
  }
  constexpr std::uint32_t owner() const { return static_cast<std::uint32_t>(word >> owner_shift); }
  /// Of a tail: how many pages before it its head is.
  constexpr std::uint32_t distance() const { return pages(); }

  static constexpr PageWord small(unsigned size_class, std::uint32_t claimant) {
    return PageWord{static_cast<std::uint64_t>(PageKind::small) |
                    (std::uint64_t{size_class} << class_shift) |
                    (std::uint64_t{claimant} << claimant_shift)};
  }
  static constexpr PageWord run(std::uint32_t pages, std::uint32_t owner) {
    return PageWord{static_cast<std::uint64_t>(PageKind::run) |
                    (std::uint64_t{pages} << count_shift) | (std::uint64_t{owner} << owner_shift)};
  }
  static constexpr PageWord tail(std::uint32_t distance) {
    return PageWord{static_cast<std::uint64_t>(PageKind::tail) |
                    (std::uint64_t{distance} << count_shift)};
  }

  friend constexpr bool operator==(PageWord, PageWord) = default;
};

}  // namespace ipcarc::detail
