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

  /// Where the layout of `fingerprint` stands, appended if need be: an offset in the log in units of 8 bytes, plus one. Throws out_of_memory.
  std::uint32_t intern(std::uint64_t fingerprint, std::uint64_t size, std::uint32_t alignment,
                       std::string_view layout);
  /// The layout's text; empty if `type` names no record.
  std::string_view layout(std::uint32_t type) const noexcept;
  std::uint64_t count() const noexcept;

 private:
  std::uint64_t used() const noexcept;
  /// The record at `offset` if it lies whole within `end`; else null.
  const TypeRecord* record_at(std::uint64_t offset, std::uint64_t end) const noexcept;
  std::uint32_t find(std::uint64_t fingerprint, std::uint64_t end) const noexcept;

  Attachment& attachment_;
  Segment& segment_;
  // Hints, by the low bits of the fingerprint: where its record was seen last. The record says whether that is so.
  std::array<std::atomic<std::uint32_t>, 256> seen_{};
};

}  // namespace ipcarc::detail
