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
#include "values/json_text.hpp"

namespace ipcarc::detail {

/// The name of the object that a link refers to, empty if it is gone.
using LinkNames = std::function<std::optional<std::string>(const LinkWords& link)>;

class ValueWriter {
 public:
  /// `about`: the start of an error's message. All by reference must outlive the writer.
  ValueWriter(const std::string& about, const StoredLayout& layout, ObjectBytes& bytes,
              const JsonOptions& options, LinkNames names)
      : about_(about),
        layout_(layout),
        contents_(layout, bytes),
        options_(options),
        names_(std::move(names)),
        values_left_(options.max_values) {}

  /// The value of the layout's root at `offset`. Throws Damage, with the path to it in the message,
  /// and Error{std::errc::value_too_large} beyond the options' bounds.
  std::string write(std::uint64_t offset);

 private:
  class Step;

  void value(const StoredType& type, std::uint64_t offset);
  void value_or_throw(const StoredType& type, std::uint64_t offset);
  void number(const StoredType& type, std::uint64_t offset);
  void character(const StoredType& type, std::uint64_t offset);
  void text(const StoredType& type, std::uint64_t offset);
  void members(const StoredType& type, std::uint64_t offset);
  void in_brackets(const StoredType& type, std::uint64_t offset, bool keyed);
  void pairs(const StoredType& type, std::uint64_t offset);
  void variant(const StoredType& type, std::uint64_t offset);
  void bits(const StoredType& type, std::uint64_t offset);
  void link(std::uint64_t offset);
  void opaque(const StoredType& type, std::uint64_t offset);

  std::string characters(const StoredType& type, std::uint64_t offset) const;
  void require_room(std::uint64_t more) const;
  [[noreturn]] void too_large(const char* bound, std::uint64_t limit) const;

  const std::string& about_;
  const StoredLayout& layout_;
  Contents contents_;
  const JsonOptions& options_;
  LinkNames names_;
  JsonText out_;
  std::string path_;
  std::uint64_t values_left_;
  std::uint32_t depth_ = 0;
};

}  // namespace ipcarc::detail
