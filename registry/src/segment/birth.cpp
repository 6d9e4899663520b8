#include "segment/birth.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <boost/version.hpp>
#include <cerrno>
#include <cstdio>

#include "segment/system_retry.hpp"

namespace ipcarc::detail {
namespace {

[[noreturn]] void refuse_options(const RegistryPath& path, const std::string& what) {
  throw Error(std::make_error_code(std::errc::invalid_argument),
              fmt::format("registry \"{}\" ({}): {}", path.name, path.file, what));
}

// The free space of the file's filesystem, within what this process may make a file of.
std::uint64_t default_capacity(const RegistryPath& path, int fd) {
  struct statvfs space {};
  if (::fstatvfs(fd, &space) != 0) {
    path.fail(errno, "ask for the filesystem's free space");
  }
  std::uint64_t capacity = std::uint64_t{space.f_bavail} * space.f_frsize;
  if (space.f_blocks == 0) {
    // A tmpfs without a limit has no size to tell.
    capacity = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
               static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    capacity = std::min<std::uint64_t>(capacity, limit.rlim_cur);
  }
  return std::clamp(capacity, min_segment_bytes, max_segment_bytes);
}

void check_file_size_limit(const RegistryPath& path, std::uint64_t file_bytes) {
  // Beyond this limit the system sends SIGXFSZ, whose default is to end the process.
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < file_bytes) {
    path.refuse(Errc::out_of_memory,
                fmt::format("a file of {} bytes is wanted, this process may make files of {}",
                            file_bytes, limit.rlim_cur),
                "raise the limit (ulimit -f), or say a smaller Options::capacity_bytes");
  }
}

Geometry choose_geometry(const RegistryPath& path, const Options& options, int fd) {
  const std::uint64_t capacity =
      options.capacity_bytes != 0 ? options.capacity_bytes : default_capacity(path, fd);
  if (capacity < min_segment_bytes || capacity > max_segment_bytes) {
    refuse_options(path, fmt::format("capacity_bytes is from {} to {}; asked for {}",
                                     min_segment_bytes, max_segment_bytes, capacity));
  }
  const std::uint64_t objects =
      options.max_objects != 0
          ? options.max_objects
          : std::clamp<std::uint64_t>(capacity / 4096, 16, default_max_objects);
  if (!usable_size(capacity, static_cast<std::uint32_t>(objects))) {
    refuse_options(
        path, fmt::format("a capacity of {} bytes leaves no room beside the tables of {} objects",
                          capacity, objects));
  }
  return compute_geometry(capacity, static_cast<std::uint32_t>(objects));
}

}  // namespace

bool usable_size(std::uint64_t file_bytes, std::uint32_t max_objects) noexcept {
  return file_bytes >= min_segment_bytes && file_bytes <= max_segment_bytes && max_objects > 0 &&
         max_objects <= most_max_objects &&
         compute_geometry(file_bytes, max_objects).page_count >= least_pages;
}

UnnamedFile make_unnamed_file(const RegistryPath& path, const Options& options) {
  UnnamedFile born{};
  // Without O_EXCL, which would forbid the link.
  do {
    born.file.reset(::open(path.directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  } while (!born.file && errno == EINTR);
  if (!born.file) {
    if (errno == EOPNOTSUPP || errno == EISDIR) {
      path.fail(EOPNOTSUPP, "make an unnamed file (O_TMPFILE) on this filesystem",
                "choose a directory on a tmpfs, ext4 or xfs, by Options::directory or IPCARC_DIR");
    }
    path.fail(errno, fmt::format("make a file in {}", path.directory));
  }
  if (!born.file.leave_standard_numbers()) {
    path.fail(errno, "keep the file open");
  }
  const int fd = born.file.get();
  born.geometry = choose_geometry(path, options, fd);
  if (::fchmod(fd, options.mode & 07777) != 0) {
    path.fail(errno, fmt::format("set the file's mode to {:#o}", options.mode));
  }
  check_file_size_limit(path, born.geometry.file_bytes);
  if (::ftruncate(fd, static_cast<off_t>(born.geometry.file_bytes)) != 0) {
    path.fail(errno, fmt::format("give the file its {} bytes", born.geometry.file_bytes));
  }
  return born;
}

void furnish(Segment& segment, const RegistryPath& path) {
  const Geometry& geometry = segment.geometry();
  if (const int error = segment.take(0, geometry.committed_at_birth); error != 0) {
    path.fail(error, fmt::format("take the {} bytes of its tables (the filesystem has {} free)",
                                 geometry.committed_at_birth,
                                 filesystem_free_bytes(segment.descriptor())));
  }
  Header& header = segment.header();
  header.magic = segment_magic;
  header.version = layout_version;
  header.boost_version = BOOST_VERSION;
  if (::getrandom(&header.birth_id, sizeof(header.birth_id), 0) !=
      static_cast<ssize_t>(sizeof(header.birth_id))) {
    path.fail(errno, "draw a random number");
  }
  header.pid_namespace = pid_namespace(path);
  header.creator_uid = ::geteuid();
  header.max_objects = geometry.max_objects;
  header.created_ns = wall_clock_ns();
  header.geometry = geometry;
  header.checksum = header_checksum(header);

  const std::uint64_t steps = geometry.committed_at_birth >> geometry.commit_shift;
  auto* const bits = segment.at<std::atomic<std::uint64_t>>(geometry.commit_map);
  for (std::uint64_t step = 0; step < steps; ++step) {
    // Relaxed: nobody else sees the segment before it has a name.
    bits[step / 64].fetch_or(std::uint64_t{1} << (step % 64), std::memory_order_relaxed);
  }
}

bool link_file(const RegistryPath& path, int fd) {
  char link[32];
  std::snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  if (::linkat(AT_FDCWD, link, AT_FDCWD, path.file.c_str(), AT_SYMLINK_FOLLOW) == 0) {
    return true;
  }
  // Without /proc; this way needs CAP_DAC_READ_SEARCH.
  if (errno == ENOENT && ::linkat(fd, "", AT_FDCWD, path.file.c_str(), AT_EMPTY_PATH) == 0) {
    return true;
  }
  if (errno == EEXIST) {
    return false;
  }
  path.fail(errno, "give the new file its name");
}

}  // namespace ipcarc::detail
