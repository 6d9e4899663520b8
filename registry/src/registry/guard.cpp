// Guards: an entry's mutex, the mark of a change in place, and what a dead holder left.
#include <cerrno>

#include "registry/core.hpp"

namespace ipcarc::detail {

constinit thread_local std::uint32_t guard_count = 0;

namespace {

std::uint32_t owner_of_version(const void* context) {
  // relaxed: a hint for who waits.
  return Version{
      static_cast<const std::atomic<std::uint64_t>*>(context)->load(std::memory_order_relaxed)}
      .owner();
}

[[noreturn]] void throw_self_deadlock(Core& core, std::uint32_t index) {
  throw Error(std::make_error_code(std::errc::resource_deadlock_would_occur),
              "registry \"" + core.name() + "\": object \"" +
                  core.directory()
                      .name_at(index, core.directory().state(index).generation())
                      .value_or("?") +
                  "\": this thread holds its guard already and would wait for itself",
              "release that guard first, or pass it on");
}

/// The first try of an entry's mutex by one more guard of this thread.
LockResult try_mutex(Core& core, std::uint32_t index) {
  if (guard_count >= max_guards) {
    throw Error(std::make_error_code(std::errc::no_lock_available),
                "registry \"" + core.name() + "\": this thread holds " +
                    std::to_string(max_guards) +
                    " guards; the kernel recovers no more when a thread dies",
                "release some, or put into one object what is locked together");
  }
  return try_lock_robust(core.directory().entry(index).mutex);
}

/// Waits for the mutex if the try that gave `result` did not get it, mends what a dead holder left, and counts it among the thread's guards.
/// False: the deadline passed (Deadline::min(): without waiting).
bool take_mutex(Core& core, std::uint32_t index, LockResult result, Deadline deadline) {
  Entry& e = core.directory().entry(index);
  if (result == LockResult::timed_out && deadline != Deadline::min()) {
    if (held_by_this_thread(e.mutex)) {
      throw_self_deadlock(core, index);
    }
    result = lock_robust(e.mutex, core.attachment(), owner_of_version, &e.version, deadline);
  }
  if (result == LockResult::timed_out) {
    return false;
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
  ++guard_count;
  return true;
}

[[noreturn]] void throw_poisoned(Core& core, const Handle& handle) {
  throw Error(Errc::poisoned, core.about(object_name(handle)) +
                                  " is poisoned: a process died while it changed it in place; "
                                  "expected a whole value, found one that may be half changed");
}

/// Where the value is, in a region that is the entry's own: what is asked where it does not have to be quick.
std::byte* own_payload(Core& core, const Handle& handle, AccessShape shape, Version version) {
  const std::uint32_t index = handle.index();
  if (shape.kind != PayloadKind::two_slots) {
    const std::uint64_t root = handle.entry().root[version.slot()].load(std::memory_order_relaxed);
    if (!core.is_root(index, root, shape.payload_offset + shape.stride)) {
      unlock_entry(core, index, version);
      core.segment().corrupt("entry " + std::to_string(index) +
                             ": expected a region of its own, found its root at offset " +
                             std::to_string(root));
    }
  }
  return payload_of(handle, shape, version.slot());
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

void* begin(const Handle& handle, AccessShape shape, Access access, LockResult tried,
            Deadline deadline) {
  Core& core = Core::of(handle.core());
  if (!take_mutex(core, handle.index(), tried, deadline)) {
    return nullptr;
  }
  std::atomic<std::uint64_t>& word = handle.entry().version;
  const Version version{word.load(std::memory_order_relaxed)};
  if (version.changing() != (access == Access::recover)) {
    return refuse(core, handle, version);
  }
  std::byte* const payload = own_payload(core, handle, shape, version);
  // As in enter_guard().
  const std::uint64_t changing = access == Access::change ? Version::changing_bit : 0;
  word.store(version.owned_by(core.id).word | changing, std::memory_order_relaxed);
  release_fence();
  return payload;
}

/// ` by process 1234`, if the slot of who holds it is known.
std::string held_by(Core& core, std::uint32_t slot_plus_1) {
  if (slot_plus_1 == 0 || slot_plus_1 > max_participants) {
    return {};
  }
  // relaxed: for display.
  return " by process " + std::to_string(core.segment().participants()[slot_plus_1 - 1].pid.load(
                              std::memory_order_relaxed));
}

void* begin_or_throw(const Handle& handle, AccessShape shape, Access access, LockResult tried,
                     Deadline deadline) {
  void* payload = begin(handle, shape, access, tried, deadline);
  if (payload == nullptr && access != Access::recover) {
    Core& core = Core::of(handle.core());
    throw Error(
        Errc::timed_out,
        core.about(object_name(handle)) +
            ": expected its guard before the deadline, found it held still" +
            held_by(core, owner_of_version(&handle.entry().version)),
        "try again, or wait longer; a holder that is stopped keeps it until it goes on or ends");
  }
  return payload;
}

}  // namespace

bool lock_entry(Core& core, std::uint32_t index, Deadline deadline) {
  if (!take_mutex(core, index, try_mutex(core, index), deadline)) {
    return false;
  }
  Entry& e = core.directory().entry(index);
  const Version version{e.version.load(std::memory_order_relaxed)};
  // relaxed: for who waits, and for who destroys an entry whose holder died (then the kernel orders it).
  e.version.store(version.owned_by(core.id).word, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  return true;
}

void unlock_entry(Core& core, std::uint32_t index, Version version) noexcept {
  Entry& e = core.directory().entry(index);
  // release: pairs with the acquire in load(); the value is written. The commit of every change. Killed after it: the change is
  // real, and the mutex goes to the next by EOWNERDEAD.
  e.version.store(version.owned_by(0).word, std::memory_order_release);
  unlock_robust(e.mutex);
  --guard_count;
}

void* begin_access(const Handle& handle, AccessShape shape, Access access, Deadline deadline) {
  Core& core = Core::of(handle.core());
  core.enter();
  return begin_or_throw(handle, shape, access, try_mutex(core, handle.index()), deadline);
}

void* begin_access_tried(const Handle& handle, AccessShape shape, Access access, Deadline deadline,
                         int result) {
  return begin_or_throw(handle, shape, access, tried_lock_robust(handle.entry().mutex, result),
                        deadline);
}

void* try_begin_access(const Handle& handle, AccessShape shape, Access access) {
  Core& core = Core::of(handle.core());
  core.enter();
  return begin(handle, shape, access, try_mutex(core, handle.index()), Deadline::min());
}

void wake_version_waiters(CoreView& core, std::uint32_t index) noexcept {
  Core::of(core).directory().wake_version(index);
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
  current_ = own_payload(core, handle, key.shape, version);
  try {
    make_fresh(key, version);
  } catch (...) {
    unlock_entry(core, index, version);
    throw;
  }
}

Update::Update(const Handle& handle, const TypeKey& key, HeldLock lock)
    : handle_(handle), kind_(key.shape.kind), incarnation_(lock.incarnation), keeps_lock_(true) {
  const Version version{handle.entry().version.load(std::memory_order_relaxed)};
  current_ = payload_of(handle, key.shape, version.slot());  // the caller's, so it was asked
  make_fresh(key, version);
}

void Update::make_fresh(const TypeKey& key, Version version) {
  const unsigned other = 1 - version.slot();
  if (kind_ == PayloadKind::two_slots) {
    // release: pairs with the acquire fence in load(): who reads a byte written from here on into the slot that is not current sees
    // that it is not.
    release_fence();
    fresh_ = payload_of(handle_, key.shape, other);
    return;
  }
  // Killed from here on: a second region that the version word does not choose; mend() frees it.
  handle_.entry().root[other].store(
      create_region(Core::of(handle_.core()).heap(), handle_.index() + 1, key.shape.payload_offset,
                    key.size, key.alignment, kind_ == PayloadKind::arena),
      std::memory_order_relaxed);
  fresh_ = payload_of(handle_, key.shape, other);
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
      free_region(core.heap(), e.root[1 - version.slot()], handle_.index() + 1,
                  kind_ == PayloadKind::arena);
    } catch (const Error&) {
      core.want_reaping();
    }
  }
  if (!keeps_lock_) {
    unlock_entry(core, handle_.index(), version);
  }
  if (committed_) {
    core.directory().wake_version(handle_.index());
  }
}

}  // namespace ipcarc::detail
