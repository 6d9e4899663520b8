#include "segment/system_retry.hpp"

#include <fcntl.h>
#include <linux/falloc.h>
#include <signal.h>
#include <sys/statvfs.h>

#include <cerrno>

namespace ipcarc::detail {
namespace {

constexpr int tries_with_signals = 4;
constexpr int tries_without_signals = 1000;

int fallocate_through(int fd, int mode, std::uint64_t offset, std::uint64_t bytes) noexcept {
  const auto attempt = [&](int tries) {
    int error = EINTR;
    for (int i = 0; i < tries && error == EINTR; ++i) {
      error = ::fallocate(fd, mode, static_cast<off_t>(offset), static_cast<off_t>(bytes)) == 0
                  ? 0
                  : errno;
    }
    return error;
  };
  int error = attempt(tries_with_signals);
  if (error == EINTR) {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    error = attempt(tries_without_signals);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  return error;
}

}  // namespace

int allocate_range(int fd, std::uint64_t offset, std::uint64_t bytes) noexcept {
  return fallocate_through(fd, 0, offset, bytes);
}

int punch_range(int fd, std::uint64_t offset, std::uint64_t bytes) noexcept {
  return fallocate_through(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, bytes);
}

std::uint64_t filesystem_free_bytes(int fd) noexcept {
  struct statvfs space {};
  return ::fstatvfs(fd, &space) == 0 ? std::uint64_t{space.f_bavail} * space.f_frsize : 0;
}

}  // namespace ipcarc::detail
