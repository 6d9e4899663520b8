// Locking a robust mutex of the segment, with a wait that cannot be for ever.
//
// The kernel answers an owner's death by EOWNERDEAD. A process ended for lack of memory can lose its robust list; so
// a wait has a deadline of 1 s, and then looks whether the owner's participant is dead while the mutex is still locked by it.
// If so, the mutex's lock word is moved to what the kernel would have left (FUTEX_OWNER_DIED), by one CAS,
// and the next to lock it gets EOWNERDEAD as usual.
#pragma once

#include <pthread.h>

#include <chrono>
#include <cstdint>

#include "layout/tables.hpp"

namespace ipcarc::detail {

class Attachment;

enum class LockResult { acquired, owner_died, timed_out };

/// Initialises a mutex of the segment: robust, process-shared, neither recursive nor errorcheck.
void init_robust(pthread_mutex_t& mutex) noexcept;

/// Locks `mutex`, owner_died meaning locked too: the caller mends what it guards, then calls make_consistent().
/// `owner_slot_plus_1` tells who holds it (a word in the segment; 0: unknown). `deadline`: CLOCK_MONOTONIC; max(): none.
LockResult lock_robust(pthread_mutex_t& mutex, const Attachment& attachment,
                       std::uint32_t (*owner_slot_plus_1)(const void* context), const void* context,
                       std::chrono::steady_clock::time_point deadline) noexcept;
/// acquired, owner_died, or timed_out meaning busy.
LockResult try_lock_robust(pthread_mutex_t& mutex) noexcept;
void make_consistent(pthread_mutex_t& mutex) noexcept;
void unlock_robust(pthread_mutex_t& mutex) noexcept;

/// A RobustMutex held for a scope. `owner_died()`: the holder mends, then calls `mended()`; left without, the next locker is told again
/// (never not_recoverable: the destructor makes it consistent only if mended, else it ends the process, which leaves it to the kernel).
class RobustGuard {
 public:
  RobustGuard(RobustMutex& mutex, const Attachment& attachment) noexcept;
  ~RobustGuard();
  RobustGuard(const RobustGuard&) = delete;
  RobustGuard& operator=(const RobustGuard&) = delete;

  bool owner_died() const noexcept { return owner_died_; }
  void mended() noexcept;

 private:
  RobustMutex& mutex_;
  bool owner_died_ = false;
};

/// Futex words shared between processes. A sleep is at most 250 ms whatever `timeout` says: the caller reads its condition again.
void futex_sleep(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                 std::chrono::nanoseconds timeout) noexcept;
void futex_wake_all(const std::atomic<std::uint32_t>& word) noexcept;

}  // namespace ipcarc::detail
