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
  std::array<std::uint64_t, 4> words{};
  const std::size_t here = std::min(text.size(), inline_name_bytes);
  const std::size_t whole = here / 8;
  const std::size_t rest = here % 8;
  for (std::size_t i = 0; i < whole; ++i) {
    words[i] = load(text.data() + 8 * i);
  }
  if (rest != 0) {
    if (here >= 8) {
      words[whole] = load(text.data() + here - 8) >> (8 * (8 - rest));
    } else if (here >= 4) {
      std::uint32_t low;
      std::uint32_t high;
      std::memcpy(&low, text.data(), sizeof low);
      std::memcpy(&high, text.data() + here - 4, sizeof high);
      words[0] = low | std::uint64_t{high} << (8 * (here - 4));
    } else {
      for (std::size_t i = 0; i < here; ++i) {
        words[0] |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
      }
    }
  }
  words[3] |= std::uint64_t{text.size()} << 56;
  return words;
}

struct NameKey {
  [[gnu::always_inline]] explicit NameKey(std::string_view text) noexcept
      : name(text),
        words(name_words(text)),
        hash(static_cast<std::uint32_t>(XXH3_64bits(text.data(), text.size()))) {}

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
