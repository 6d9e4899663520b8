// The lower bound of a lookup: hash the name, probe one cache line, compare one name. No lock, no count, no check of anything.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "shared_memory.hpp"

namespace ipcarc::bench {

class BareTable {
 public:
  explicit BareTable(std::uint32_t count, PagesOf pages = PagesOf::segments)
      : slots_(std::bit_ceil(std::size_t{count} * 3 / 2), pages) {}

  void add(std::string_view name, std::uint64_t value) {
    const std::uint64_t hash = XXH3_64bits(name.data(), name.size());
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at].value != 0) {
      at = (at + 1) & (slots_.size() - 1);
    }
    Slot& slot = slots_[at];
    slot.hash = hash;
    slot.value = value;
    slot.bytes = name.size();
    std::memcpy(slot.name, name.data(), name.size());
  }

  /// The value; 0: none.
  std::uint64_t find(std::string_view name) const noexcept {
    const std::uint64_t hash = XXH3_64bits(name.data(), name.size());
    for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      const Slot& slot = slots_[at];
      if (slot.value == 0) {
        return 0;
      }
      if (slot.hash == hash && std::string_view(slot.name, slot.bytes) == name) {
        return slot.value;
      }
    }
  }

 private:
  struct alignas(64) Slot {
    std::uint64_t hash;
    std::uint64_t value;
    std::size_t bytes;
    char name[40];
  };

  SharedArray<Slot> slots_;
};

}  // namespace ipcarc::bench
