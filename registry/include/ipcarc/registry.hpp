// The registry: named, typed objects in one shared-memory segment.
//
// Thread safety: every call, by any thread. Process safety: every call, while any other participant may die at any instruction;
// a kill inside a call leaves the name bound as before it or as after it, and memory that the next reaping gives back.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ipcarc/arc.hpp"
#include "ipcarc/options.hpp"

namespace ipcarc {

class Registry;

namespace detail {
/// For what is built on registries.
CoreView& core_of(const Registry& registry) noexcept;
}  // namespace detail

/// A registry that this process has open. Copies share one mapping and one participant slot, as do all openings of one registry in a process.
/// The last copy and the last handle of its objects leave the registry; the last process to leave one without pinned
/// objects removes its file.
class Registry {
 public:
  /// Opens the registry of that name, creating it if there is none. Reaps the dead. Costs some system calls. Throws
  /// bad_name (1 to 200 bytes, no '/', no NUL), permission_denied, incompatible_segment, corrupt_segment, out_of_memory, too_many_processes.
  static Registry open(std::string_view name, const Options& options = {}) {
    return Registry(detail::open_core(name, options, true));
  }
  /// As open(), but throws not_found if there is none.
  static Registry attach(std::string_view name, const Options& options = {}) {
    return Registry(detail::open_core(name, options, false));
  }
  /// Removes the registry's file. Who has it open keeps it, memory and all; who opens the name next makes a new one. False if there is none.
  /// Throws permission_denied if the file is not one to be believed.
  static bool destroy(std::string_view name, const Options& options = {}) {
    return detail::destroy_registry(name, options);
  }

  Registry(const Registry& other) noexcept : core_(other.core_) { detail::add_reference(*core_); }
  // NOLINTNEXTLINE(performance-move-constructor-init): what was moved from is still a registry
  Registry(Registry&& other) noexcept : Registry(static_cast<const Registry&>(other)) {}
  Registry& operator=(Registry other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~Registry() { detail::drop_reference(*core_); }

  /// A new object, constructed in place and then bound to `name`: nobody sees it half made. One argument of type `T` is copied or moved in; a
  /// callable that gives a `T` is called to construct it in place; an aggregate takes its members; anything else its constructor's arguments.
  /// It lives while some process holds it. Throws already_exists, bad_name, out_of_memory, too_many_objects, and what the construction throws.
  template <class T, class... A>
  IpcArc<T> create(std::string_view name, A&&... args) {
    detail::Builder builder(*core_, name, detail::type_key<T>(), detail::NameUse::unused);
    detail::emplace_value<std::remove_const_t<T>>(builder.payload(), std::forward<A>(args)...);
    detail::Handle handle = builder.link(name);
    if (!handle) {
      detail::throw_already_exists(*core_, name);
    }
    return IpcArc<T>(std::move(handle));
  }

  /// The object of that name; `T` is const for a frozen one. Takes no lock. Throws not_found, type_mismatch (both layouts in the
  /// message), wrong_mode, bad_name.
  template <class T>
  IpcArc<T> get(std::string_view name) const {
    return IpcArc<T>(detail::get_object(*core_, name, detail::type_key<T>()));
  }
  /// As get(), but an empty handle if there is none.
  template <class T>
  IpcArc<T> find(std::string_view name) const {
    return IpcArc<T>(detail::find_object(*core_, name, detail::type_key<T>()));
  }
  /// The object of that name, created from `args` if there is none. Of several processes that call it at once one creates. The arguments
  /// may be used up even if another's object is what is given. Throws as get() and create().
  template <class T, class... A>
  IpcArc<T> get_or_create(std::string_view name, A&&... args) {
    if (detail::Handle found = detail::find_object(*core_, name, detail::type_key<T>())) {
      return IpcArc<T>(std::move(found));
    }
    detail::Builder builder(*core_, name, detail::type_key<T>());
    detail::emplace_value<std::remove_const_t<T>>(builder.payload(), std::forward<A>(args)...);
    return IpcArc<T>(builder.link_or_get(name, detail::type_key<T>()));
  }

  /// The frozen object of that name; if there is none, this process calls `make()`, constructs what it gives in place and pins it,
  /// while others that ask for it wait. If `make` throws, or its process dies, the next waiter calls its own. Pinned, as what publish()
  /// gives, until removed. Throws as get(), and what `make` throws.
  template <class T, class F>
  IpcArc<const T> get_or_compute(std::string_view name, F make) {
    static_assert(std::is_same_v<std::invoke_result_t<F&>, T>, "ipcarc: `make` has to return a T");
    if (detail::Handle found = detail::find_object(*core_, name, detail::type_key<const T>())) {
      return IpcArc<const T>(std::move(found));
    }
    detail::Reservation reservation(*core_, name, detail::type_key<const T>());
    if (reservation.mine()) {
      if constexpr (detail::is_encoded<T>) {
        detail::Carrier<T>::construct(reservation.payload(), make());
      } else {
        ::new (static_cast<void*>(reservation.payload())) T(make());
      }
      reservation.commit();
    }
    return IpcArc<const T>(reservation.take());
  }

  /// A new frozen, pinned object, bound to `name` in place of the frozen one that may have it: readers that hold the old one
  /// keep it, new readers see the new one, nobody sees neither. The type may differ. Throws wrong_mode over a mutable object, and as create().
  template <class T, class... A>
  IpcArc<const T> publish(std::string_view name, A&&... args) {
    detail::Builder builder(*core_, name, detail::type_key<const T>());
    detail::emplace_value<T>(builder.payload(), std::forward<A>(args)...);
    return IpcArc<const T>(builder.publish(name));
  }

  /// Unbinds the name, pinned or not. Who holds the object keeps it; it goes with its last holder. False if the name is not bound.
  bool remove(std::string_view name) { return detail::remove_object(*core_, name); }
  /// As `IpcArc<T>::pin`, of the object of that name, whatever its type. False if the name is not bound. Locks; throws bad_name.
  bool pin(std::string_view name) { return detail::pin_object(*core_, name, true); }
  /// As `IpcArc<T>::unpin`. If nobody holds the object, it goes. False if the name is not bound. Locks; throws bad_name.
  bool unpin(std::string_view name) { return detail::pin_object(*core_, name, false); }
  /// Whether the name is bound. Takes no lock.
  bool contains(std::string_view name) const { return detail::contains_object(*core_, name); }

  /// As get(), but waits up to `timeout` for the object to be created. Throws timed_out.
  template <class T>
  IpcArc<T> wait(std::string_view name, std::chrono::nanoseconds timeout) const {
    return IpcArc<T>(detail::wait_object(*core_, name, detail::type_key<T>(), timeout));
  }

  /// The object's value as JSON, read by its stored layout: this program need not know the type. What is written for what: docs/TYPES.md.
  /// Takes the object's guard, to read; of a frozen one, a sync one, or one that has a lock-free load(), nothing. Allocates. Throws
  /// not_found; timed_out; poisoned (but for JsonOptions::damaged_too); incompatible_segment (containers of another Boost);
  /// corrupt_segment (bytes that are no value of the type; never a crash); std::errc::value_too_large beyond the options' bounds.
  std::string value_json(std::string_view name, const JsonOptions& options = {}) const {
    return detail::value_json(*core_, name, options);
  }
  /// Sets a part of the object's value from JSON. `path`: `peers[0].port`, `limits["a.b"]`, or a JSON pointer (`/peers/0/port`); empty:
  /// the whole. Numbers, enums, texts and what is composed of them in place; a container keeps its elements. Whatever does not fit (a
  /// number out of range, an unknown member, another number of elements) throws std::errc::invalid_argument and changes nothing, as does
  /// out_of_memory. Locks, as acquire() does. A kill inside leaves the value wholly old or wholly new if the object is trivially
  /// copyable up to 4096 bytes or one number of at most 8 bytes is set; else perhaps poisoned. Throws also not_found, timed_out, poisoned,
  /// wrong_mode (frozen; sync types but for a std::atomic itself), corrupt_segment.
  void set_json(std::string_view name, std::string_view path, std::string_view json,
                std::chrono::nanoseconds timeout = std::chrono::seconds(1)) {
    detail::set_json(*core_, name, path, json, timeout);
  }
  /// As value_json(), of the registry of that name without attaching to it: needs no slot, no lock and no more than the right to read the
  /// file, and bears any bytes. A value that is changed meanwhile is read again, until `json.timeout`. Of `options` only `directory`
  /// counts. Throws also bad_name, permission_denied, incompatible_segment.
  static std::string inspect_json(std::string_view registry, std::string_view name,
                                  const Options& options = {}, const JsonOptions& json = {}) {
    return detail::inspect_json(registry, name, options, json);
  }

  /// Every object there is, one after another; not of one moment. Takes no lock; allocates.
  std::vector<EntryInfo> entries() const { return detail::list_entries(*core_); }
  /// Counts. Walks the tables; takes no lock.
  Stats stats() const { return detail::read_stats(*core_); }
  /// Frees what dead processes left. It happens by itself at open(), when memory, entries or slots run short, and after a lock told of a death.
  ReapReport reap() { return detail::reap_dead(*core_); }
  /// Walks everything and compares it with the invariants. Takes no lock, changes nothing, reads the file and not the mapping; allocates.
  /// Others may go on meanwhile: what they are in the middle of is looked at several times and then counted as unsettled. Only an object
  /// whose last holder is just letting it go, or that is changed by a process stopped for long, may be among the leftovers without a death.
  /// Throws what `progress` throws, and the system's error if the file cannot be read.
  CheckReport check(const CheckProgress& progress = {}) const {
    return detail::check_registry(*core_, progress);
  }
  /// The same of the registry of that name without attaching to it: needs no slot, no more than the right to read the file, and bears any
  /// bytes, also a file that is cut short or of another layout version. Of `options` only `directory` counts. Throws bad_name, not_found,
  /// permission_denied; all else that is wrong is in the report.
  static CheckReport inspect(std::string_view name, const Options& options = {},
                             const CheckProgress& progress = {}) {
    return detail::inspect_registry(name, options, progress);
  }

  /// The files of registries in a directory (`options.directory`, or IPCARC_DIR, or /dev/shm), by name. Opens none of them. Throws
  /// permission_denied and the system's errors if the directory cannot be read.
  static std::vector<RegistryInfo> list(const Options& options = {}) {
    return detail::list_registries(options);
  }
  /// As entries(), of the registry of that name without attaching to it: needs no slot, no lock and no more than the right to read the
  /// file, and bears any bytes. Of `options` only `directory` counts. Throws bad_name, not_found, permission_denied,
  /// incompatible_segment, corrupt_segment (the header; what else is damaged is left out: inspect() tells).
  static std::vector<EntryInfo> inspect_entries(std::string_view name,
                                                const Options& options = {}) {
    return detail::inspect_entries(name, options);
  }
  /// The object of that name, as inspect_entries() shows it, but for `memory_bytes`, which is 0: a lookup, not a walk. Throws as
  /// that, and not_found.
  static EntryInfo inspect_entry(std::string_view name, std::string_view object,
                                 const Options& options = {}) {
    return detail::inspect_entry(name, object, options);
  }
  /// As stats(), without attaching. Throws as inspect_entries().
  static Stats inspect_stats(std::string_view name, const Options& options = {}) {
    return detail::inspect_stats(name, options);
  }
  /// Who has the registry open, and who died while he had. Throws as inspect_entries().
  static std::vector<ParticipantInfo> inspect_participants(std::string_view name,
                                                           const Options& options = {}) {
    return detail::inspect_participants(name, options);
  }
  /// What moves in the registry, without attaching: reads the entries and nothing of the heap. Throws as inspect_entries().
  static Activity inspect_activity(std::string_view name, const Options& options = {}) {
    return detail::inspect_activity(name, options);
  }
  /// The stored layout of the object's type, as `layout_of<T>()` gives it. Throws as inspect_entry().
  static std::string inspect_layout(std::string_view name, std::string_view object,
                                    const Options& options = {}) {
    return detail::inspect_layout(name, object, options);
  }

  /// Writes the registry's pinned objects, values, types and versions to a file, from which load() makes it again. What is not pinned
  /// goes with its last holder, so it is left out. Opens the registry, and so reaps the dead; unless `dump.frozen_only`, nobody else may
  /// have it open (std::errc::device_or_resource_busy), and who wants to waits until it is done. The file appears whole under its name,
  /// in place of one that was there; a kill leaves the old one, or none. Locks each object that is not frozen (timed_out); of a poisoned one
  /// the mark is kept. Throws as attach(), and the system's errors about the file.
  static ImageReport dump(std::string_view name, const std::string& file,
                          const DumpOptions& dump = {}, const Options& options = {}) {
    return detail::dump_registry(name, file, dump, options);
  }
  /// Makes a registry of what dump() wrote, in the directory and with the mode of `options`, and of the capacity that it had. It is checked
  /// as by inspect() before it gets its name, so a kill leaves the whole or nothing. A registry of that name stays (already_exists), or
  /// with `replace` is removed as by destroy(). Links between its objects lead to them; a process that has open it and the one it was
  /// dumped from follows links outside of both to either. Throws bad_name; not_found and the system's errors (the file); corrupt_segment (damaged
  /// or cut short); incompatible_segment (another format, Boost or machine); out_of_memory; permission_denied.
  static ImageReport load(std::string_view name, const std::string& file, bool replace = false,
                          const Options& options = {}) {
    return detail::load_registry(name, file, replace, options);
  }

  /// The registry's name.
  std::string_view name() const noexcept { return detail::registry_name(*core_); }

 private:
  friend detail::CoreView& detail::core_of(const Registry& registry) noexcept;

  explicit Registry(detail::CoreView* core) noexcept : core_(core) {}

  detail::CoreView* core_;
};

inline detail::CoreView& detail::core_of(const Registry& registry) noexcept {
  return *registry.core_;
}

/// See the declaration.
template <class T>
template <class... A>
IpcArc<T> IpcArc<T>::create(std::string_view id, A&&... args) {
  return Registry::open("default").template create<T>(id, std::forward<A>(args)...);
}

/// See the declaration.
template <class T>
IpcArc<T> IpcArc<T>::load(std::string_view id) {
  return Registry::open("default").template get<T>(id);
}

}  // namespace ipcarc
