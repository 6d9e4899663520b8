// Guards: an entry's mutex, the mark of a change in place, and what a dead holder left.
#include <cerrno>

#include "ipcarc/detail/slot_copy.hpp"
#include "registry/core.hpp"

namespace ipcarc::detail {
namespace {

constexpr std::size_t max_guards =
    1024;  // the kernel recovers 2048 robust locks a thread; half is left to others

struct Held {
  const CoreView* core;
  std::uint32_t index;
};

/// The thread's guards, oldest first. Trivial, so that thread-local access needs no initialisation.
struct HeldList {
  std::size_t count;
  std::size_t capacity;  // of `more`; 0: none
  Held* more;            // null: `first` serves
  Held first[8];

  Held* items() noexcept { return more != nullptr ? more : first; }
};

constinit thread_local HeldList held_list{};

bool is_held(HeldList& list, const CoreView& core, std::uint32_t index) noexcept {
  Held* items = list.items();
  for (std::size_t i = 0; i < list.count; ++i) {
    if (items[i].index == index && items[i].core == &core) {
      return true;
    }
  }
  return false;
}

[[gnu::noinline]] void grow(HeldList& list, const CoreView& core) {
  if (list.more != nullptr) {
    throw Error(std::make_error_code(std::errc::no_lock_available),
                "registry \"" + std::string(registry_name(core)) + "\": this thread holds " +
                    std::to_string(max_guards) +
                    " guards; the kernel recovers no more when a thread dies");
  }
  auto* more = new Held[max_guards];
  std::copy_n(list.first, list.count, more);
  list.more = more;
  list.capacity = max_guards;
}

void remember(HeldList& list, const CoreView& core, std::uint32_t index) {
  if (list.count == std::max(list.capacity, std::size(list.first))) [[unlikely]] {
    grow(list, core);
  }
  list.items()[list.count++] = Held{&core, index};
}

void forget(const CoreView& core, std::uint32_t index) noexcept {
  HeldList& list = held_list;
  Held* items = list.items();
  for (std::size_t i = list.count; i-- > 0;) {
    if (items[i].index == index && items[i].core == &core) {
      items[i] = items[--list.count];
      break;
    }
  }
  if (list.count == 0 && list.more != nullptr) [[unlikely]] {
    delete[] list.more;
    list.more = nullptr;
    list.capacity = 0;
  }
}

}  // namespace

namespace held_guards {

void forget_all() noexcept {
  held_list.count = 0;
}

}  // namespace held_guards

namespace {

std::uint32_t owner_of_version(const void* context) {
  // relaxed: a hint for who waits.
  return Version{
      static_cast<const std::atomic<std::uint64_t>*>(context)->load(std::memory_order_relaxed)}
      .owner();
}

/// Waits for the mutex if the try that gave `result` did not get it, and mends what a dead holder left. False: the deadline passed.
bool take_mutex(Core& core, std::uint32_t index, LockResult result, Deadline deadline) {
  Entry& e = core.directory().entry(index);
  if (result == LockResult::timed_out && deadline != Deadline::min()) {
    result = lock_robust(e.mutex, core.attachment(), owner_of_version, &e.version, deadline);
  }
  if (result == LockResult::owner_died) {
    try {
      core.directory().mend(index);
      core.want_reaping();
    } catch (...) {
      make_consistent(e.mutex);
      unlock_robust(e.mutex);
      throw;
    }
  }
  return result != LockResult::timed_out;
}

/// The same for an entry that is on the thread's list already, and goes from it if the mutex is not to be had.
bool take_mutex_listed(Core& core, std::uint32_t index, LockResult tried, Deadline deadline) {
  try {
    if (take_mutex(core, index, tried, deadline)) {
      return true;
    }
  } catch (...) {
    forget(core, index);
    throw;
  }
  forget(core, index);
  return false;
}

[[noreturn]] void throw_poisoned(Core& core, const Handle& handle) {
  throw Error(Errc::poisoned, core.about(object_name(handle)) +
                                  " is poisoned: a process died while it changed it in place; "
                                  "expected a whole value, found "
                                  "one that may be half changed (recover() or reset() mends it)");
}

std::byte* payload_of(const Handle& handle, AccessShape shape, unsigned slot) {
  if (shape.kind == PayloadKind::two_slots) {
    return handle.payload() + slot * shape.stride;
  }
  // relaxed: written under the mutex, or before the entry was live.
  return handle.core().base + handle.entry().root[slot].load(std::memory_order_relaxed) +
         shape.payload_offset;
}

[[noreturn]] void throw_self_deadlock(Core& core, std::uint32_t index) {
  throw Error(std::make_error_code(std::errc::resource_deadlock_would_occur),
              "registry \"" + core.name() + "\": object \"" +
                  core.directory()
                      .name_at(index, core.directory().state(index).generation())
                      .value_or("?") +
                  "\": this thread holds its guard already and would wait for itself");
}

/// Of an object that is poisoned when it should not be, or is not when it should.
void* refuse(Core& core, const Handle& handle, Version version) {
  unlock_entry(core, handle.index(), version);
  if (!version.changing()) {
    return nullptr;
  }
  core.enter();  // reaps the one that died, now that no lock is held
  throw_poisoned(core, handle);
}

void* begin(const Handle& handle, AccessShape shape, Access access, Deadline deadline) {
  Core& core = Core::of(handle.core());
  core.enter();
  const std::uint32_t index = handle.index();
  if (!lock_entry(core, index, deadline)) {
    return nullptr;
  }
  std::atomic<std::uint64_t>& word = handle.entry().version;
  const Version version{word.load(std::memory_order_relaxed)};
  if (version.changing() != (access == Access::recover)) [[unlikely]] {
    return refuse(core, handle, version);
  }
  if (access == Access::change) {
    // release fence: pairs with the acquire fence in load(): who reads a byte written from here on sees `changing`.
    // Killed from here to end_access(): `changing` stays, and the next to lock it finds the object poisoned.
    word.store(version.word | Version::changing_bit, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
  }
  return payload_of(handle, shape, version.slot());
}

}  // namespace

bool lock_entry(Core& core, std::uint32_t index, Deadline deadline) {
  HeldList& list = held_list;
  if (is_held(list, core, index)) [[unlikely]] {
    throw_self_deadlock(core, index);
  }
  remember(list, core, index);
  Entry& e = core.directory().entry(index);
  if (const LockResult tried = try_lock_robust(e.mutex); tried != LockResult::acquired)
      [[unlikely]] {
    if (!take_mutex_listed(core, index, tried, deadline)) {
      return false;
    }
  }
  const Version version{e.version.load(std::memory_order_relaxed)};
  // relaxed: for who waits, and for who destroys an entry whose holder died (then the kernel orders it).
  e.version.store(version.owned_by(core.attachment().id()).word, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  return true;
}

void unlock_entry(Core& core, std::uint32_t index, Version version) noexcept {
  Entry& e = core.directory().entry(index);
  // release: pairs with the acquire in load(); the value is written. The commit of every change. Killed after it: the change is
  // real, and the mutex goes to the next by EOWNERDEAD.
  e.version.store(version.owned_by(0).word, std::memory_order_release);
  unlock_robust(e.mutex);
  forget(core, index);
}

void* begin_access(const Handle& handle, AccessShape shape, Access access, Deadline deadline) {
  void* payload = begin(handle, shape, access, deadline);
  if (payload == nullptr && access != Access::recover) {
    Core& core = Core::of(handle.core());
    throw Error(Errc::timed_out,
                core.about(object_name(handle)) +
                    ": expected its guard before the deadline, found it held by participant " +
                    std::to_string(owner_of_version(&handle.entry().version)) + " still");
  }
  return payload;
}

void* try_begin_access(const Handle& handle, AccessShape shape, Access access) {
  if (is_held(held_list, handle.core(), handle.index())) {
    return nullptr;
  }
  return begin(handle, shape, access, Deadline::min());
}

void end_access(const Handle& handle, Access access, bool changed,
                std::uint32_t incarnation) noexcept {
  Core& core = Core::of(handle.core());
  if (core.incarnation != incarnation) {
    return;  // a forked child: the guard is its parent's
  }
  const std::uint32_t index = handle.index();
  const Version version{handle.entry().version.load(std::memory_order_relaxed)};
  if (changed || access == Access::recover) {
    unlock_entry(core, index, version.next(version.slot()));
    core.directory().wake_version(index);
  } else {
    unlock_entry(core, index, Version{version.word & ~Version::changing_bit});
  }
}

void abandon_recover(const Handle& handle, std::uint32_t incarnation) noexcept {
  Core& core = Core::of(handle.core());
  if (core.incarnation == incarnation) {
    unlock_entry(core, handle.index(),
                 Version{handle.entry().version.load(std::memory_order_relaxed)});
  }
}

// --- updates --------------------------------------------------------------------------------------------------------

Update::Update(const Handle& handle, const TypeKey& key, bool over_poison)
    : handle_(handle), kind_(key.shape.kind) {
  Core& core = Core::of(handle.core());
  core.enter();
  const std::uint32_t index = handle.index();
  lock_entry(core, index, Deadline::max());
  incarnation_ = core.incarnation;
  Entry& e = handle.entry();
  const Version version{e.version.load(std::memory_order_relaxed)};
  if (version.changing() && !over_poison) {
    unlock_entry(core, index, version);
    core.enter();
    throw_poisoned(core, handle);
  }
  const unsigned other = 1 - version.slot();
  current_ = payload_of(handle, key.shape, version.slot());
  if (kind_ == PayloadKind::two_slots) {
    // release: pairs with the acquire fence in load(): who reads a byte written from here on into the slot that is not current sees
    // that it is not.
    std::atomic_thread_fence(std::memory_order_release);
    fresh_ = payload_of(handle, key.shape, other);
    return;
  }
  try {
    // Killed from here on: a second region that the version word does not choose; mend() frees it.
    e.root[other].store(create_region(core.heap(), index + 1, key.shape.payload_offset, key.size,
                                      kind_ == PayloadKind::arena),
                        std::memory_order_relaxed);
  } catch (...) {
    unlock_entry(core, index, version);
    throw;
  }
  fresh_ = payload_of(handle, key.shape, other);
}

void Update::commit() noexcept {
  Core& core = Core::of(handle_.core());
  if (core.incarnation != incarnation_) {
    return;
  }
  Entry& e = handle_.entry();
  const Version version{e.version.load(std::memory_order_relaxed)};
  const unsigned other = 1 - version.slot();
  // release: pairs with load(). The commit: one store that turns to the other value and counts the version; the owner stays.
  e.version.store(version.next(other).word, std::memory_order_release);
  committed_ = true;
}

Update::~Update() {
  Core& core = Core::of(handle_.core());
  if (core.incarnation != incarnation_) {
    return;
  }
  Entry& e = handle_.entry();
  const Version version{e.version.load(std::memory_order_relaxed)};
  if (kind_ != PayloadKind::two_slots) {
    try {
      // The old value after a commit, the unused new one without. Killed inside: mend() goes on.
      free_region(core.heap(), e.root[1 - version.slot()]);
    } catch (const Error&) {
      core.want_reaping();
    }
  }
  unlock_entry(core, handle_.index(), version);
  if (committed_) {
    core.directory().wake_version(handle_.index());
  }
}

}  // namespace ipcarc::detail
