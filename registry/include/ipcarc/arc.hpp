// Handles: IpcArc<T>, a counted reference to an object that several processes share, and IpcWeak<T>.
//
// Thread safety: as of std::shared_ptr. Different handles of one object may be used by different threads at once, one handle by one thread at a
// time. Process safety: every call, while any other participant may die at any instruction. After fork the child's handles
// are holds of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "ipcarc/detail/construct.hpp"
#include "ipcarc/detail/core_calls.hpp"
#include "ipcarc/detail/slot_copy.hpp"
#include "ipcarc/detail/type_key.hpp"
#include "ipcarc/error.hpp"
#include "ipcarc/guard.hpp"

namespace ipcarc {

namespace detail {

template <class T>
inline constexpr bool is_atomic = false;
template <class T>
inline constexpr bool is_atomic<std::atomic<T>> = true;

[[noreturn]] IPCARC_EXPORT void throw_empty_handle();

/// What all handles can do, whatever the mode.
class ArcBase {
 public:
  /// False if the handle is empty.
  explicit operator bool() const noexcept { return static_cast<bool>(handle_); }

  /// Makes the object outlive its holders, until `unpin` or until its name is removed or published anew. Locks a part of the directory. Throws
  /// not_found if the name was removed already. A kill inside leaves it pinned or not.
  void pin() const { set_pinned(held(), true); }
  /// Takes the pin back. The object goes with its last holder.
  void unpin() const { set_pinned(held(), false); }

  /// How often the object has changed. Frozen: moves when a newer one is published under its name. Takes no lock.
  std::uint64_t version() const {
    // acquire: pairs with the release of each commit; who sees the version sees the value.
    return Version{held().entry().version.load(std::memory_order_acquire)}.count();
  }
  /// Waits until `version()` differs from `since` (frozen: or the name was removed or published anew), first spinning for
  /// some tens of microseconds, then sleeping. False if `timeout` passed first.
  bool wait_changed(std::uint64_t since, std::chrono::nanoseconds timeout) const {
    return wait_version(held(), since, timeout);
  }

  /// The object's name. Valid while this handle lives. Takes no lock.
  std::string_view name() const { return object_name(held()); }
  /// How many processes hold the object, this one included. Takes no lock; the answer may be old.
  std::size_t use_count() const { return handle_ ? holder_count(handle_) : 0; }

  friend bool operator==(const ArcBase& a, const ArcBase& b) noexcept {
    if (!a.handle_ || !b.handle_) {
      return !a.handle_ && !b.handle_;
    }
    return &a.handle_.core() == &b.handle_.core() && a.handle_.index() == b.handle_.index();
  }

 protected:
  ArcBase() noexcept = default;
  explicit ArcBase(Handle handle) noexcept : handle_(std::move(handle)) {}

  const Handle& held() const {
    if (!handle_) [[unlikely]] {
      throw_empty_handle();
    }
    return handle_;
  }

  Handle handle_;
};

}  // namespace detail

template <class T>
class IpcWeak;
template <class T>
class Link;

/// A counted reference to a shared object. Copies cost what a copy of a std::shared_ptr costs and touch no shared memory. The object
/// goes when the last process lets go, unless it is pinned.
///
/// - `IpcArc<T>`: through guards only.
/// - `IpcArc<const T>`: frozen; `*arc` and `arc->` without any lock.
/// - `IpcArc<T>` with `is_sync<T>`: `*arc` and `arc->` without any lock; `T` does its own synchronising.
/// - `IpcArc<T>` of a `T` that is not relocatable: the same calls, if <ipcarc/serialization.hpp> is included. Each works on a private copy that
///   is decoded, and encoded again to be stored; frozen: `read()` and `load()`, without a lock.
///
/// A call on an empty handle throws wrong_mode. Every call throws too_many_processes in a forked child that found no slot,
/// incompatible_segment in one that was forked into another pid namespace.
template <class T>
class IpcArc : public detail::ArcBase {
  using Value = std::remove_const_t<T>;
  static constexpr bool is_frozen = std::is_const_v<T>;
  static constexpr bool is_encoded = detail::is_encoded<Value>;
  static constexpr bool is_direct = !is_encoded && (is_frozen || is_sync<Value>);
  static constexpr bool is_notified = !is_frozen && is_sync<Value>;
  static constexpr bool is_waitable = is_notified && detail::is_atomic<Value>;
  static constexpr bool is_guarded = !is_frozen && !is_direct;
  /// A private copy that changes poisons nothing.
  static constexpr detail::Access change_access =
      is_encoded ? detail::Access::read : detail::Access::change;
  static constexpr detail::AccessShape shape = detail::access_shape<T>;
  static constexpr detail::PayloadKind kind = shape.kind;
  static constexpr bool is_copyable_by_bytes =
      std::is_trivially_copyable_v<Value> && !is_sync<Value>;

 public:
  using element_type = T;  ///< as std::shared_ptr's

  /// An empty handle.
  IpcArc() noexcept = default;
  /// For the registry: takes over a hold.
  explicit IpcArc(detail::Handle handle) noexcept : ArcBase(std::move(handle)) {}

  /// `Registry::open("default").create<T>(id, args...)`.
  template <class... A>
  static IpcArc create(std::string_view id, A&&... args);
  /// `Registry::open("default").get<T>(id)`.
  static IpcArc load(std::string_view id);

  /// The object, without a lock. Undefined for an empty handle, as with std::shared_ptr.
  T& operator*() const noexcept requires is_direct {
    return *reinterpret_cast<T*>(handle_.payload());
  }
  T* operator->() const noexcept requires is_direct {
    return reinterpret_cast<T*>(handle_.payload());
  }
  /// As operator->(); null for an empty handle.
  T* get() const noexcept requires is_direct { return reinterpret_cast<T*>(handle_.payload()); }

  /// Of a std::atomic: waits until its value is another than `old` (its bytes are compared, as std::atomic::wait does). First spins for some tens
  /// of microseconds, then sleeps until somebody in any process calls notify_one() or notify_all(), at most 250 ms at a time: a notifier that is
  /// killed, or forgets to notify, costs that much. Who waits and is killed hinders nobody.
  template <class A = Value>
  void wait(typename A::value_type old) const requires is_waitable {
    wait_for(old, std::chrono::nanoseconds::max());
  }
  /// As wait(), but gives up after `timeout`: false if the value was `old` all along.
  template <class A = Value>
  bool wait_for(typename A::value_type old,
                std::chrono::nanoseconds timeout) const requires is_waitable {
    return wait_until(
        [&old](const A& value) {
          // seq_cst: pairs with the fence in notify, so that a value stored before it is seen or the notifier sees who waits.
          const typename A::value_type now = value.load(std::memory_order_seq_cst);
          return std::memcmp(&now, &old, sizeof now) != 0;
        },
        timeout);
  }
  /// Of any sync type: waits until `condition(object)` is true, and gives what it said last, false if `timeout` passed first. Sleeps and wakes as wait();
  /// the condition is asked again after each wake. It must read by atomics, and may not throw.
  template <class F>
  bool wait_until(F&& condition, std::chrono::nanoseconds timeout) const requires is_notified {
    struct Context {
      const Value* value;
      std::remove_reference_t<F>* condition;
    };
    const Context context{reinterpret_cast<const Value*>(held().payload()), &condition};
    return detail::wait_sync(
        handle_,
        [](const void* opaque) -> bool {
          const auto* in = static_cast<const Context*>(opaque);
          return (*in->condition)(*in->value);
        },
        &context, timeout);
  }
  /// Wakes one, if any sleeps in wait(), wait_for() or wait_until() of this object, in whatever process. To be called after the change. Where different
  /// conditions are waited for, notify_all() is meant. Takes no lock; without sleepers it costs a fence and a load.
  void notify_one() const requires is_notified { detail::wake_sync(held(), false); }
  /// Wakes all who sleep there.
  void notify_all() const requires is_notified { detail::wake_sync(held(), true); }

  /// Locks the object to change it. Blocks while another holds it. Throws poisoned if a holder died inside;
  /// std::errc::resource_deadlock_would_occur if this thread holds it already. A kill while the guard lives poisons the object.
  Guard<T> acquire() const requires is_guarded { return acquire_until(detail::Deadline::max()); }
  /// As acquire(), but throws timed_out after `timeout`.
  Guard<T> acquire_for(std::chrono::nanoseconds timeout) const requires is_guarded {
    return acquire_until(detail::deadline_after(timeout));
  }
  /// As acquire(), but gives nothing instead of blocking.
  std::optional<Guard<T>> try_acquire() const requires is_guarded {
    void* value = detail::try_begin_access(held(), shape, change_access);
    if (value == nullptr) {
      return std::nullopt;
    }
    return std::optional<Guard<T>>(std::in_place, handle_, value);
  }
  /// Locks the object to read it. Blocks and throws as acquire(); a kill inside poisons nothing. Of an encoded one: decodes a copy, the lock held
  /// only meanwhile, frozen not at all; throws decode_failed.
  ReadGuard<Value> read() const requires(!is_direct) {
    if constexpr (is_encoded) {
      return ReadGuard<Value>(held(), is_frozen);
    } else {
      return ReadGuard<Value>(handle_, detail::enter_guard(held(), shape, detail::Access::read,
                                                           detail::Deadline::max()));
    }
  }

  /// The value, copied. Up to 4096 bytes: without a lock while no guard changes it in place; after three versions that
  /// moved, or larger, under the lock. Throws poisoned. Of an encoded one: as read().
  Value load() const requires(!is_direct && (is_copyable_by_bytes || is_encoded)) {
    if constexpr (is_encoded) {
      return detail::Carrier<Value>::load(held(), is_frozen);
    } else if constexpr (kind == detail::PayloadKind::two_slots) {
      return load_slot();
    } else {
      return *read();
    }
  }
  /// Replaces the value: wholly old or wholly new for every reader, also if this process is killed inside. Locks; blocks while another holds it.
  /// Throws poisoned; out_of_memory beyond 4096 bytes. Of an encoded one: encodes first; throws what that throws, out_of_memory.
  void store(const Value& value) const
      requires(is_guarded && (is_copyable_by_bytes || is_encoded)) {
    if constexpr (is_encoded) {
      detail::Carrier<Value>::reset(held(), key(), value);
    } else {
      detail::Update update(held(), key());
      put(update, value);
      update.commit();
    }
  }

  /// Changes the object all or nothing: `change` gets a copy (`Value&`), which takes the value's place when it returns. If it
  /// throws, or this process is killed inside, the value is as before. Gives what `change` gives. Locks; blocks; throws poisoned,
  /// out_of_memory.
  template <class F>
  auto update(F&& change) const requires is_guarded {
    if constexpr (is_encoded) {
      auto guard = acquire();
      return finish(change, *guard, [&] { guard.commit(); });
    } else {
      return update_in_place(change);
    }
  }

  /// If the object is poisoned: calls `mend` with it, as the dead holder left it, and clears the mark. If `mend` throws, the mark
  /// stays. If it is not poisoned (somebody else mended it): does nothing. Locks; blocks. Containers that were being changed may be torn: look at
  /// scalars, or use reset(). Of an encoded one, which is never poisoned: if it cannot be decoded, calls `mend` with a `Value{}` to take its place.
  template <class F>
  void recover(F&& mend) const requires is_guarded {
    if constexpr (is_encoded) {
      detail::Carrier<Value>::recover(held(), mend);
    } else {
      recover_in_place(std::forward<F>(mend));
    }
  }
  /// Replaces the value by a new one, constructed in fresh memory as `create` does, whether or not the object is poisoned; the old one is
  /// neither read nor destroyed, its memory freed whole. All or nothing. Locks; blocks; throws out_of_memory.
  template <class... A>
  void reset(A&&... args) const requires is_guarded {
    if constexpr (is_encoded) {
      detail::Carrier<Value>::reset(held(), key(), std::forward<A>(args)...);
    } else {
      reset_in_place(std::forward<A>(args)...);
    }
  }

 private:
  friend class IpcWeak<T>;
  friend class Link<T>;

  template <class F>
  auto update_in_place(F& change) const {
    detail::Update update(held(), key());
    const Value& current = *static_cast<const Value*>(update.current());
    if constexpr (kind == detail::PayloadKind::two_slots) {
      Value copy(current);
      return finish(change, copy, [&] {
        put(update, copy);
        update.commit();
      });
    } else {
      Value* copy = ::new (update.fresh()) Value(current);
      return finish(change, *copy, [&] { update.commit(); });
    }
  }

  template <class F>
  void recover_in_place(F&& mend) const {
    void* value =
        detail::begin_access(held(), shape, detail::Access::recover, detail::Deadline::max());
    if (value == nullptr) {
      return;
    }
    const std::uint32_t incarnation = handle_.core().incarnation;
    try {
      std::forward<F>(mend)(*static_cast<Value*>(value));
    } catch (...) {
      detail::abandon_recover(handle_, incarnation);
      throw;
    }
    detail::leave_guard(handle_, true, incarnation);
  }

  template <class... A>
  void reset_in_place(A&&... args) const {
    detail::Update update(held(), key(), true);
    if constexpr (kind == detail::PayloadKind::two_slots) {
      alignas(Value) std::byte memory[sizeof(Value)];
      put(update, *detail::construct<Value>(memory, std::forward<A>(args)...));
    } else {
      detail::construct<Value>(update.fresh(), std::forward<A>(args)...);
    }
    update.commit();
  }

  static const detail::TypeKey& key() { return detail::type_key<T>(); }

  Guard<T> acquire_until(detail::Deadline deadline) const {
    return Guard<T>(handle_, detail::enter_guard(held(), shape, change_access, deadline));
  }

  static void put(const detail::Update& update, const Value& value) {
    if constexpr (kind == detail::PayloadKind::two_slots) {
      detail::copy_in(static_cast<std::byte*>(update.fresh()), &value, sizeof(Value));
    } else {
      ::new (update.fresh()) Value(value);
    }
  }

  // A function of its own: compilers construct what is returned in place only if it is of the outermost scope.
  Value load_slot() const {
    const detail::Entry& entry = held().entry();
    const detail::Version before = detail::begin_load(entry);
    Value value(detail::slot_value<Value>(handle_.payload() + before.slot() * shape.stride));
    if (!detail::end_load(entry, before)) [[unlikely]] {
      load_again(value);
    }
    return value;
  }
  /// Two more tries without the lock, then one under it.
  [[gnu::noinline]] void load_again(Value& value) const {
    const detail::Entry& entry = handle_.entry();
    for (int attempt = 0; attempt < 2; ++attempt) {
      const detail::Version before = detail::begin_load(entry);
      detail::copy_out(&value, handle_.payload() + before.slot() * shape.stride, sizeof(Value));
      if (detail::end_load(entry, before)) {
        return;
      }
    }
    const auto guard = read();
    detail::copy_out(&value, reinterpret_cast<const std::byte*>(&*guard), sizeof(Value));
  }

  template <class F, class Commit>
  static auto finish(F& change, Value& copy, Commit commit) {
    if constexpr (std::is_void_v<std::invoke_result_t<F&, Value&>>) {
      change(copy);
      commit();
    } else {
      auto result = change(copy);
      commit();
      return result;
    }
  }
};

/// A reference that holds nothing but its registry: `lock()` gives the object while it lives.
template <class T>
class IpcWeak {
 public:
  /// An empty reference.
  IpcWeak() noexcept = default;
  /// Refers to what `arc` holds. Takes no lock.
  IpcWeak(const IpcArc<T>& arc) noexcept {  // implicit, as std::weak_ptr
    if (arc) {
      core_ = &arc.handle_.core();
      index_ = arc.handle_.index();
      generation_ = detail::generation_of(arc.handle_);
      detail::add_reference(*core_);
    }
  }
  IpcWeak(const IpcWeak& other) noexcept
      : core_(other.core_), generation_(other.generation_), index_(other.index_) {
    if (core_ != nullptr) {
      detail::add_reference(*core_);
    }
  }
  IpcWeak(IpcWeak&& other) noexcept
      : core_(std::exchange(other.core_, nullptr)),
        generation_(other.generation_),
        index_(other.index_) {}
  IpcWeak& operator=(IpcWeak other) noexcept {
    std::swap(core_, other.core_);
    std::swap(generation_, other.generation_);
    std::swap(index_, other.index_);
    return *this;
  }
  ~IpcWeak() {
    if (core_ != nullptr) {
      detail::drop_reference(*core_);
    }
  }

  /// The object, or an empty handle once it is gone. An object removed by name and still held by someone is not gone. Takes no lock but where a
  /// change of the entry is under way. Throws corrupt_segment.
  IpcArc<T> lock() const {
    return core_ == nullptr ? IpcArc<T>()
                            : IpcArc<T>(detail::lock_generation(*core_, index_, generation_,
                                                                detail::type_key<T>()));
  }

 private:
  detail::CoreView* core_ = nullptr;
  std::uint64_t generation_ = 0;
  std::uint32_t index_ = 0;
};

}  // namespace ipcarc
