// A file descriptor owned by one scope, and what the file behind it is to the kernel.
//
// Thread safety: an ordinary value.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace ipcarc::detail {

/// What a file is to the kernel; a process knows its registries by this, not by name.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// The identity of an open file. All zero if the descriptor is not open.
inline FileIdentity identity_of(int fd) noexcept {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return {};
  }
  return {status.st_dev, status.st_ino};
}

/// Closes what it holds. Keeps errno.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset(other.release());
    return *this;
  }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  int release() noexcept { return std::exchange(fd_, -1); }
  void reset(int fd = -1) noexcept {
    if (fd_ >= 0) {
      const int saved = errno;
      ::close(fd_);
      errno = saved;
    }
    fd_ = fd;
  }

  /// Moves the descriptor out of the numbers of standard input, output and error, which programs
  /// close and open at will. The description, and so its locks, stay the same. False, and
  /// unchanged, if there is no other number.
  bool leave_standard_numbers() noexcept {
    if (fd_ > STDERR_FILENO || fd_ < 0) {
      return true;
    }
    const int moved = ::fcntl(fd_, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (moved < 0) {
      return false;
    }
    reset(moved);
    return true;
  }

 private:
  int fd_ = -1;
};

}  // namespace ipcarc::detail
