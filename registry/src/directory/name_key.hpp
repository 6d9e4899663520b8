// A name as the directory compares it: its hash, and the four words that an entry keeps of it.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

#include "ipcarc/detail/entry_layout.hpp"
#include "segment/segment.hpp"

namespace ipcarc::detail {

/// The first 31 bytes of a name, zero-padded, and its length in the last byte, as an entry keeps them. Built in registers: a copy through memory
/// would be read back in other pieces than it was written in.
[[gnu::always_inline]] inline std::array<std::uint64_t, 4> name_words(
    std::string_view text) noexcept {
  static_assert(std::endian::native == std::endian::little);
  const auto load = [](const char* from) {
    std::uint64_t word;
    std::memcpy(&word, from, sizeof word);
    return word;
  };
  const char* const from = text.data();
  const std::uint64_t length = std::uint64_t{text.size()} << 56;
  const std::size_t here = std::min(text.size(), inline_name_bytes);
  if (here >= 16) {
    // The last 16 bytes, those that words 0 and 1 have already shifted out: 1 to 16 of them.
    __extension__ using Wide = unsigned __int128;
    const Wide last = Wide{load(from + here - 8)} << 64 | load(from + here - 16);
    const Wide rest = last >> 8 >> (8 * (inline_name_bytes - here));
    return {load(from), load(from + 8), static_cast<std::uint64_t>(rest),
            static_cast<std::uint64_t>(rest >> 64) | length};
  }
  if (here > 8) {
    return {load(from), load(from + here - 8) >> (8 * (16 - here)), 0, length};
  }
  if (here >= 4) {
    std::uint32_t low;
    std::uint32_t high;
    std::memcpy(&low, from, sizeof low);
    std::memcpy(&high, from + here - 4, sizeof high);
    return {low | std::uint64_t{high} << (8 * (here - 4)), 0, 0, length};
  }
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < here; ++i) {
    first |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
  }
  return {first, 0, 0, length};
}

struct NameKey {
  [[gnu::always_inline]] explicit NameKey(std::string_view text) noexcept
      : name(text),
        words(name_words(text)),
        hash(static_cast<std::uint32_t>(XXH3_64bits(text.data(), text.size()))) {}

  /// The key that gave `digest`, of the same name.
  NameKey(std::string_view text, const NameDigest& digest) noexcept
      : name(text), words(digest.words), hash(digest.hash) {}
  NameDigest digest() const noexcept { return {words, hash}; }

  std::string_view name;
  std::array<std::uint64_t, 4> words;
  std::uint32_t hash;
};

/// Words of a long name's whole text, in the table of tails.
inline constexpr std::uint32_t tail_words = name_tail_bytes / sizeof(std::uint64_t);

inline std::atomic<std::uint64_t>* tail_of(const Segment& segment, std::uint32_t index) noexcept {
  return segment.at<std::atomic<std::uint64_t>>(segment.geometry().name_tails +
                                                name_tail_bytes * std::uint64_t{index});
}

}  // namespace ipcarc::detail
