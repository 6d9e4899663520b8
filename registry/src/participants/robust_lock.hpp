// Locking a robust mutex of the segment, with a wait that cannot be for ever.
//
// The kernel answers an owner's death by EOWNERDEAD. A process ended for lack of memory can lose
// its robust list; so a wait has a deadline of 1 s, and then looks whether the holder is dead while
// the mutex is still locked by it. If so, the mutex's lock word is moved to what the kernel would
// have left (FUTEX_OWNER_DIED), by one CAS, and the next to lock it gets EOWNERDEAD as usual.
//
// What proves a holder dead, when the kernel has not said so: the thread of the lock word is gone
// or a zombie (the kernel lets go of a thread's id only after its robust list); or it is a thread
// of no living participant (its id is in use again, or the word is damaged). The ids are of the
// segment's pid namespace, which is this process's. A word that names, by chance or by damage, a
// thread of a living participant cannot be told from that of a holder who takes long: who has no
// deadline waits until that process ends; the calling thread itself is an error at once.
//
// Thread and process safety: any. No call allocates; none is a cancellation point.
#pragma once

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdint>

#include "layout/tables.hpp"
#include "participants/attachment.hpp"

namespace ipcarc::detail {

enum class LockResult { acquired, owner_died, timed_out };

/// Initialises a mutex of the segment: robust, process-shared, neither recursive nor errorcheck.
void init_robust(pthread_mutex_t& mutex) noexcept;
/// Whether it is as init_robust() leaves it, which unlocking does too. Then it is better left alone: a reaper may be about to try it.
inline bool is_fresh_robust(const pthread_mutex_t& mutex) noexcept {
  const auto& data = mutex.__data;
  // The count, which only a recursive one asks for, stays 1 when it was locked once.
  return data.__lock == 0 && data.__owner == 0 && data.__nusers == 0 &&
         data.__kind == robust_kind && data.__list.__prev == nullptr &&
         data.__list.__next == nullptr;
}

/// The owner word of one that somebody unlocked without mending (glibc's
/// PTHREAD_MUTEX_NOTRECOVERABLE). INT_MAX itself is that of one whose dead owner's leavings are
/// still to be mended.
inline constexpr int given_up_owner = 0x7FFFFFFE;

/// Locks `mutex`, owner_died meaning locked too: the caller mends what it guards, then calls
/// make_consistent(). `owner_slot_plus_1` tells who holds it (a word in the segment; 0: unknown).
/// `deadline`: CLOCK_MONOTONIC; max(): none. Throws Error{corrupt_segment} if it is no mutex of a
/// segment, or one that somebody made unrecoverable; std::errc::resource_deadlock_would_occur if its
/// lock word names the calling thread.
LockResult lock_robust(pthread_mutex_t& mutex, const Attachment& attachment,
                       std::uint32_t (*owner_slot_plus_1)(const void* context), const void* context,
                       std::chrono::steady_clock::time_point deadline);
/// The same after a pthread_mutex_trylock() of one of robust_kind that gave `result`.
LockResult lock_robust_tried(int result, pthread_mutex_t& mutex, const Attachment& attachment,
                             std::uint32_t (*owner_slot_plus_1)(const void* context),
                             const void* context, std::chrono::steady_clock::time_point deadline);
/// acquired, owner_died, or timed_out meaning busy (or no mutex of a segment).
LockResult try_lock_robust(pthread_mutex_t& mutex) noexcept;
/// The same of a pthread_mutex_trylock() that was made already and gave `result`.
LockResult tried_lock_robust(pthread_mutex_t& mutex, int result) noexcept;
/// Whether this thread holds it. To be asked by who found it busy. A system call.
bool held_by_this_thread(pthread_mutex_t& mutex) noexcept;
void make_consistent(pthread_mutex_t& mutex) noexcept;
void unlock_robust(pthread_mutex_t& mutex) noexcept;

/// A RobustMutex held for a scope. `owner_died()`: the holder mends, then calls `mended()`; left
/// without, the next locker is told again (never not_recoverable: the destructor makes it
/// consistent only if mended, else it ends the process, which leaves it to the kernel).
class RobustGuard {
 public:
  /// Throws as lock_robust() does.
  RobustGuard(RobustMutex& mutex, const Attachment& attachment) : mutex_(mutex) {
    // The short way, in place: one that is free. Another kind would make glibc do something else.
    const int result = mutex.mutex.__data.__kind == robust_kind
                           ? ::pthread_mutex_trylock(&mutex.mutex)
                           : not_tried;
    if (result != 0) [[unlikely]] {
      lock_after(result, attachment);
    }
    // Relaxed: a hint of whom to ask the kernel about. killed here, before: nobody's name; the thread id of the lock word is
    // asked about instead.
    mutex.owner.store(attachment.id(), std::memory_order_relaxed);
  }
  ~RobustGuard() {
    if (owner_died_) [[unlikely]] {
      end_without_mending();
    }
    // Relaxed: as where it is set.
    mutex_.owner.store(0, std::memory_order_relaxed);
    ::pthread_mutex_unlock(&mutex_.mutex);
  }
  RobustGuard(const RobustGuard&) = delete;
  RobustGuard& operator=(const RobustGuard&) = delete;

  bool owner_died() const noexcept { return owner_died_; }
  void mended() noexcept;

 private:
  static constexpr int not_tried = -1;
  void lock_after(int result, const Attachment& attachment);
  [[noreturn]] static void end_without_mending() noexcept;

  RobustMutex& mutex_;
  bool owner_died_ = false;
};

/// Futex words shared between processes. A sleep is at most 250 ms whatever `timeout` says: the
/// caller reads its condition again.
void futex_sleep(const void* word, std::uint32_t expected,
                 std::chrono::nanoseconds timeout) noexcept;
void futex_wake_all(const void* word) noexcept;
/// Wakes one; false if nobody slept.
bool futex_wake_one(const void* word) noexcept;

}  // namespace ipcarc::detail
