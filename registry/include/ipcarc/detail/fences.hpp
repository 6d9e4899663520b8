// Fences that the ThreadSanitizer of g++ takes without a warning in every program that includes
// them: it knows none, and is given a full barrier of the processor that it does not look at.
#pragma once

#include <atomic>

namespace ipcarc::detail {

inline void acquire_fence() noexcept {
#if defined(__SANITIZE_THREAD__)
  __sync_synchronize();
#else
  std::atomic_thread_fence(std::memory_order_acquire);
#endif
}

inline void release_fence() noexcept {
#if defined(__SANITIZE_THREAD__)
  __sync_synchronize();
#else
  std::atomic_thread_fence(std::memory_order_release);
#endif
}

/// Sequentially consistent.
inline void full_fence() noexcept {
#if defined(__SANITIZE_THREAD__)
  __sync_synchronize();
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

}  // namespace ipcarc::detail
