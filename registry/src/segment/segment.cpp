#include "segment/segment.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <boost/interprocess/exceptions.hpp>
#include <cerrno>
#include <cstdio>
#include <limits>
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

// Linux 6.1 and 5.14; the C library's headers may be older.
constexpr int madv_collapse = 25;
constexpr int madv_populate_read = 22;
constexpr std::uint64_t huge_page_bytes = std::uint64_t{1} << 21;
constexpr std::uint64_t most_gathered = 16;  // huge pages in a call
constexpr int patience_with_kernel = 3;
constexpr int endless = std::numeric_limits<int>::max();

bool in_huge_pages(const Geometry& geometry) noexcept {
  return geometry.commit_bytes() == huge_page_bytes;
}

// An address at which `bytes` were free a moment ago, aligned as huge pages are; nullptr: none.
void* aligned_free_address(std::uint64_t bytes) noexcept {
  const auto all = static_cast<std::size_t>(bytes + huge_page_bytes);
  void* const room =
      ::mmap(nullptr, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) {
    return nullptr;
  }
  ::munmap(room, all);
  const auto address = reinterpret_cast<std::uintptr_t>(room);
  return static_cast<std::byte*>(room) + (huge_page_bytes - address % huge_page_bytes);
}

boost::interprocess::mapped_region map_file(int fd, const Geometry& geometry) {
  namespace interprocess = boost::interprocess;
  const auto bytes = static_cast<std::size_t>(geometry.file_bytes);
  if (in_huge_pages(geometry)) {
    try {
      return {Mappable(fd), interprocess::read_write, 0, bytes,
              aligned_free_address(geometry.file_bytes)};
    } catch (const interprocess::interprocess_exception&) {
      // Another thread's mapping lies there by now. Any address does, though not for huge pages.
    }
  }
  return {Mappable(fd), interprocess::read_write, 0, bytes};
}

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

Segment::Segment(std::string registry_name, std::string path, int fd, const Geometry& geometry,
                 bool huge_pages)
    : registry_name_(std::move(registry_name)),
      path_(std::move(path)),
      huge_page_patience_(huge_pages && in_huge_pages(geometry) ? patience_with_kernel : 0),
      geometry_(geometry) {
  Descriptor file(fd);
  identity_ = identity_of(fd);
  try {
    region_ = map_file(fd, geometry);
  } catch (const boost::interprocess::interprocess_exception& refused) {
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
  if (const int error = take(from, to); error != 0) {
    RegistryPath{registry_name_, {}, path_}.fail(
        error, fmt::format("take {} bytes of memory (the filesystem has {} free)", to - from,
                           filesystem_free_bytes(descriptor())));
  }
  // killed here: memory is taken that no bit shows; the next commit of these steps finds it there.
  for (std::uint64_t step = steps.first; step < steps.last; ++step) {
    // release: pairs with step_committed(); the memory is there before the bit.
    map[step / 64].fetch_or(std::uint64_t{1} << (step % 64), std::memory_order_release);
  }
}

int Segment::take(std::uint64_t from, std::uint64_t to) noexcept {
  const int fd = descriptor();
  if (fd < 0) {
    return errno;
  }
  // First small pages, all or none of them, whatever the filesystem's limits and whoever else takes: what is gathered then is there
  // already. killed between: small ones.
  const int error = allocate_range(fd, from, to - from);
  if (error == 0) {
    gather(from, to);
  }
  return error;
}

void Segment::gather(std::uint64_t from, std::uint64_t to) noexcept {
  const auto* const map = at<std::atomic<std::uint64_t>>(geometry_.commit_map);
  const std::uint64_t last = to / huge_page_bytes;
  std::uint64_t step = (from + huge_page_bytes - 1) / huge_page_bytes;
  while (step < last && huge_page_patience_.load(std::memory_order_relaxed) > 0) {
    // Those that are committed are in use, and would be missing in others' page tables for a moment. Some at a time: between two calls
    // signals are answered.
    std::uint64_t end = step;
    while (end < last && end - step < most_gathered && !step_committed(map, end)) {
      ++end;
    }
    if (end > step) {
      collapse(base_ + step * huge_page_bytes, end - step);
      step = end;
    } else {
      ++step;
    }
  }
}

void Segment::collapse(std::byte* begin, std::uint64_t steps) noexcept {
  for (std::uint64_t i = 0; i < steps; ++i) {
    // Kernels before 6.6 gather what has a page table here.
    ::madvise(begin + i * huge_page_bytes, 4096, madv_populate_read);
  }
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (::madvise(begin, static_cast<std::size_t>(steps * huge_page_bytes), madv_collapse) == 0) {
      huge_page_patience_.store(endless, std::memory_order_relaxed);
      return;
    }
    if (errno != EAGAIN) {
      break;  // else some page was in another's hands for a moment
    }
  }
  // EINVAL is what a kernel answers that cannot, and one that could not this time.
  int patience = huge_page_patience_.load(std::memory_order_relaxed);
  while (errno == EINVAL && patience > 0 && patience != endless &&
         !huge_page_patience_.compare_exchange_weak(patience, patience - 1,
                                                    std::memory_order_relaxed)) {
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
