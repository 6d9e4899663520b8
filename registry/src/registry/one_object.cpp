// What a handle is asked of one object: pins, versions, names, counts, weak references.
#include <thread>

#include "ipcarc/arc.hpp"
#include "registry/building.hpp"
#include "segment/system_retry.hpp"

namespace ipcarc::detail {
namespace {

constexpr int spins_before_sleep =
    2000;  // some tens of microseconds, as long as a sleep and a wake take

}  // namespace

void set_pinned(const Handle& handle, bool pinned) {
  Core& core = Core::of(handle.core());
  core.enter();
  const NoCancel no_cancel;
  if (!core.directory().set_pinned(handle.index(), pinned) && pinned) {
    throw Error(Errc::not_found,
                core.about(object_name(handle)) +
                    ": expected a named object to pin, found one that has been removed",
                "keep a handle to it instead");
  }
}

bool wait_version(const Handle& handle, std::uint64_t since, std::chrono::nanoseconds timeout) {
  Core& core = Core::of(handle.core());
  core.enter();
  Entry& e = handle.entry();
  const auto changed = [&] {
    // acquire: pairs with the release of each commit; who sees the version sees the value.
    if (Version{e.version.load(std::memory_order_acquire)}.count() != since) {
      return true;
    }
    // A frozen object changes by being replaced or removed.
    const State now = core.directory().state(handle.index());
    return now.frozen() && now.leaving();
  };
  for (int i = 0; i < spins_before_sleep; ++i) {
    if (changed()) {
      return true;
    }
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  const Deadline deadline = deadline_after(timeout);
  for (;;) {
    // seq_cst: the flag comes before the version is read again; pairs with wake_version(). Missed, it costs one sleep of 250 ms.
    e.waiters.store(1, std::memory_order_seq_cst);
    const auto word = static_cast<std::uint32_t>(e.version.load(std::memory_order_acquire));
    if (changed()) {
      return true;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) {
      return false;
    }
    futex_sleep(version_futex(e), word, deadline - now);
  }
}

// A sync type's version word, which no guard moves, counts notifications that anybody slept for: the futex word of the sleepers, whatever
// the object's size. `waiters` says that somebody may sleep. No wake is lost, as long as nobody dies:
//   waiter:    word = version; waiters = 1 [RMW]; condition; sleep while version is `word`
//   notifier:  (the change;) fence; waiters == 0 -> done. waiters = 0 [RMW]; version + 1; wake all
// A waiter whose mark the notifier took had read the word before, so it does not sleep past the new version; one that marks itself after reads
// what the notifier's RMW published, the change with it. notify_one leaves the mark, since others may sleep, until a wake meets nobody.
// Killed anywhere: a waiter leaves the mark, which costs one system call; a notifier's sleepers wake by themselves.
bool wait_sync(const Handle& handle, bool (*holds)(const void*), const void* context,
               std::chrono::nanoseconds timeout) {
  Core::of(handle.core()).enter();
  for (int i = 0; i < spins_before_sleep; ++i) {
    if (holds(context)) {
      return true;
    }
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  Entry& e = handle.entry();
  const Deadline deadline = deadline_after(timeout);
  for (;;) {
    // acquire: pairs with the notifier's version + 1; before the mark, see above.
    const auto word = static_cast<std::uint32_t>(e.version.load(std::memory_order_acquire));
    // seq_cst: pairs with the notifier's fence and RMW.
    e.waiters.exchange(1, std::memory_order_seq_cst);
    if (holds(context)) {
      return true;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) {
      return false;
    }
    futex_sleep(version_futex(e), word, deadline - now);
  }
}

void wake_sync(const Handle& handle, bool all) noexcept {
  Entry& e = handle.entry();
  const auto advance = [&e] {
    // release: pairs with the waiter's reading of the word.
    e.version.fetch_add(std::uint64_t{1} << Version::count_shift, std::memory_order_release);
  };
  full_fence();  // after the change, whatever its order; pairs with the waiter's exchange
  if (e.waiters.load(std::memory_order_seq_cst) == 0) {
    return;
  }
  if (!all) {
    advance();
    if (futex_wake_one(version_futex(e))) {
      return;
    }
  }
  // seq_cst: pairs with the waiter's exchange; before the version, see above.
  e.waiters.exchange(0, std::memory_order_seq_cst);
  advance();
  futex_wake_all(version_futex(e));
}

void throw_empty_handle() {
  throw Error(Errc::wrong_mode,
              "ipcarc: expected a handle that holds an object, found an empty one",
              "look whether find() found something, or a handle was moved from");
}

std::string_view object_name(const Handle& handle) noexcept {
  Core& core = Core::of(handle.core());
  // The entry is held, so its name does not change; plain reads.
  const auto* bytes = reinterpret_cast<const unsigned char*>(handle.entry().name);
  const std::size_t length = bytes[inline_name_bytes];
  if (length <= inline_name_bytes) {
    return {reinterpret_cast<const char*>(bytes), length};
  }
  return {reinterpret_cast<const char*>(tail_of(core.segment(), handle.index())),
          std::min(length, max_name_bytes)};
}

std::size_t holder_count(const Handle& handle) noexcept {
  return Core::of(handle.core()).directory().holders(handle.index());
}

Handle lock_generation(CoreView& view, std::uint32_t index, std::uint64_t generation,
                       const TypeKey& key) {
  Core& core = Core::of(view);
  core.enter();
  if (!core.directory().hold_generation(index, generation)) {
    return {};
  }
  Handle handle(&view, index, nullptr);
  handle.set_payload(require_payload(core, index, key));
  return handle;
}

std::uint64_t generation_of(const Handle& handle) noexcept {
  return Core::of(handle.core()).directory().state(handle.index()).generation();
}

}  // namespace ipcarc::detail
