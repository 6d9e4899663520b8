#include "segment/registry_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <boost/version.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "segment/birth.hpp"

namespace ipcarc::detail {
namespace {

// O_NONBLOCK and O_NOCTTY: the path may lead to a pipe or a terminal, which is
// found out only once it is open.
constexpr std::string_view not_ours =
    "remove what lies there, which is no registry, or choose another name";

constexpr int open_flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

void check_kind_and_owner(const RegistryPath& path, const struct stat& status,
                          std::span<const uid_t> trusted_owners) {
  if (!S_ISREG(status.st_mode)) {
    path.refuse(Errc::permission_denied, "expected a regular file, found another kind of file",
                not_ours);
  }
  const uid_t me = ::geteuid();
  if (status.st_uid != me && status.st_uid != 0 &&
      std::find(trusted_owners.begin(), trusted_owners.end(), status.st_uid) ==
          trusted_owners.end()) {
    path.refuse(Errc::permission_denied,
                fmt::format("expected a file of user {}, of root, or of a trusted owner, "
                            "found one of user {}",
                            me, status.st_uid),
                "name that user in Options::trusted_owners if you trust it; else choose another "
                "name, or a directory of your own by IPCARC_DIR");
  }
  // A second name could pass one registry off as another. None at all: it is
  // being removed, which the caller looks into.
  if (status.st_nlink > 1) {
    path.refuse(
        Errc::permission_denied,
        fmt::format("expected a file with one name, found one with {} hard links", status.st_nlink),
        not_ours);
  }
}

// Empty if there is no such file.
Descriptor open_regular(const RegistryPath& path, int flags) {
  Descriptor file;
  do {
    file.reset(::open(path.file.c_str(), flags));
  } while (!file && errno == EINTR);
  if (!file) {
    switch (errno) {
      case ENOENT:
        return file;
      case ELOOP:
        path.refuse(Errc::permission_denied, "expected a regular file, found a symbolic link",
                    not_ours);
      case EISDIR:
      case ENXIO:
        path.refuse(Errc::permission_denied, "expected a regular file, found another kind of file",
                    not_ours);
      default:
        path.fail(errno, "open the file");
    }
  }
  return file;
}

}  // namespace

void RegistryPath::refuse(Errc code, std::string_view what, std::string_view next) const {
  throw Error(code, fmt::format("registry \"{}\" ({}): {}", name, file, what), next);
}

void RegistryPath::fail(int errno_value, std::string_view action, std::string_view next) const {
  const std::string message = fmt::format("registry \"{}\" ({}): cannot {}: {}", name, file, action,
                                          std::generic_category().message(errno_value));
  switch (errno_value) {
    case ENOSPC:
    case EDQUOT:
    case ENOMEM:
    case EFBIG:
      throw Error(Errc::out_of_memory, message, next);
    case EACCES:
    case EPERM:
      throw Error(Errc::permission_denied, message, next);
    case EROFS:
      throw Error(Errc::permission_denied, message,
                  "choose a directory that can be written, by Options::directory or IPCARC_DIR");
    case ENOENT:
      throw Error(std::error_code(errno_value, std::generic_category()), message,
                  "make the directory, or choose another by Options::directory or IPCARC_DIR");
    case EMFILE:
    case ENFILE:
      throw Error(std::error_code(errno_value, std::generic_category()), message,
                  "close files, or raise the limit (ulimit -n)");
    default:
      throw Error(std::error_code(errno_value, std::generic_category()), message, next);
  }
}

RegistryPath locate(std::string_view name, const std::string& directory) {
  if (name.empty() || name.size() > max_name_bytes) {
    throw Error(Errc::bad_name, fmt::format("a registry's name has 1 to {} bytes; this one has {}",
                                            max_name_bytes, name.size()));
  }
  if (const auto at = name.find_first_of(std::string_view("/\0", 2)); at != name.npos) {
    throw Error(Errc::bad_name, fmt::format("a registry's name has neither '/' "
                                            "nor NUL; byte {} of \"{}\" is one",
                                            at, name.substr(0, at)));
  }
  RegistryPath path;
  path.name = name;
  path.directory = directory;
  if (path.directory.empty()) {
    const char* from_environment = ::secure_getenv("IPCARC_DIR");
    const bool set = from_environment != nullptr && *from_environment != '\0';
    path.directory = set ? from_environment : "/dev/shm";
  }
  if (path.directory.front() != '/') {
    path.directory = std::filesystem::absolute(path.directory).string();
  }
  path.file = fmt::format("{}/ipcarc.{}", path.directory, name);
  return path;
}

Descriptor open_registry_file(const RegistryPath& path, std::span<const uid_t> trusted_owners,
                              struct stat& status) {
  Descriptor file = open_regular(path, open_flags);
  if (!file) {
    return file;
  }
  if (!file.leave_standard_numbers()) {
    path.fail(errno, "keep the file open");
  }
  if (::fstat(file.get(), &status) != 0) {
    path.fail(errno, "look at the file");
  }
  check_kind_and_owner(path, status, trusted_owners);
  return file;
}

Descriptor open_to_look(const RegistryPath& path) {
  Descriptor file = open_regular(path, (open_flags & ~O_ACCMODE) | O_RDONLY);
  if (!file) {
    path.refuse(Errc::not_found, "expected a registry, found no file", no_such_registry);
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) {
    path.fail(errno, "look at the file");
  }
  if (!S_ISREG(status.st_mode)) {
    path.refuse(Errc::permission_denied, "expected a regular file, found another kind of file",
                not_ours);
  }
  return file;
}

Descriptor open_again(int fd, const FileIdentity& identity, const char* fallback_path) noexcept {
  char link[32];
  std::snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  const auto attempt = [&](const char* from, int flags) {
    Descriptor file;
    do {
      file.reset(::open(from, flags));
    } while (!file && errno == EINTR);
    if (file && (!(identity_of(file.get()) == identity) || !file.leave_standard_numbers())) {
      file.reset();
    }
    return file;
  };
  Descriptor file;
  if (fd >= 0) {
    // The link of a descriptor leads to the file itself, which may have no name
    // any more.
    file = attempt(link, open_flags & ~O_NOFOLLOW);
  }
  if (!file) {
    file = attempt(fallback_path, open_flags);
  }
  return file;
}

Geometry check_header(const RegistryPath& path, int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    path.fail(errno, "look at the file");
  }
  const auto file_bytes = static_cast<std::uint64_t>(status.st_size);
  if (file_bytes < header_bytes) {
    path.refuse(Errc::corrupt_segment, fmt::format("expected at least {} bytes, found a file of {}",
                                                   header_bytes, file_bytes));
  }
  Header header;
  ssize_t count = 0;
  do {
    count = ::pread(fd, static_cast<void*>(&header), sizeof(header), 0);
  } while (count < 0 && errno == EINTR);
  if (count != static_cast<ssize_t>(sizeof(header))) {
    path.fail(count < 0 ? errno : EIO, "read the header");
  }

  if (header.magic != segment_magic) {
    path.refuse(Errc::corrupt_segment,
                fmt::format("expected a registry's magic number {:#018x}, found {:#018x}",
                            segment_magic, header.magic));
  }
  if (header.version != layout_version) {
    path.refuse(Errc::incompatible_segment, fmt::format("expected layout version {}, found {}",
                                                        layout_version, header.version));
  }
  if (header.checksum != header_checksum(header)) {
    path.refuse(Errc::corrupt_segment,
                fmt::format("expected a header of checksum {:#018x}, found {:#018x}",
                            header_checksum(header), header.checksum));
  }
  if (header.boost_version != BOOST_VERSION) {
    path.refuse(Errc::incompatible_segment,
                fmt::format("expected containers of Boost {}, found those of Boost {}",
                            BOOST_VERSION, header.boost_version));
  }
  const Geometry& claimed = header.geometry;
  if (!usable_size(claimed.file_bytes, header.max_objects) ||
      !(compute_geometry(claimed.file_bytes, header.max_objects) == claimed)) {
    path.refuse(Errc::corrupt_segment,
                fmt::format("expected the tables of {} bytes for {} objects, found others",
                            claimed.file_bytes, header.max_objects));
  }
  if (file_bytes < claimed.file_bytes) {
    path.refuse(Errc::corrupt_segment, fmt::format("expected a file of {} bytes, found {}",
                                                   claimed.file_bytes, file_bytes));
  }
  if (const std::uint64_t here = pid_namespace(path); header.pid_namespace != here) {
    path.refuse(Errc::incompatible_segment,
                fmt::format("expected a registry made in this pid namespace "
                            "({}), found one of {}",
                            here, header.pid_namespace),
                "run all of its processes in one pid namespace, or choose another name");
  }
  return claimed;
}

std::uint64_t header_checksum(const Header& header) noexcept {
  return XXH3_64bits(&header, offsetof(Header, checksum));
}

std::uint64_t pid_namespace(const RegistryPath& path) {
  struct stat status {};
  if (::stat("/proc/self/ns/pid", &status) != 0) {
    path.fail(errno, "tell this process's pid namespace from /proc/self/ns/pid");
  }
  return status.st_ino;
}

std::uint64_t wall_clock_ns() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace ipcarc::detail
