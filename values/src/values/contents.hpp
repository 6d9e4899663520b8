// What the values of a stored type hold, found by their bytes alone: numbers, texts, and where the
// elements of each container lie. The forms are those stated at the head of each container's header.
//
// Whatever does not fit is thrown as Damage; walks end after as many steps as the container says that
// it has elements, and a caller with a budget ends them sooner. Offsets are of the segment.
//
// Thread and process safety: as of the ObjectBytes that it reads.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>

#include "values/object_bytes.hpp"
#include "values/stored_layout.hpp"

namespace ipcarc::detail {

/// Bytes that are no value of their type.
class Damage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Where a text's characters lie.
struct TextAt {
  std::uint64_t offset;
  std::uint64_t count;  // of characters
};

class Contents {
 public:
  Contents(const StoredLayout& layout, ObjectBytes& bytes) noexcept
      : layout_(layout), bytes_(bytes) {}

  const StoredLayout& layout() const noexcept { return layout_; }

  /// The number at `offset`.
  template <class T>
  T at(std::uint64_t offset) const {
    T value;
    read(offset, &value, sizeof value);
    return value;
  }
  void read(std::uint64_t offset, void* into, std::size_t bytes) const;
  /// Throws unless [offset, offset + bytes) is the object's.
  void require_inside(std::uint64_t offset, std::uint64_t bytes) const;

  /// The characters of a string or an array of characters; those of a fixed array up to its NUL.
  TextAt text(const StoredType& type, std::uint64_t offset) const;
  /// The number of elements a container says to have; of a fixed array, its extent.
  std::uint64_t count(const StoredType& type, std::uint64_t offset) const;
  /// Calls `visit` with the offset of each element, in order (of unordered containers: of buckets);
  /// of maps, the offset of the pair. It stops when `visit` says false.
  using Visit = std::function<bool(std::uint64_t element)>;
  void for_each(const StoredType& type, std::uint64_t offset, const Visit& visit) const;
  /// In a map's pair, from the pair to its value.
  std::uint64_t mapped_offset(const StoredType& type) const noexcept;
  /// Which alternative a variant holds, whether an optional is set.
  std::uint32_t flag(const StoredType& type, std::uint64_t offset) const;

 private:
  std::uint64_t follow(std::uint64_t link, std::int64_t distance) const;
  std::uint64_t element_bytes(const StoredType& type) const noexcept;
  std::uint64_t element_align(const StoredType& type) const noexcept;
  /// Offset of a vector's first element, whose `count` all lie in one block.
  std::uint64_t first_of_vector(std::uint64_t offset, std::uint64_t count,
                                std::uint64_t bytes_each) const;
  void in_a_row(std::uint64_t first, std::uint64_t count, std::uint64_t bytes_each,
                const Visit& visit) const;
  void of_links(const StoredType& type, std::uint64_t offset, const Visit& visit) const;
  void of_list(const StoredType& type, std::uint64_t offset, const Visit& visit) const;
  void of_tree(const StoredType& type, std::uint64_t offset, const Visit& visit) const;
  void of_buckets(const StoredType& type, std::uint64_t offset, const Visit& visit) const;

  const StoredLayout& layout_;
  ObjectBytes& bytes_;
};

}  // namespace ipcarc::detail
