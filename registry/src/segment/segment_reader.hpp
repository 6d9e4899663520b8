// A segment's file as who only looks reads it: by pread, never through a
// mapping.
//
// So a hole takes no memory, a file that is cut short is no SIGBUS, and no
// offset can lead out of the file: what is not there reads as zero. What is
// read is a copy, taken while others may write; who judges it reads again.
//
// Thread and process safety: any; changes nothing. The descriptor stays its
// owner's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "layout/geometry.hpp"

namespace ipcarc::detail {

class SegmentReader {
 public:
  SegmentReader(int fd, const Geometry& geometry) noexcept : fd_(fd), geometry_(geometry) {}

  const Geometry& geometry() const noexcept { return geometry_; }
  int descriptor() const noexcept { return fd_; }

  /// Copies [offset, offset + bytes). False if part of it is not in the file or
  /// cannot be read; that part is zero then.
  bool read(std::uint64_t offset, void* into, std::size_t bytes) const noexcept;
  /// The trivially copyable `T` at `offset`.
  template <class T>
  T at(std::uint64_t offset) const noexcept {
    T value{};
    read(offset, &value, sizeof value);
    return value;
  }
  /// Whether every step of the range is committed, by the commit map as it is
  /// now.
  bool committed(std::uint64_t offset, std::uint64_t bytes) const noexcept;
  /// The first place at or behind `offset` that is no hole; the end of the file
  /// if there is none.
  std::uint64_t next_data(std::uint64_t offset) const noexcept;
  std::uint64_t file_bytes() const noexcept;

  /// Calls `visit(index, record)` for the records [0, count) of a table, which
  /// it reads in large pieces, but for those in holes, which are zero. `T` is a
  /// struct of the segment, and may hold atomics. `passed(n)` is called as n
  /// records were visited or left out.
  template <class T, class Visit, class Passed>
  void for_each(std::uint64_t table, std::uint64_t count, Visit visit, Passed passed) const {
    constexpr std::uint64_t batch = std::max<std::uint64_t>(1, 65536 / sizeof(T));
    const auto records = std::make_unique<T[]>(std::min(batch, count));
    for (std::uint64_t first = 0; first < count;) {
      const std::uint64_t offset = table + first * sizeof(T);
      const std::uint64_t data = next_data(offset);
      if (data - offset >= sizeof(T)) {
        const std::uint64_t skipped = std::min((data - offset) / sizeof(T), count - first);
        first += skipped;
        passed(skipped);
        continue;
      }
      const std::uint64_t here = std::min(batch, count - first);
      read(offset, static_cast<void*>(records.get()), here * sizeof(T));
      for (std::uint64_t i = 0; i < here; ++i) {
        visit(first + i, records[i]);
      }
      first += here;
      passed(here);
    }
  }

 private:
  int fd_;
  Geometry geometry_;
};

}  // namespace ipcarc::detail
