// The kernel's locks that say who lives: open-file-description locks on single bytes of a segment's
// file.
//
//   byte 0          the lifecycle lock: attaching, leaving and removing exclude each other
//   byte 1 + slot   the slot's lock: held as long as its participant lives
//
// A lock belongs to an open file description and goes with it: when the last descriptor and the
// last mapping of it are gone, so at the latest when the process ends. Two descriptions exclude
// each other also inside one process; two threads on one description do not, and a description does
// not see its own locks when it probes.
//
// Thread and process safety: any. A pair of calls costs 2 to 3 microseconds.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <utility>

namespace ipcarc::detail {

inline constexpr off_t lifecycle_byte = 0;
constexpr off_t slot_byte(std::uint32_t slot) {
  return 1 + static_cast<off_t>(slot);
}

/// Waits until it has the lock. 0, or the errno of a failure. A signal does not break it off.
int lock_byte(int fd, off_t byte) noexcept;
/// True if it has the lock now; false if another description has it, or the system refused.
bool try_lock_byte(int fd, off_t byte) noexcept;
void unlock_byte(int fd, off_t byte) noexcept;
/// Whether no other description has the lock. False too if the system refused to say.
bool byte_is_free(int fd, off_t byte) noexcept;

/// Unlocks a byte at the end of a scope, unless told to keep it.
class ByteLock {
 public:
  ByteLock(int fd, off_t byte) noexcept : fd_(fd), byte_(byte) {}
  ~ByteLock() { release(); }
  ByteLock(const ByteLock&) = delete;
  ByteLock& operator=(const ByteLock&) = delete;

  void keep() noexcept { fd_ = -1; }
  void release() noexcept {
    if (const int fd = std::exchange(fd_, -1); fd >= 0) {
      unlock_byte(fd, byte_);
    }
  }

 private:
  int fd_;
  off_t byte_;
};

}  // namespace ipcarc::detail
