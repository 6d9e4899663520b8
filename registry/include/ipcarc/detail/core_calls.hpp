// The compiled calls under the templates of registry.hpp, arc.hpp and guard.hpp: type-erased, one per operation.
//
// Every call that takes a CoreView throws permission_denied, too_many_processes or incompatible_segment in a forked child that could not become
// a participant. Errors name the registry and the object.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ipcarc/detail/core_view.hpp"
#include "ipcarc/detail/export.hpp"
#include "ipcarc/options.hpp"

namespace ipcarc::detail {

using Deadline = std::chrono::steady_clock::time_point;

/// `timeout` from now; the far end of time if that is later than the clock can say.
inline Deadline deadline_after(std::chrono::nanoseconds timeout) {
  const Deadline now = std::chrono::steady_clock::now();
  return timeout > Deadline::max() - now ? Deadline::max() : now + timeout;
}

/// Where the value of a `T` is found.
struct AccessShape {
  PayloadKind kind;
  std::uint32_t payload_offset;  // bytes from a region's start, or in_entry
  std::uint64_t stride;          // bytes from the first slot to the second
};

/// What the core knows of a `T`.
struct TypeKey {
  std::atomic<std::uint64_t> fingerprint_or_0;  // 0 until type_key() gave it out
  std::uint64_t size;
  AccessShape shape;
  std::uint64_t footprint;  // bytes of the payload: of the value, or of both slots
  std::uint32_t alignment;
  bool frozen;
  std::string_view (*layout)();

  std::uint64_t fingerprint() const noexcept {
    return fingerprint_or_0.load(std::memory_order_relaxed);  // written before, or the same again
  }
};

// --- registries -----------------------------------------------------------------------------------------------------

/// Opens, counts one reference. Never null.
IPCARC_EXPORT CoreView* open_core(std::string_view name, const Options& options, bool create);
IPCARC_EXPORT bool destroy_registry(std::string_view name, const Options& options);
IPCARC_EXPORT void add_reference(CoreView& core) noexcept;
/// Drops one reference; the last leaves the registry.
IPCARC_EXPORT void drop_reference(CoreView& core) noexcept;
IPCARC_EXPORT std::string_view registry_name(const CoreView& core) noexcept;

// --- by name --------------------------------------------------------------------------------------------------------

/// Empty if absent. Throws bad_name, type_mismatch, wrong_mode, corrupt_segment.
IPCARC_EXPORT Handle find_object(CoreView& core, std::string_view name, const TypeKey& key);
/// As find_object(), but throws not_found.
IPCARC_EXPORT Handle get_object(CoreView& core, std::string_view name, const TypeKey& key);
/// As get_object(), after waiting for the name; throws timed_out.
IPCARC_EXPORT Handle wait_object(CoreView& core, std::string_view name, const TypeKey& key,
                                 std::chrono::nanoseconds timeout);
IPCARC_EXPORT bool contains_object(CoreView& core, std::string_view name);
IPCARC_EXPORT bool remove_object(CoreView& core, std::string_view name);
IPCARC_EXPORT bool pin_object(CoreView& core, std::string_view name, bool pinned);
[[noreturn]] IPCARC_EXPORT void throw_already_exists(CoreView& core, std::string_view name);

/// What a builder finds of the name that it builds for: it need not be free yet, or it is to be free before anything is built.
enum class NameUse : std::uint8_t { any, unused };

/// An entry that this process builds. Gone without link() or publish(), it gives everything back. In a forked child
/// of who made it, that does nothing, and link() and publish() throw std::errc::operation_not_permitted.
class IPCARC_EXPORT Builder {
 public:
  /// Claims an entry and its region. Throws out_of_memory, too_many_objects, bad_name; already_exists if the name is to be unused and is not.
  /// `name` is the same in every later call.
  Builder(CoreView& core, std::string_view name, const TypeKey& key, NameUse use = NameUse::any);
  ~Builder();
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  /// Where to construct the value (kind two_slots: the first slot).
  std::byte* payload() const noexcept { return payload_; }
  /// The entry's. It keeps its generation from here to its end.
  std::uint32_t index() const noexcept { return index_; }
  /// Links the entry to its name. Empty if the name is taken.
  Handle link(std::string_view name);
  /// Links it, or gives the object that has the name; waits while that one is being computed. Throws type_mismatch, wrong_mode.
  Handle link_or_get(std::string_view name, const TypeKey& key);
  /// Links it pinned, in place of a frozen object of that name if there is one. Throws wrong_mode over a mutable one.
  Handle publish(std::string_view name);

 private:
  void abandon() noexcept;
  void require_own_process() const;

  CoreView& core_;
  std::byte* payload_ = nullptr;
  NameDigest digest_;
  std::uint32_t index_ = 0;
  std::uint32_t incarnation_ = 0;
  bool frozen_ = false;
  bool done_ = false;
};

/// One caller's part in get_or_compute: either the value is there (`handle()` is set), or this caller is to compute it into `payload()`
/// while it holds the reserved entry's mutex, and then to commit(). Gone without commit, the next waiter computes.
class IPCARC_EXPORT Reservation {
 public:
  /// Waits while another computes; throws timed_out at the deadline.
  Reservation(CoreView& core, std::string_view name, const TypeKey& key,
              Deadline deadline = Deadline::max());
  ~Reservation();
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  bool mine() const noexcept { return mine_; }
  std::byte* payload() const noexcept { return payload_; }
  void commit();
  /// Until take().
  std::uint32_t index() const noexcept { return handle_.index(); }
  Handle take() noexcept { return std::move(handle_); }

 private:
  void give_up() noexcept;

  Handle handle_;
  std::byte* payload_ = nullptr;
  std::uint32_t incarnation_ = 0;
  bool mine_ = false;
};

// --- one object -----------------------------------------------------------------------------------------------------

enum class Access : std::uint8_t {
  change,   // in place: dying inside poisons
  read,     // const: dying inside poisons nothing
  recover,  // as change, of a poisoned object; null if it is not poisoned
};

/// Locks the entry and returns its payload; to be ended by leave_guard(). Throws poisoned, timed_out (deadline; Deadline::max(): none),
/// resource_deadlock_would_occur if this thread holds the entry already, no_lock_available beyond 1024 guards in one thread.
IPCARC_EXPORT void* begin_access(const Handle& handle, AccessShape shape, Access access,
                                 Deadline deadline);
/// As begin_access(), to change or to read, from a pthread_mutex_trylock() of the entry's mutex on, which gave `result`.
IPCARC_EXPORT void* begin_access_tried(const Handle& handle, AccessShape shape, Access access,
                                       Deadline deadline, int result);
/// As begin_access() without waiting: null if busy.
IPCARC_EXPORT void* try_begin_access(const Handle& handle, AccessShape shape, Access access);
/// Wakes who waits for the entry's version. The caller has a hold.
IPCARC_EXPORT void wake_version_waiters(CoreView& core, std::uint32_t index) noexcept;
/// End of a recover() whose `mend` threw: the mark stays.
IPCARC_EXPORT void abandon_recover(const Handle& handle, std::uint32_t incarnation) noexcept;

/// Says that the caller has the entry's mutex, by a guard of this incarnation.
struct HeldLock {
  std::uint32_t incarnation;
};

/// All or nothing: a second copy beside the current one, under the mutex. Construct or copy into `fresh()`, then commit().
/// Gone without commit, nothing has changed.
class IPCARC_EXPORT Update {
 public:
  /// `over_poison`: the current value is neither read nor trusted, and commit() clears the mark.
  Update(const Handle& handle, const TypeKey& key, bool over_poison = false);
  /// Under a lock that the caller has and keeps, also if this throws.
  Update(const Handle& handle, const TypeKey& key, HeldLock lock);
  ~Update();
  Update(const Update&) = delete;
  Update& operator=(const Update&) = delete;

  const void* current() const noexcept { return current_; }
  void* fresh() const noexcept { return fresh_; }
  void commit() noexcept;

 private:
  void make_fresh(const TypeKey& key, Version version);

  const Handle& handle_;
  const void* current_ = nullptr;
  void* fresh_ = nullptr;
  PayloadKind kind_;
  std::uint32_t incarnation_ = 0;
  bool committed_ = false;
  bool keeps_lock_ = false;
};

IPCARC_EXPORT void set_pinned(const Handle& handle, bool pinned);
IPCARC_EXPORT bool wait_version(const Handle& handle, std::uint64_t since,
                                std::chrono::nanoseconds timeout);
/// Valid while the handle lives.
IPCARC_EXPORT std::string_view object_name(const Handle& handle) noexcept;
IPCARC_EXPORT std::size_t holder_count(const Handle& handle) noexcept;
/// A hold of the entry, which is of the type of `key`, if it still has this generation; else empty. Throws corrupt_segment.
IPCARC_EXPORT Handle lock_generation(CoreView& core, std::uint32_t index, std::uint64_t generation,
                                     const TypeKey& key);
IPCARC_EXPORT std::uint64_t generation_of(const Handle& handle) noexcept;

// --- links ------------------------------------------------------------------------------------------------------------

/// A link as it is stored. All zero: to nothing.
struct LinkWords {
  std::uint32_t index_plus_1 = 0;
  std::uint32_t registry = 0;  // of the registry's birth id, never 0
  std::uint64_t generation = 0;

  friend bool operator==(const LinkWords&, const LinkWords&) noexcept = default;
};
static_assert(sizeof(LinkWords) == 16);

/// What a link that lies at `where` to the handle's object is. Throws std::errc::invalid_argument if that is in another registry's segment.
IPCARC_EXPORT LinkWords link_to(const Handle& handle, const void* where);
/// The object that a link at `where` leads to; empty if it is gone. Throws std::errc::invalid_argument, type_mismatch, wrong_mode.
IPCARC_EXPORT Handle follow_link(const LinkWords& link, const void* where, const TypeKey& key);

// --- sync types ---------------------------------------------------------------------------------------------------------

/// Waits until `holds(context)`, which reads the object, or the timeout passed; gives what it said last. First spins, then sleeps
/// until wake_sync() of the entry, at most 250 ms at a time.
IPCARC_EXPORT bool wait_sync(const Handle& handle, bool (*holds)(const void* context),
                             const void* context, std::chrono::nanoseconds timeout);
/// Wakes who sleeps in wait_sync() of the entry: one, or all. A fence and a load if nobody does.
IPCARC_EXPORT void wake_sync(const Handle& handle, bool all) noexcept;

// --- looking ----------------------------------------------------------------------------------------------------------

IPCARC_EXPORT std::vector<EntryInfo> list_entries(const CoreView& core);
IPCARC_EXPORT Stats read_stats(const CoreView& core);
IPCARC_EXPORT ReapReport reap_dead(CoreView& core);
IPCARC_EXPORT CheckReport check_registry(const CoreView& core, const CheckProgress& progress);
IPCARC_EXPORT CheckReport inspect_registry(std::string_view name, const Options& options,
                                           const CheckProgress& progress);
IPCARC_EXPORT std::vector<RegistryInfo> list_registries(const Options& options);
IPCARC_EXPORT std::vector<EntryInfo> inspect_entries(std::string_view registry,
                                                     const Options& options);
IPCARC_EXPORT EntryInfo inspect_entry(std::string_view registry, std::string_view name,
                                      const Options& options);
IPCARC_EXPORT Stats inspect_stats(std::string_view registry, const Options& options);
IPCARC_EXPORT std::vector<ParticipantInfo> inspect_participants(std::string_view registry,
                                                                const Options& options);
IPCARC_EXPORT Activity inspect_activity(std::string_view registry, const Options& options);
IPCARC_EXPORT std::string inspect_layout(std::string_view registry, std::string_view name,
                                         const Options& options);

IPCARC_EXPORT ImageReport dump_registry(std::string_view name, const std::string& file,
                                        const DumpOptions& dump, const Options& options);
IPCARC_EXPORT ImageReport load_registry(std::string_view name, const std::string& file,
                                        bool replace, const Options& options);

// --- values without their type ----------------------------------------------------------------------------------------

IPCARC_EXPORT std::string value_json(const CoreView& core, std::string_view name,
                                     const JsonOptions& options);
IPCARC_EXPORT void set_json(CoreView& core, std::string_view name, std::string_view path,
                            std::string_view json, std::chrono::nanoseconds timeout);
IPCARC_EXPORT std::string inspect_json(std::string_view registry, std::string_view name,
                                       const Options& options, const JsonOptions& json);

}  // namespace ipcarc::detail
