// The short way in and out of a guard, inline: what there is to do when nothing is the matter. All else takes the long way, in core_calls.hpp.
//
// An atomic instruction waits until the stores before it are done, and what reads memory behind it waits for the instruction; a guard has
// two. So there are few stores here, what needs no lock is read first, and no call but glibc's two.
//
// Thread and process safety: as of guards. A kill leaves what it leaves in the long way: from the store of `changing` to the release a
// poisoned object, else nothing.
#pragma once

#include <pthread.h>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "ipcarc/detail/core_calls.hpp"
#include "ipcarc/detail/fences.hpp"

namespace ipcarc::detail {

/// Guards of one thread. The kernel recovers 2048 robust locks a thread; half is left to others.
inline constexpr std::uint32_t max_guards = 1024;

/// Every block of the heap is aligned to 64 bytes.
inline constexpr int root_alignment_bits = 6;

/// How many guards this thread has.
IPCARC_EXPORT extern constinit thread_local std::uint32_t guard_count;

/// Whether a region of that shape can start at `root`, as the entry says: in the heap, and where blocks start. One compare for both, since
/// the rotation makes a large number of what is no multiple. get() refused the entry if its type did not fit in the heap at all.
inline bool can_be_root(const CoreView& core, AccessShape shape, std::uint64_t root) noexcept {
  const std::uint64_t room = core.heap_bytes - (shape.payload_offset + shape.stride);
  return std::rotr(root - core.heap_begin, root_alignment_bits) <= room >> root_alignment_bits;
}

/// Where the value is, in the slot (or region) that the version chooses. The caller has the entry's mutex, and knows that it
/// can_be_root().
inline std::byte* payload_of(const Handle& handle, AccessShape shape, unsigned slot) noexcept {
  if (shape.kind == PayloadKind::two_slots) {
    std::byte* payload = handle.payload();
    if (slot != 0) {
      asm(""
          : "+r"(
              payload));  // a branch, which is foretold: arithmetic would let the value's use wait for the version
      payload += shape.stride;
    }
    return payload;
  }
  // relaxed: written under the mutex, or before the entry was live.
  return handle.core().base + handle.entry().root[slot].load(std::memory_order_relaxed) +
         shape.payload_offset;
}

/// begin_access(), to change or to read.
inline void* enter_guard(const Handle& handle, AccessShape shape, Access access,
                         Deadline deadline) {
  const CoreView& core = handle.core();
  Entry& e = handle.entry();
  if (!core.at_ease() || guard_count >= max_guards || e.mutex.__data.__kind != robust_kind)
      [[unlikely]] {
    return begin_access(handle, shape, access, deadline);
  }
  const std::uint32_t id = core.id;
  if (const int result = ::pthread_mutex_trylock(&e.mutex); result != 0) [[unlikely]] {
    return begin_access_tried(handle, shape, access, deadline, result);
  }
  const Version version{e.version.load(std::memory_order_relaxed)};
  if (version.changing() ||
      (shape.kind != PayloadKind::two_slots &&
       !can_be_root(core, shape, e.root[version.slot()].load(std::memory_order_relaxed))))
      [[unlikely]] {
    return begin_access_tried(handle, shape, access, deadline, 0);
  }
  // relaxed: the owner is for who waits, and for who destroys an entry whose holder died (then the kernel orders it).
  const Version mine = version.owned_by(id);
  if (access == Access::change) {
    // release fence: pairs with the acquire fence in load(): who reads a byte written from here on sees `changing`.
    // Killed from here to leave_guard(): `changing` stays, and the next to lock it finds the object poisoned.
    e.version.store(mine.word | Version::changing_bit, std::memory_order_relaxed);
    release_fence();
  } else {
    e.version.store(mine.word, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  ++guard_count;
  return payload_of(handle, shape, version.slot());
}

/// Ends what enter_guard() or begin_access() began. `changed`: the version grows and waiters wake.
inline void leave_guard(const Handle& handle, bool changed, std::uint32_t incarnation) noexcept {
  if (handle.core().incarnation != incarnation) [[unlikely]] {
    return;  // a forked child: the guard is its parent's
  }
  Entry& e = handle.entry();
  const Version version{e.version.load(std::memory_order_relaxed)};
  const Version left =
      changed ? version.next(version.slot()) : Version{version.word & ~Version::changing_bit};
  // release: pairs with the acquire in load(); the value is written. The commit of every change. Killed after it: the change is
  // real, and the mutex goes to the next by EOWNERDEAD.
  e.version.store(left.owned_by(0).word, std::memory_order_release);
  ::pthread_mutex_unlock(&e.mutex);
  --guard_count;
  // seq_cst: after the version; pairs with wait_version(), which sets the flag, then reads the version. Missed, it costs one sleep.
  if (changed && e.waiters.load(std::memory_order_seq_cst) != 0) [[unlikely]] {
    wake_version_waiters(handle.core(), handle.index());
  }
}

}  // namespace ipcarc::detail
