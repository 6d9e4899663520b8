// Copies of a value in a slot, while another process may write it.
//
// The reader may copy a torn value; it compares the version before and after and throws such a copy away (a seqlock: H.-J. Boehm, "Can seqlocks
// get along with programming language memory models?", MSPC 2012). The copies are plain ones between compiler barriers: word by
// word in relaxed atomics, as the paper has it, they cost four times as much, since compilers neither join nor widen atomics. What the
// language leaves undefined there, the compilers this library is built with define: a memcpy of memory that is written meanwhile gives some
// bytes. Thread sanitizer, which cannot know, is given the words in atomics.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "ipcarc/detail/entry_layout.hpp"
#include "ipcarc/detail/fences.hpp"

namespace ipcarc::detail {

/// From the first slot to the second.
constexpr std::size_t slot_stride(std::size_t payload_bytes) {
  return (payload_bytes + 7) / 8 * 8;
}

#if defined(__SANITIZE_THREAD__)
#define IPCARC_SLOT_WORDS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define IPCARC_SLOT_WORDS 1
#endif
#endif

#ifdef IPCARC_SLOT_WORDS
/// Copies bytes of a slot (8-byte aligned), not seen by the sanitizer: a guard's change in place is made by plain stores.
__attribute__((no_sanitize("thread"), noinline)) inline void copy_out(void* to,
                                                                      const std::byte* slot,
                                                                      std::size_t bytes) noexcept {
  auto* out = static_cast<volatile char*>(to);
  for (std::size_t i = 0; i < bytes; ++i) {
    out[i] = __atomic_load_n(reinterpret_cast<const char*>(slot) + i, __ATOMIC_RELAXED);
  }
}
__attribute__((no_sanitize("thread"), noinline)) inline void copy_in(std::byte* slot,
                                                                     const void* from,
                                                                     std::size_t bytes) noexcept {
  const auto* in = static_cast<const volatile char*>(from);
  for (std::size_t i = 0; i < bytes; ++i) {
    __atomic_store_n(reinterpret_cast<char*>(slot) + i, in[i], __ATOMIC_RELAXED);
  }
}
#else
[[gnu::always_inline]] inline void copy_out(void* to, const std::byte* slot,
                                            std::size_t bytes) noexcept {
  std::atomic_signal_fence(std::memory_order_seq_cst);
  std::memcpy(to, slot, bytes);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}
[[gnu::always_inline]] inline void copy_in(std::byte* slot, const void* from,
                                           std::size_t bytes) noexcept {
  std::atomic_signal_fence(std::memory_order_seq_cst);
  std::memcpy(slot, from, bytes);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}
#endif

/// A copy of a slot, made where it is returned to.
template <class T>
[[gnu::always_inline]] inline T slot_value(const std::byte* slot) noexcept {
#ifdef IPCARC_SLOT_WORDS
  alignas(T) std::byte bytes[sizeof(T)];
  copy_out(bytes, slot, sizeof(T));
  return *reinterpret_cast<const T*>(bytes);
#else
  std::atomic_signal_fence(std::memory_order_seq_cst);
  return *reinterpret_cast<const T*>(slot);
#endif
}

/// The version before a copy without the lock. acquire: pairs with the release of each commit; the slot that this version chooses is written.
[[gnu::always_inline]] inline Version begin_load(const Entry& entry) noexcept {
  return Version{entry.version.load(std::memory_order_acquire)};
}
/// Whether what was copied since begin_load() is whole: no guard was changing it in place, and the version did not move.
[[gnu::always_inline]] inline bool end_load(const Entry& entry, Version before) noexcept {
  // acquire fence: pairs with the release fence after `changing` is set, and with that before the slot that is not current is
  // written; a byte of either kind read above makes this reading see a version that moved.
  acquire_fence();
  return Version{entry.version.load(std::memory_order_relaxed)}.value() == before.value() &&
         !before.changing();
}

}  // namespace ipcarc::detail
