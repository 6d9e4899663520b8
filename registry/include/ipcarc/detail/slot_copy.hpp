// Copies of a value in a slot, word by word, while another process may write it.
//
// The reader may copy a torn value; it compares the version before and after and throws such a copy away. The words are relaxed atomics,
// so that the race has a meaning in the language: H.-J. Boehm, "Can seqlocks get along with programming language memory models?",
// MSPC 2012. A change in place by a guard is made by plain stores; those the reader's check excludes too, and thread sanitizer is told.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "ipcarc/detail/entry_layout.hpp"

namespace ipcarc::detail {

/// From the first slot to the second.
constexpr std::size_t slot_stride(std::size_t payload_bytes) {
  return (payload_bytes + 7) / 8 * 8;
}

template <class T>
inline constexpr std::size_t slot_words = slot_stride(sizeof(T)) / 8;

/// Copies the words of a slot (8-byte aligned, slot_stride(sizeof(T)) bytes) out.
template <class T>
__attribute__((no_sanitize("thread"), always_inline)) inline void read_slot(
    std::uint64_t (&words)[slot_words<T>], const std::byte* slot) noexcept {
  const auto* from = reinterpret_cast<const std::uint64_t*>(slot);
  for (std::size_t i = 0; i < slot_words<T>; ++i) {
    words[i] = __atomic_load_n(from + i, __ATOMIC_RELAXED);
  }
}

/// Copies a value into a slot that is not the current one, under the entry's mutex.
template <class T>
__attribute__((no_sanitize("thread"))) inline void write_slot(std::byte* slot,
                                                              const T& value) noexcept {
  std::uint64_t words[slot_words<T>] = {};
  std::memcpy(words, &value, sizeof(T));
  auto* to = reinterpret_cast<std::uint64_t*>(slot);
  for (std::size_t i = 0; i < slot_words<T>; ++i) {
    // relaxed: the version's release store that follows publishes them.
    __atomic_store_n(to + i, words[i], __ATOMIC_RELAXED);
  }
}

/// Tries to copy the current value without the lock. False: a guard is changing it in place, or the version moved each of three times.
template <class T>
__attribute__((always_inline)) inline bool load_without_lock(const Entry& entry,
                                                             const std::byte* first_slot,
                                                             T* result) noexcept {
  std::uint64_t words[slot_words<T>];
  for (int attempt = 0; attempt < 3; ++attempt) {
    // acquire: pairs with the release of each commit; the slot that this version chooses is written.
    const Version before{entry.version.load(std::memory_order_acquire)};
    if (before.changing()) {
      return false;
    }
    read_slot<T>(words, first_slot + before.slot() * slot_stride(sizeof(T)));
    // acquire fence: pairs with the release fence after `changing` is set, and with the release of the commit before the one that
    // writes this slot again; a word of either kind read above makes this reading see a version that moved.
    std::atomic_thread_fence(std::memory_order_acquire);
    const Version after{entry.version.load(std::memory_order_relaxed)};
    if (before.value() == after.value()) [[likely]] {
      std::memcpy(result, words, sizeof(T));
      return true;
    }
  }
  return false;
}

}  // namespace ipcarc::detail
