// System calls that a signal or a cancellation would break off, made to finish.
//
// Thread and process safety: any thread; each touches only its own thread's signal mask and cancel
// state.
#pragma once

#include <pthread.h>
#include <sys/types.h>

#include <cstdint>

namespace ipcarc::detail {

/// Takes the memory of [offset, offset + bytes) of the file. 0, or the errno of the failure, and
/// then (on tmpfs) nothing was taken. A signal makes the kernel give back what it took and start
/// over: after a few of them they wait until the call is through.
int allocate_range(int fd, std::uint64_t offset, std::uint64_t bytes) noexcept;

/// Gives the memory of the range back to the filesystem. The file keeps its size. 0, or errno.
int punch_range(int fd, std::uint64_t offset, std::uint64_t bytes) noexcept;

/// Free bytes of the file's filesystem, for messages. 0 if they cannot be told.
std::uint64_t filesystem_free_bytes(int fd) noexcept;

/// Keeps pthread_cancel away for a scope: a thread that ends inside would keep mutexes and file
/// locks.
class NoCancel {
 public:
  NoCancel() noexcept { ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
  ~NoCancel() { ::pthread_setcancelstate(before_, nullptr); }
  NoCancel(const NoCancel&) = delete;
  NoCancel& operator=(const NoCancel&) = delete;

 private:
  int before_ = PTHREAD_CANCEL_ENABLE;
};

}  // namespace ipcarc::detail
