// One segment as this process has it mapped: the file, the range, the checked map of its tables.
//
// Thread safety: all calls may be made by any thread at once, but for decommit(), which its caller
// serialises by the run mutex. A Segment is the private half; what lies in the segment is in
// layout/.
//
// Invariants
// 1. geometry() is computed by this process and equal to what the header claims.
// 2. The file was at least geometry().file_bytes long when it was mapped, and the range stays
//    mapped for the Segment's life.
// 3. Memory is used only after commit() of it returned.
// 4. The mapping pins the description it was made through, whose lock is the participant's: a
//    descriptor that somebody closes by
//    mistake (closefrom, a daemon's clean-up) does not make this process look dead. What needs a
//    descriptor asks descriptor().
#pragma once

#include <sys/types.h>

#include <atomic>
#include <boost/interprocess/mapped_region.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

#include "ipcarc/error.hpp"
#include "layout/geometry.hpp"
#include "layout/tables.hpp"
#include "segment/descriptor.hpp"

namespace ipcarc::detail {

class Segment {
 public:
  /// Takes over `fd`, the description whose locks are the participant's, and maps
  /// `geometry.file_bytes` of it through it. Closes it if that fails. Errors: out_of_memory (no
  /// address space). `huge_pages`: take() gathers steps in them, where the kernel does that.
  Segment(std::string registry_name, std::string path, int fd, const Geometry& geometry,
          bool huge_pages);
  ~Segment();
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  std::byte* base() const noexcept { return base_; }
  const Geometry& geometry() const noexcept { return geometry_; }
  Header& header() const noexcept { return *reinterpret_cast<Header*>(base_); }
  const FileIdentity& identity() const noexcept { return identity_; }
  /// A descriptor of the segment's file, for locks and fallocate. If the one that the segment was
  /// mapped through was closed, or another file has its number by now, the file is opened anew: by
  /// its path, or by /proc/self/map_files. -1 with errno if neither can be had. Two system calls at
  /// least: never on a hot path.
  int descriptor() const noexcept;
  const std::string& registry_name() const noexcept { return registry_name_; }
  const std::string& path() const noexcept { return path_; }

  /// The `T` at `offset`, which is this library's own arithmetic on the geometry, or was checked
  /// before.
  template <class T>
  T* at(std::uint64_t offset) const noexcept {
    return reinterpret_cast<T*>(base_ + offset);
  }
  std::uint64_t offset_of(const void* address) const noexcept {
    return static_cast<std::uint64_t>(static_cast<const std::byte*>(address) - base_);
  }

  Entry* entries() const noexcept { return at<Entry>(geometry_.entries); }
  Participant* participants() const noexcept { return at<Participant>(geometry_.participants); }
  Shard* shards() const noexcept { return at<Shard>(geometry_.shards); }
  std::atomic<std::uint32_t>* buckets() const noexcept {
    return at<std::atomic<std::uint32_t>>(geometry_.buckets);
  }
  std::atomic<std::uint32_t>* links() const noexcept {
    return at<std::atomic<std::uint32_t>>(geometry_.links);
  }
  Page* pages() const noexcept { return at<Page>(geometry_.page_table); }

  /// Takes the memory of [offset, offset + bytes) from the filesystem, in whole steps, unless it is
  /// taken already. Idempotent; any process, any thread. Throws Error{out_of_memory}, and then
  /// nothing has changed. Cheap when already committed (a bit test a step).
  void commit(std::uint64_t offset, std::uint64_t bytes);
  /// Takes the memory of [from, to) and sets no bit: of a newborn, and within commit(). 0, or the errno of the failure, and then (on
  /// tmpfs) nothing was taken.
  int take(std::uint64_t from, std::uint64_t to) noexcept;
  /// Whether every step of the range is committed.
  bool committed(std::uint64_t offset, std::uint64_t bytes) const noexcept;
  /// Clears the bits of the steps that lie wholly in the range, then punches them out of the file.
  /// The caller excludes every commit of and access to the range (heap: run mutex, pages not yet
  /// marked free).
  void decommit(std::uint64_t offset, std::uint64_t bytes) noexcept;

  /// Throws Error{corrupt_segment} naming this registry and `what`.
  [[noreturn]] void corrupt(const std::string& what) const;

  /// Fork, in the child: takes over `fd`, another description of the same file, maps it over the
  /// same range and closes the old one. False if the system refused; the range is then whatever
  /// seal() is able to make of it.
  bool remap(int fd) noexcept;
  /// Fork, in a child that could not attach: lets go of the old description, whose lock is the
  /// parent's. The range shows the file through `fd`, which it takes over, but can only be read;
  /// or, without one (-1), any access to it ends the process.
  void seal(int fd) noexcept;

 private:
  // Makes the steps that lie wholly in [from, to) and are not committed huge pages, if that works.
  void gather(std::uint64_t from, std::uint64_t to) noexcept;
  void collapse(std::byte* begin, std::uint64_t steps) noexcept;
  // Maps `fd` (-1: nothing) over the range. True if that worked; then `fd` is the segment's.
  bool map_over(int fd, int protection) noexcept;
  void close_descriptor() noexcept;

  std::string registry_name_;
  std::string path_;
  // Relaxed everywhere: a descriptor is a number, and what it stands for is checked at each use.
  mutable std::atomic<int> fd_{-1};
  // How often the kernel may still refuse a huge page before it is not asked again. Relaxed: who reads an old value asks once more.
  std::atomic<int> huge_page_patience_;
  FileIdentity identity_;
  boost::interprocess::mapped_region region_;
  std::byte* base_ = nullptr;
  Geometry geometry_;
};

}  // namespace ipcarc::detail
