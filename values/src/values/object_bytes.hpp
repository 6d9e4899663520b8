// The bytes of one object, by their offset in the segment: what a value's reader follows, and all
// that it can reach.
//
// Whatever is read is compared first with the block that it lies in, which has to bear the object's
// tag, or, if the value lies in the entry, with its place there; so no link that a broken value holds leads out of the object. Three kinds: the mapping, which
// the caller's guard keeps still; a private copy of a value that holds no links; the file, for who
// has no mapping, where what is read may change meanwhile.
//
// Thread and process safety: an ObjectBytes is one reader's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "heap/heap_check.hpp"
#include "heap/page_table.hpp"

namespace ipcarc::detail {

class ObjectBytes {
 public:
  virtual ~ObjectBytes() = default;
  ObjectBytes(const ObjectBytes&) = delete;
  ObjectBytes& operator=(const ObjectBytes&) = delete;

  /// Copies [offset, offset + bytes). False if that is not the object's, or not in one block.
  bool read(std::uint64_t offset, void* into, std::size_t bytes) {
    if (!within(offset, bytes)) {
      window_ = window(offset, bytes);
      if (!within(offset, bytes)) {
        return false;
      }
    }
    std::memcpy(into, window_.bytes.data() + (offset - window_.offset), bytes);
    return true;
  }
  /// Whether [offset, offset + bytes) is the object's and in one block.
  bool holds(std::uint64_t offset, std::uint64_t bytes) {
    return within(offset, bytes) || is_object(offset, bytes);
  }

 protected:
  /// Bytes from `offset` on that can be read.
  struct Window {
    std::uint64_t offset = 0;
    std::span<const std::byte> bytes;
  };

  ObjectBytes() = default;

 private:
  /// One that contains [offset, offset + bytes), or an empty one.
  virtual Window window(std::uint64_t offset, std::size_t bytes) = 0;
  virtual bool is_object(std::uint64_t offset, std::uint64_t bytes) = 0;

  bool within(std::uint64_t offset, std::uint64_t bytes) const noexcept {
    return offset >= window_.offset && offset - window_.offset <= window_.bytes.size() &&
           bytes <= window_.bytes.size() - (offset - window_.offset);
  }

  Window window_;
};

/// An object in the mapping. The caller keeps it still: it holds a frozen one, or the mutex.
class MappedBytes final : public ObjectBytes {
 public:
  /// `owner`: the object's tag.
  MappedBytes(const Segment& segment, std::uint32_t owner) noexcept
      : segment_(segment), table_(segment), owner_(owner) {}

 private:
  Window window(std::uint64_t offset, std::size_t bytes) override;
  bool is_object(std::uint64_t offset, std::uint64_t bytes) override;
  BlockAt block(std::uint64_t offset, std::uint64_t bytes) const noexcept;

  const Segment& segment_;
  PageTable table_;
  std::uint32_t owner_;
};

/// A copy of a value that lies at `offset`.
class CopiedBytes final : public ObjectBytes {
 public:
  CopiedBytes(std::uint64_t offset, std::vector<std::byte> value) noexcept
      : offset_(offset), value_(std::move(value)) {}

 private:
  Window window(std::uint64_t, std::size_t) override { return {offset_, value_}; }
  bool is_object(std::uint64_t offset, std::uint64_t bytes) override {
    return offset >= offset_ && offset - offset_ <= value_.size() &&
           bytes <= value_.size() - (offset - offset_);
  }

  std::uint64_t offset_;
  std::vector<std::byte> value_;
};

/// An object in the file, read by system calls, a window at a time.
class FileBytes final : public ObjectBytes {
 public:
  /// `lies_in_entry`: the object is one whose value lies in its entry.
  FileBytes(const SegmentReader& reader, const HeapCheck& heap, std::uint32_t owner,
            bool lies_in_entry) noexcept
      : reader_(reader), heap_(heap), owner_(owner), in_entry_(lies_in_entry) {}

 private:
  static constexpr std::size_t window_bytes = 4096;

  Window window(std::uint64_t offset, std::size_t bytes) override;
  bool is_object(std::uint64_t offset, std::uint64_t bytes) override;
  BlockAt block(std::uint64_t offset, std::uint64_t bytes) const noexcept;

  const SegmentReader& reader_;
  const HeapCheck& heap_;
  std::uint32_t owner_;
  bool in_entry_;
  std::vector<std::byte> buffer_;
};

}  // namespace ipcarc::detail
