#include "participants/file_lock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace ipcarc::detail {
namespace {

struct flock one_byte(short type, off_t byte) noexcept {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = 1;
  return range;  // l_pid is 0, which these locks ask for
}

// 0, or errno.
int call(int fd, int command, struct flock& range) noexcept {
  for (;;) {
    if (::fcntl(fd, command, &range) == 0) {
      return 0;
    }
    if (errno != EINTR) {
      return errno;
    }
  }
}

}  // namespace

int lock_byte(int fd, off_t byte) noexcept {
  struct flock range = one_byte(F_WRLCK, byte);
  return call(fd, F_OFD_SETLKW, range);
}

bool try_lock_byte(int fd, off_t byte) noexcept {
  struct flock range = one_byte(F_WRLCK, byte);
  return call(fd, F_OFD_SETLK, range) == 0;
}

void unlock_byte(int fd, off_t byte) noexcept {
  struct flock range = one_byte(F_UNLCK, byte);
  call(fd, F_OFD_SETLK, range);
}

bool byte_is_free(int fd, off_t byte) noexcept {
  struct flock range = one_byte(F_WRLCK, byte);
  return call(fd, F_OFD_GETLK, range) == 0 && range.l_type == F_UNLCK;
}

}  // namespace ipcarc::detail
