#include "participants/robust_lock.hpp"

#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#include <sanitizer/tsan_interface.h>
#endif

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "participants/attachment.hpp"
#include "participants/slots.hpp"
#include "segment/system_retry.hpp"

namespace ipcarc::detail {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto patience = std::chrono::seconds(1);
constexpr auto longest_sleep = std::chrono::milliseconds(250);
constexpr int spins = 100;

timespec to_timespec(std::chrono::nanoseconds time) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  timespec result{};
  result.tv_sec = static_cast<time_t>(seconds.count());
  result.tv_nsec = static_cast<long>((time - seconds).count());
  return result;
}

// glibc's lock word: the owner's thread id, and the kernel's two flags (robust futexes fix its
// meaning).
std::atomic_ref<unsigned> lock_word(pthread_mutex_t& mutex) noexcept {
  return std::atomic_ref<unsigned>(reinterpret_cast<unsigned&>(mutex.__data.__lock));
}

void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

long futex(const void* word, int operation, unsigned value, const timespec* timeout) noexcept {
  return ::syscall(SYS_futex, word, operation, value, timeout, nullptr, 0);
}

// What /proc says of a thread.
struct ThreadStatus {
  bool known = false;
  bool zombie = false;
  std::uint32_t process = 0;
};

ThreadStatus thread_status(unsigned thread) noexcept {
  char path[40];
  std::snprintf(path, sizeof(path), "/proc/%u/status", thread);
  ThreadStatus status;
  const Descriptor file(::open(path, O_RDONLY | O_CLOEXEC));
  if (!file) {
    return status;
  }
  char text[1024];
  const ssize_t count = ::read(file.get(), text, sizeof(text) - 1);
  if (count <= 0) {
    return status;
  }
  text[count] = '\0';
  const char* const state = std::strstr(text, "\nState:\t");
  const char* const group = std::strstr(text, "\nTgid:\t");
  if (state == nullptr || group == nullptr) {
    return status;
  }
  status.known = true;
  status.zombie = state[8] == 'Z' || state[8] == 'X';
  status.process = static_cast<std::uint32_t>(std::strtoul(group + 7, nullptr, 10));
  return status;
}

bool lives_in(const Attachment& attachment, std::uint32_t slot, std::uint32_t process) noexcept {
  const Segment& segment = attachment.segment();
  // Relaxed: the mark, read with acquire, comes after the pid.
  return slot < max_participants && slot_state(segment, slot).active() &&
         segment.participants()[slot].pid.load(std::memory_order_relaxed) == process &&
         !attachment.is_dead(slot);
}

bool is_living_participant(const Attachment& attachment, std::uint32_t process) noexcept {
  for (std::uint32_t slot = 0; slot < max_participants; ++slot) {
    if (lives_in(attachment, slot, process)) {
      return true;
    }
  }
  return false;
}

// See the head of robust_lock.hpp. `owner`: slot + 1, or 0; where to look first.
bool holder_is_dead(unsigned thread, std::uint32_t owner, const Attachment& attachment) noexcept {
  // No signal is sent. EPERM: there is such a thread.
  if (::syscall(SYS_tkill, thread, 0) != 0 && errno == ESRCH) {
    return true;
  }
  const ThreadStatus status = thread_status(thread);
  if (!status.known) {
    return false;  // it ended just now, or /proc hides it: the next round knows more
  }
  if (status.zombie) {
    return true;
  }
  return !lives_in(attachment, owner - 1, status.process) &&
         !is_living_participant(attachment, status.process);
}

// Does what the kernel would have done for a dead holder. Nothing if the holder lives, or let go
// meanwhile.
void release_for_the_dead(pthread_mutex_t& mutex, const Attachment& attachment,
                          std::uint32_t (*owner)(const void*), const void* context) noexcept {
  const NoCancel no_cancel;
  std::atomic_ref<unsigned> word = lock_word(mutex);
  unsigned seen = word.load(std::memory_order_acquire);
  const unsigned thread = seen & FUTEX_TID_MASK;
  // A word that names no thread and is not zero is damaged: nobody has the lock, and nobody can take it.
  if (seen == 0 || (seen & FUTEX_OWNER_DIED) != 0 ||
      (thread != 0 && !holder_is_dead(thread, owner(context), attachment))) {
    return;
  }
  while (seen != 0 && (seen & FUTEX_TID_MASK) == thread && (seen & FUTEX_OWNER_DIED) == 0) {
    // acq_rel: takes over from the dead holder's lock what it published, for the next one's lock.
    if (word.compare_exchange_weak(seen, (seen & FUTEX_WAITERS) | FUTEX_OWNER_DIED,
                                   std::memory_order_acq_rel, std::memory_order_acquire)) {
      // killed here: those who wait are not woken; their own patience wakes them.
      futex(&mutex.__data.__lock, FUTEX_WAKE, 1, nullptr);
      return;
    }
  }
}

void give_back_unrecoverable(pthread_mutex_t& mutex, int result) noexcept {
  if (result == ENOTRECOVERABLE) [[unlikely]] {
    // glibc's trylock says so and keeps the lock word, on which everybody else would wait for ever.
    auto mine = static_cast<unsigned>(::syscall(SYS_gettid));
    if (lock_word(mutex).compare_exchange_strong(mine, 0, std::memory_order_release,
                                                 std::memory_order_relaxed)) {
      futex(&mutex.__data.__lock, FUTEX_WAKE, INT_MAX, nullptr);
    }
  }
}

// 0, EOWNERDEAD: locked. EBUSY. Else: no mutex that can ever be locked.
int try_lock(pthread_mutex_t& mutex) noexcept {
  if (mutex.__data.__kind != robust_kind) [[unlikely]] {
    return EINVAL;
  }
  const int result = ::pthread_mutex_trylock(&mutex);
  give_back_unrecoverable(mutex, result);
  return result;
}

LockResult result_of(int result) noexcept {
  switch (result) {
    case 0:
      return LockResult::acquired;
    case EOWNERDEAD:
      return LockResult::owner_died;
    default:
      return LockResult::timed_out;
  }
}

int lock_until(pthread_mutex_t& mutex, const timespec& until) noexcept {
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
  // The ThreadSanitizer of g++ 12 does not know this call; without a word it takes the unlock for a
  // mistake.
  __tsan_mutex_pre_lock(&mutex, __tsan_mutex_try_lock);
  const int result = ::pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &until);
  const bool locked = result == 0 || result == EOWNERDEAD;
  __tsan_mutex_post_lock(&mutex,
                         __tsan_mutex_try_lock | (locked ? 0U : __tsan_mutex_try_lock_failed), 0);
  return result;
#else
  return ::pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &until);
#endif
}

std::uint32_t owner_of(const void* mutex) {
  // Relaxed: a hint.
  return static_cast<const RobustMutex*>(mutex)->owner.load(std::memory_order_relaxed);
}

}  // namespace

void init_robust(pthread_mutex_t& mutex) noexcept {
  // As pthread_mutex_init() would leave it (a test compares): of each entry's builder this is half the work.
  pthread_mutex_t fresh{};
  fresh.__data.__kind = robust_kind;
  std::memcpy(&mutex, &fresh, sizeof mutex);
}

LockResult try_lock_robust(pthread_mutex_t& mutex) noexcept {
  return result_of(try_lock(mutex));
}

LockResult tried_lock_robust(pthread_mutex_t& mutex, int result) noexcept {
  give_back_unrecoverable(mutex, result);
  return result_of(result);
}

bool held_by_this_thread(pthread_mutex_t& mutex) noexcept {
  // Relaxed: it is this thread's own store, or it is not this thread's id.
  const unsigned seen = lock_word(mutex).load(std::memory_order_relaxed);
  return (seen & FUTEX_OWNER_DIED) == 0 &&
         (seen & FUTEX_TID_MASK) == static_cast<unsigned>(::syscall(SYS_gettid));
}

LockResult lock_robust(pthread_mutex_t& mutex, const Attachment& attachment,
                       std::uint32_t (*owner_slot_plus_1)(const void* context), const void* context,
                       Clock::time_point deadline) {
  return lock_robust_tried(try_lock(mutex), mutex, attachment, owner_slot_plus_1, context,
                           deadline);
}

LockResult lock_robust_tried(int result, pthread_mutex_t& mutex, const Attachment& attachment,
                             std::uint32_t (*owner_slot_plus_1)(const void* context),
                             const void* context, Clock::time_point deadline) {
  give_back_unrecoverable(mutex, result);
  switch (result) {
    case 0:
      return LockResult::acquired;
    case EOWNERDEAD:
      return LockResult::owner_died;
    case EBUSY:
      break;
    default:
      attachment.segment().corrupt("expected a robust mutex in use, found other bytes");
  }
  for (int i = 0; i < spins; ++i) {
    pause();
    // Relaxed: only a reason to try.
    if ((lock_word(mutex).load(std::memory_order_relaxed) & FUTEX_TID_MASK) == 0) {
      if (const LockResult again = try_lock_robust(mutex); again != LockResult::timed_out) {
        return again;
      }
    }
  }
  if (held_by_this_thread(mutex)) {
    throw Error(std::make_error_code(std::errc::resource_deadlock_would_occur),
                "registry \"" + attachment.segment().registry_name() +
                    "\": expected a lock that others have, found one that this very thread has, or "
                    "a damaged one that says so");
  }
  for (;;) {
    const Clock::time_point now = Clock::now();
    const bool last_round = deadline <= now + patience;
    const timespec until =
        to_timespec((last_round ? std::max(deadline, now) : now + patience).time_since_epoch());
    switch (lock_until(mutex, until)) {
      case 0:
        return LockResult::acquired;
      case EOWNERDEAD:
        return LockResult::owner_died;
      case ETIMEDOUT:
        release_for_the_dead(mutex, attachment, owner_slot_plus_1, context);
        if (last_round) {
          return try_lock_robust(mutex);
        }
        break;
      default:
        attachment.segment().corrupt("expected a robust mutex in use, found other bytes");
    }
  }
}

void make_consistent(pthread_mutex_t& mutex) noexcept {
  ::pthread_mutex_consistent(&mutex);
}

void unlock_robust(pthread_mutex_t& mutex) noexcept {
  ::pthread_mutex_unlock(&mutex);
}

void RobustGuard::lock_after(int result, const Attachment& attachment) {
  const int tried = result == not_tried ? EINVAL : result;
  owner_died_ = lock_robust_tried(tried, mutex_.mutex, attachment, owner_of, &mutex_,
                                  Clock::time_point::max()) == LockResult::owner_died;
}

void RobustGuard::end_without_mending() noexcept {
  std::fputs("ipcarc: a lock whose owner died was left without its data mended\n", stderr);
  std::abort();
}

void RobustGuard::mended() noexcept {
  if (owner_died_) {
    make_consistent(mutex_.mutex);
    owner_died_ = false;
  }
}

void futex_sleep(const void* word, std::uint32_t expected,
                 std::chrono::nanoseconds timeout) noexcept {
  const std::chrono::nanoseconds time = std::min<std::chrono::nanoseconds>(timeout, longest_sleep);
  if (time <= std::chrono::nanoseconds::zero()) {
    return;
  }
  const timespec limit = to_timespec(time);
  futex(word, FUTEX_WAIT, expected, &limit);
}

void futex_wake_all(const void* word) noexcept {
  futex(word, FUTEX_WAKE, INT_MAX, nullptr);
}

bool futex_wake_one(const void* word) noexcept {
  return futex(word, FUTEX_WAKE, 1, nullptr) > 0;
}

}  // namespace ipcarc::detail
