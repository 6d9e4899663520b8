// An encoded value as JSON, from the description of its encoding and its bytes alone.
//
// The bytes are what cereal's portable binary archive writes (docs/SERIALIZATION.md), read once from front to
// back. Their checksum is right, and still nothing is believed: no count is more than bytes are left, and the options'
// bounds hold. A class that encodes itself is known to its own functions only; a value with one in it is shown
// as its type and its bytes.
//
// Thread and process safety: one caller's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "values/value_frame.hpp"

namespace ipcarc::detail {

class EncodedWriter : private ValueFrame {
 public:
  EncodedWriter(const std::string& about, const StoredLayout& layout, const JsonOptions& options,
                std::span<const std::byte> bytes) noexcept
      : ValueFrame(about, options), layout_(layout), bytes_(bytes) {}

  /// The value of the type. Throws Error{decode_failed} for bytes that are none, and
  /// std::errc::value_too_large beyond the options' bounds.
  std::string write(const StoredType& type);

 private:
  struct Unknown {};  // a class that encodes itself

  void value(const StoredType& type);
  void value_or_unknown(const StoredType& type);
  void members(const StoredType& type);
  void parts(const StoredType& type);
  void sequence(const StoredType& element, std::uint64_t count);
  void map(const StoredType& type);
  void variant(const StoredType& type);
  void bits(const StoredType& type);
  std::string text(const StoredType& type);

  const std::byte* take(std::uint64_t bytes);
  template <class T>
  T number();
  std::uint64_t count();
  [[noreturn]] void broken(const std::string& what) const;

  const StoredLayout& layout_;
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
};

}  // namespace ipcarc::detail
