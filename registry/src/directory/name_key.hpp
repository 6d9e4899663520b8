// A name as the directory compares it: its hash, and the four words that an entry keeps of it.
#pragma once

#include <array>
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

struct NameKey {
  explicit NameKey(std::string_view text) noexcept
      : name(text), hash(XXH3_64bits(text.data(), text.size())) {
    unsigned char bytes[sizeof words] = {static_cast<unsigned char>(text.size())};
    const std::size_t here = text.size() < inline_name_bytes ? text.size() : inline_name_bytes;
    std::memcpy(bytes + 1, text.data(), here);
    std::memcpy(words.data(), bytes, sizeof words);
  }

  std::string_view name;
  std::uint64_t hash;
  std::array<std::uint64_t, 4> words;
};

/// Words of a long name's whole text, in the table of tails.
inline constexpr std::uint32_t tail_words = name_tail_bytes / sizeof(std::uint64_t);

inline std::atomic<std::uint64_t>* tail_of(const Segment& segment, std::uint32_t index) noexcept {
  return segment.at<std::atomic<std::uint64_t>>(segment.geometry().name_tails +
                                                name_tail_bytes * std::uint64_t{index});
}

}  // namespace ipcarc::detail
