// A lock of this process alone, held for a few instructions: one byte, one exchange. After a while it yields.
#pragma once

#include <sched.h>
#include <sys/single_threaded.h>

#include <atomic>

namespace ipcarc::detail {

class SpinLock {
 public:
  void lock() noexcept {
    if (__libc_single_threaded) {
      locked_.store(true, std::memory_order_relaxed);  // there is nobody to have it
      return;
    }
    // acquire: pairs with the release in unlock().
    for (unsigned turn = 0; locked_.exchange(true, std::memory_order_acquire); ++turn) {
      while (locked_.load(std::memory_order_relaxed)) {
        if (++turn > 64) {
          ::sched_yield();
        }
      }
    }
  }
  void unlock() noexcept { locked_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> locked_{false};
};

}  // namespace ipcarc::detail
