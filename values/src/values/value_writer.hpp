// A stored value as JSON, from its layout and its bytes alone.
//
// What is written for what: docs/TYPES.md. The writer bears any bytes: depth, values and characters
// are bounded by the options, and every byte that it reads is the object's own (ObjectBytes).
//
// Thread and process safety: a ValueWriter is one caller's; what keeps the value still is that one's
// business.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ipcarc/detail/core_calls.hpp"
#include "ipcarc/options.hpp"
#include "values/contents.hpp"
#include "values/value_frame.hpp"

namespace ipcarc::detail {

/// The name of the object that a link refers to, empty if it is gone.
using LinkNames = std::function<std::optional<std::string>(const LinkWords& link)>;

class ValueWriter : private ValueFrame {
 public:
  /// `about`: the start of an error's message. All by reference must outlive the writer.
  ValueWriter(const std::string& about, const StoredLayout& layout, ObjectBytes& bytes,
              const JsonOptions& options, LinkNames names)
      : ValueFrame(about, options),
        layout_(layout),
        contents_(layout, bytes),
        names_(std::move(names)) {}

  /// The value of the layout's root at `offset`. Throws Damage, with the path to it in the message,
  /// and Error{std::errc::value_too_large} beyond the options' bounds.
  std::string write(std::uint64_t offset);

 private:
  void value(const StoredType& type, std::uint64_t offset);
  void value_or_throw(const StoredType& type, std::uint64_t offset);
  void scalar(const StoredType& type, std::uint64_t offset);
  void text(const StoredType& type, std::uint64_t offset);
  void members(const StoredType& type, std::uint64_t offset);
  void in_brackets(const StoredType& type, std::uint64_t offset, bool keyed);
  void pairs(const StoredType& type, std::uint64_t offset);
  void variant(const StoredType& type, std::uint64_t offset);
  void bits(const StoredType& type, std::uint64_t offset);
  void link(std::uint64_t offset);
  void encoded(const StoredType& type, std::uint64_t offset);
  void opaque(const StoredType& type, std::uint64_t offset);

  std::string characters(const StoredType& type, std::uint64_t offset) const;

  const StoredLayout& layout_;
  Contents contents_;
  LinkNames names_;
};

}  // namespace ipcarc::detail
