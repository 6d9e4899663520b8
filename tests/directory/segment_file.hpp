// A registry's file as a test reads and damages it: by offset, with nobody's
// help.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "ipcarc/detail/page_word.hpp"
#include "layout/tables.hpp"
#include "segment/descriptor.hpp"
#include "segment/registry_file.hpp"

namespace ipcarc::test {

class SegmentFile {
 public:
  explicit SegmentFile(const std::string& path) : file_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    EXPECT_TRUE(file_) << path;
    read(0, &header_, sizeof header_);
  }

  const detail::Geometry& geometry() const { return header_.geometry; }
  int descriptor() const { return file_.get(); }

  template <class T>
  T get(std::uint64_t offset) const {
    T value{};
    read(offset, &value, sizeof value);
    return value;
  }
  template <class T>
  void put(std::uint64_t offset, T value) const {
    EXPECT_EQ(::pwrite(file_.get(), &value, sizeof value, static_cast<off_t>(offset)),
              static_cast<ssize_t>(sizeof value));
  }
  std::vector<std::byte> bytes(std::uint64_t offset, std::size_t count) const {
    std::vector<std::byte> result(count);
    read(offset, result.data(), count);
    return result;
  }
  void put_bytes(std::uint64_t offset, const std::vector<std::byte>& bytes) const {
    EXPECT_EQ(::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)),
              static_cast<ssize_t>(bytes.size()));
  }
  std::uint64_t size() const {
    struct stat status {};
    return ::fstat(file_.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  }

  // Where things are.
  std::uint64_t entry(std::uint32_t index) const {
    return geometry().entries + index * sizeof(detail::Entry);
  }
  std::uint64_t state(std::uint32_t index) const {
    return entry(index) + offsetof(detail::Entry, state);
  }
  std::uint64_t version(std::uint32_t index) const {
    return entry(index) + offsetof(detail::Entry, version);
  }
  std::uint64_t root(std::uint32_t index, unsigned slot = 0) const {
    return entry(index) + offsetof(detail::Entry, root) + slot * sizeof(std::uint64_t);
  }
  std::uint64_t participant(std::uint32_t slot) const {
    return geometry().participants + slot * sizeof(detail::Participant);
  }
  std::uint64_t page(std::uint32_t number) const {
    return geometry().page_table + number * sizeof(detail::Page);
  }
  std::uint64_t tag(std::uint32_t page, std::uint32_t index) const {
    return geometry().tags +
           (std::uint64_t{page} * geometry().tags_per_page() + index) * sizeof(std::uint32_t);
  }
  std::uint64_t bucket_of(std::uint32_t index) const {
    const auto hash = get<std::uint32_t>(entry(index) + offsetof(detail::Entry, hash));
    return geometry().buckets + (hash & (geometry().bucket_count - 1)) * sizeof(std::uint32_t);
  }
  /// Where the link behind an entry is, and what leads to it.
  std::uint64_t link_behind(std::uint32_t index) const { return geometry().link_behind(index); }
  std::uint32_t link_to(std::uint32_t index) const {
    return geometry().link_to(index,
                              get<std::uint32_t>(entry(index) + offsetof(detail::Entry, hash)));
  }

  /// The entry of that short name.
  std::uint32_t find(const std::string& name) const {
    for (std::uint32_t index = 0; index < geometry().max_objects; ++index) {
      const auto text = get<std::array<char, 32>>(entry(index) + offsetof(detail::Entry, name));
      const detail::State state{get<std::uint64_t>(this->state(index))};
      if (state.holdable() &&
          static_cast<std::size_t>(text[detail::inline_name_bytes]) == name.size() &&
          name.compare(0, name.size(), text.data(), name.size()) == 0) {
        return index;
      }
    }
    ADD_FAILURE() << "no entry " << name;
    return 0;
  }
  /// The first page of that kind.
  std::uint32_t page_of_kind(detail::PageKind kind) const {
    for (std::uint32_t number = 0; number < geometry().page_count; ++number) {
      if (detail::PageWord{get<std::uint64_t>(page(number))}.kind() == kind) {
        return number;
      }
    }
    ADD_FAILURE() << "no such page";
    return 0;
  }

 private:
  void read(std::uint64_t offset, void* into, std::size_t count) const {
    EXPECT_EQ(::pread(file_.get(), into, count, static_cast<off_t>(offset)),
              static_cast<ssize_t>(count));
  }

  // The part of a header that does not change.
  struct {
    std::uint64_t before_geometry[6];
    detail::Geometry geometry;
  } header_;
  static_assert(offsetof(detail::Header, geometry) == 6 * sizeof(std::uint64_t));
  detail::Descriptor file_;
};

}  // namespace ipcarc::test
