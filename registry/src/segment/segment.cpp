#include "segment/segment.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <boost/interprocess/exceptions.hpp>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "segment/registry_file.hpp"
#include "segment/system_retry.hpp"

namespace ipcarc::detail {
namespace {

// What mapped_region asks of a thing that can be mapped. It looks at the descriptor, and never owns
// it.
class Mappable {
 public:
  explicit Mappable(int fd) noexcept : handle_{fd, false} {}
  boost::interprocess::mapping_handle_t get_mapping_handle() const noexcept { return handle_; }

 private:
  boost::interprocess::mapping_handle_t handle_;
};

// The steps [first, last) that `offset` and `bytes` touch.
struct Steps {
  std::uint64_t first;
  std::uint64_t last;
};

Steps steps_touched(const Geometry& geometry, std::uint64_t offset, std::uint64_t bytes) noexcept {
  const std::uint64_t first = offset >> geometry.commit_shift;
  return {first, bytes == 0 ? first : ((offset + bytes - 1) >> geometry.commit_shift) + 1};
}

bool step_committed(const std::atomic<std::uint64_t>* map, std::uint64_t step) noexcept {
  // acquire: pairs with commit(); whoever sees the bit sees memory that the filesystem has given.
  return (map[step / 64].load(std::memory_order_acquire) >> (step % 64) & 1) != 0;
}

}  // namespace

Segment::Segment(std::string registry_name, std::string path, int fd, const Geometry& geometry)
    : registry_name_(std::move(registry_name)), path_(std::move(path)), geometry_(geometry) {
  Descriptor file(fd);
  identity_ = identity_of(fd);
  namespace interprocess = boost::interprocess;
  try {
    region_ = interprocess::mapped_region(Mappable(fd), interprocess::read_write, 0,
                                          static_cast<std::size_t>(geometry.file_bytes));
  } catch (const interprocess::interprocess_exception& refused) {
    RegistryPath{registry_name_, {}, path_}.fail(
        refused.get_native_error(), fmt::format("map its {} bytes", geometry.file_bytes));
  }
  base_ = static_cast<std::byte*>(region_.get_address());
  fd_.store(file.release(), std::memory_order_relaxed);
}

Segment::~Segment() {
  close_descriptor();
}

int Segment::descriptor() const noexcept {
  int known = fd_.load(std::memory_order_relaxed);
  if (known >= 0 && identity_of(known) == identity_) {
    return known;
  }
  Descriptor file = open_again(-1, identity_, path_.c_str());
  if (!file) {
    // The file lost its name or its place; a mapping still leads to it, for who has the capability.
    char mapped[64];
    const auto from = reinterpret_cast<std::uintptr_t>(base_);
    std::snprintf(mapped, sizeof(mapped), "/proc/self/map_files/%lx-%lx", from,
                  from + geometry_.file_bytes);
    file.reset(::open(mapped, O_RDWR | O_CLOEXEC));
    if (file && (!(identity_of(file.get()) == identity_) || !file.leave_standard_numbers())) {
      file.reset();
    }
  }
  if (!file) {
    return -1;
  }
  // Another thread may have found the same; the first one's descriptor is everybody's.
  if (fd_.compare_exchange_strong(known, file.get(), std::memory_order_relaxed)) {
    return file.release();
  }
  return known;
}

bool Segment::committed(std::uint64_t offset, std::uint64_t bytes) const noexcept {
  const auto* const map = at<std::atomic<std::uint64_t>>(geometry_.commit_map);
  const Steps steps = steps_touched(geometry_, offset, bytes);
  for (std::uint64_t step = steps.first; step < steps.last; ++step) {
    if (!step_committed(map, step)) {
      return false;
    }
  }
  return true;
}

void Segment::commit(std::uint64_t offset, std::uint64_t bytes) {
  if (offset > geometry_.file_bytes || bytes > geometry_.file_bytes - offset) {
    corrupt(fmt::format("memory [{}, +{}) is wanted of a segment of {} bytes", offset, bytes,
                        geometry_.file_bytes));
  }
  auto* const map = at<std::atomic<std::uint64_t>>(geometry_.commit_map);
  Steps steps = steps_touched(geometry_, offset, bytes);
  while (steps.first < steps.last && step_committed(map, steps.first)) {
    ++steps.first;
  }
  while (steps.last > steps.first && step_committed(map, steps.last - 1)) {
    --steps.last;
  }
  if (steps.first == steps.last) {
    return;
  }
  // One call for all, so that a full filesystem leaves none of it taken. Steps between that are
  // committed already stay as they are.
  const std::uint64_t from = steps.first << geometry_.commit_shift;
  const std::uint64_t to = std::min(steps.last << geometry_.commit_shift, geometry_.file_bytes);
  const NoCancel no_cancel;
  const int fd = descriptor();
  const int error = fd < 0 ? errno : allocate_range(fd, from, to - from);
  if (error != 0) {
    RegistryPath{registry_name_, {}, path_}.fail(
        error, fmt::format("take {} bytes of memory (the filesystem has {} free)", to - from,
                           filesystem_free_bytes(fd)));
  }
  // killed here: memory is taken that no bit shows; the next commit of these steps finds it there.
  for (std::uint64_t step = steps.first; step < steps.last; ++step) {
    // release: pairs with step_committed(); the memory is there before the bit.
    map[step / 64].fetch_or(std::uint64_t{1} << (step % 64), std::memory_order_release);
  }
}

void Segment::decommit(std::uint64_t offset, std::uint64_t bytes) noexcept {
  const std::uint64_t shift = geometry_.commit_shift;
  const std::uint64_t end = offset + bytes;
  const std::uint64_t first = (offset + geometry_.commit_bytes() - 1) >> shift;
  // The last step may be cut off by the end of the file.
  const std::uint64_t last =
      end == geometry_.file_bytes ? (end + geometry_.commit_bytes() - 1) >> shift : end >> shift;
  if (first >= last) {
    return;
  }
  const NoCancel no_cancel;
  const int fd = descriptor();
  if (fd < 0) {
    return;
  }
  auto* const map = at<std::atomic<std::uint64_t>>(geometry_.commit_map);
  for (std::uint64_t step = first; step < last; ++step) {
    // Relaxed: the caller's lock orders this before every commit of and access to these steps.
    map[step / 64].fetch_and(~(std::uint64_t{1} << (step % 64)), std::memory_order_relaxed);
  }
  // killed here, or refused: the bits are clear and the memory is still taken; the next commit
  // finds it there.
  punch_range(fd, first << shift, std::min(last << shift, geometry_.file_bytes) - (first << shift));
}

void Segment::corrupt(const std::string& what) const {
  RegistryPath{registry_name_, {}, path_}.refuse(Errc::corrupt_segment, what);
}

bool Segment::map_over(int fd, int protection) noexcept {
  const int flags =
      fd >= 0 ? MAP_SHARED | MAP_FIXED : MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  if (::mmap(base_, static_cast<std::size_t>(geometry_.file_bytes), protection, flags, fd, 0) ==
      MAP_FAILED) {
    return false;
  }
  close_descriptor();
  fd_.store(fd, std::memory_order_relaxed);
  return true;
}

bool Segment::remap(int fd) noexcept {
  if (map_over(fd, PROT_READ | PROT_WRITE)) {
    return true;
  }
  seal(fd);
  return false;
}

void Segment::seal(int fd) noexcept {
  if (fd >= 0 && map_over(fd, PROT_READ)) {
    return;
  }
  Descriptor unused(fd);
  map_over(-1, PROT_NONE);
}

void Segment::close_descriptor() noexcept {
  const int fd = fd_.exchange(-1, std::memory_order_relaxed);
  // A number that stands for another file by now is somebody else's to close.
  if (fd >= 0 && identity_of(fd) == identity_) {
    ::close(fd);
  }
}

}  // namespace ipcarc::detail
