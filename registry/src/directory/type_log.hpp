// The type log: each type's layout, kept once, appended and never changed.
//
// A record becomes real when `types_used` moves past it, by one store under the types mutex. Readers take no lock.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "participants/attachment.hpp"

namespace ipcarc::detail {

/// The name of the type at the root of a layout (see layout_text.hpp); empty if the text is none.
std::string type_name_of(std::string_view layout);

class TypeLog {
 public:
  explicit TypeLog(Attachment& attachment);

  /// Where the layout of `fingerprint` stands, if this process has asked for it before: an offset in the log in units of 8 bytes, plus
  /// one. 0: not known here.
  std::uint32_t known(std::uint64_t fingerprint) const noexcept {
    if (fingerprint == 0) [[unlikely]] {
      return 0;  // a place that is nobody's has it
    }
    for (std::size_t probe = 0; probe < most_probes; ++probe) {
      const Known& place = known_[(fingerprint + probe) % known_.size()];
      // acquire: pairs with the release in remember(); the type is the fingerprint's.
      if (place.fingerprint.load(std::memory_order_acquire) == fingerprint) {
        return place.type.load(std::memory_order_relaxed);
      }
    }
    return 0;
  }
  /// The same, looked for in the log and appended if need be. Throws out_of_memory.
  std::uint32_t intern(std::uint64_t fingerprint, std::uint64_t size, std::uint32_t alignment,
                       std::string_view layout);
  /// The layout's text; empty if `type` names no record.
  std::string_view layout(std::uint32_t type) const noexcept;
  std::uint64_t count() const noexcept;

 private:
  // What this process interned. A place is written once, and a record never changes, so what is found here needs no look at the log.
  struct Known {
    std::atomic<std::uint64_t> fingerprint;  // 0: none, or not yet
    std::atomic<std::uint32_t> type;         // 0: nobody's
  };
  static constexpr std::size_t most_probes = 8;

  void remember(std::uint64_t fingerprint, std::uint32_t type) noexcept;
  std::uint64_t used() const noexcept;
  /// The record at `offset` if it lies whole within `end`; else null.
  const TypeRecord* record_at(std::uint64_t offset, std::uint64_t end) const noexcept;
  std::uint32_t find(std::uint64_t fingerprint, std::uint64_t end) const noexcept;

  Attachment& attachment_;
  Segment& segment_;
  std::array<Known, 1024> known_{};
};

}  // namespace ipcarc::detail
