// A type as a segment keeps it: the layout's text (detail/layout_text.hpp), read and checked.
//
// The text comes from a segment, so nothing in it is believed: indices, sizes and offsets are
// compared with each other here, once, and whoever reads a value by them need not ask again. What
// cannot be a layout throws Error{corrupt_segment}.
//
// Thread and process safety: an ordinary value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ipcarc::detail {

/// What a value of a type is made of, as far as its reader tells kinds apart.
enum class Shape : std::uint8_t {
  boolean,
  character,
  integer,
  natural,
  floating,
  enumeration,
  fixed_array,  // a C array or std::array: `count` of part 0
  structure,
  pair,
  tuple,
  optional,
  variant,
  bitset,   // `count` bits
  wrapper,  // a duration, a time point, an atomic: part 0 at offset 0
  complex,
  string,
  vector,  // also small_vector
  flat_set,
  flat_map,
  static_vector,  // at most `count`
  deque,
  stable_vector,
  list,
  map,
  set,
  unordered_map,
  unordered_set,
  link,
  multimap,  // only encoded
  encoded,   // a blob: part 0, encoded by cereal; all types below it have no size but scalars
  nothing,   // an argument that has no value: a number or a name
  opaque,    // known by name and size
};

struct StoredPart {
  std::string name;  // of a member
  std::uint64_t offset = 0;
  std::uint32_t type = 0;
  bool base = false;
};

struct StoredType {
  Shape shape = Shape::opaque;
  std::string name;
  std::uint64_t size = 0;
  std::uint64_t align = 1;
  std::uint64_t count = 0;  // extent of an array, capacity of a static_vector, bits of a bitset
  std::uint64_t flag_offset = 0;
  std::uint32_t flag_bytes = 0;
  std::vector<StoredPart> parts;
};

class StoredLayout {
 public:
  /// `about`: the start of the error's message.
  StoredLayout(std::string_view text, const std::string& about);

  const StoredType& root() const noexcept { return types_[root_]; }
  const StoredType& type(std::uint32_t index) const noexcept { return types_[index]; }
  /// The type of `of`'s part.
  const StoredType& part(const StoredType& of, std::size_t part) const noexcept {
    return types_[of.parts[part].type];
  }
  /// Whether a value of the type holds everything inside itself, and is all told by its layout.
  bool is_plain(const StoredType& type) const { return plain_[index_of(type)]; }
  /// Whether the type's values are text: strings and arrays of characters.
  bool is_text(const StoredType& type) const noexcept;

 private:
  std::uint32_t index_of(const StoredType& type) const noexcept {
    return static_cast<std::uint32_t>(&type - types_.data());
  }
  void find_plain_types();

  std::vector<StoredType> types_;
  std::vector<bool> plain_;
  std::uint32_t root_ = 0;
};

/// `value` rounded up to a multiple of `alignment`, a power of two.
constexpr std::uint64_t aligned(std::uint64_t value, std::uint64_t alignment) noexcept {
  return (value + alignment - 1) & ~(alignment - 1);
}

}  // namespace ipcarc::detail
