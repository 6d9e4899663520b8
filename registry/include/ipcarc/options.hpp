// What a registry is made with, and what it tells about itself. Ordinary values.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ipcarc {

/// How `Registry::open` creates a registry. All but `directory`, `trusted_owners` and `huge_pages` are read only by the process that
/// creates it.
struct Options {
  /// The file's size in bytes, at least 256 KiB; 0: the free space of its filesystem. A hole costs nothing.
  std::uint64_t capacity_bytes = 0;
  /// How many objects there can be at once; 0: 2^18, or fewer where the capacity is small.
  std::uint32_t max_objects = 0;
  /// Permission bits of the file, applied exactly, whatever the umask.
  mode_t mode = 0600;
  /// Where the file lies; empty: the environment's IPCARC_DIR, or /dev/shm.
  std::string directory;
  /// Users other than this one and root whose file is believed.
  std::vector<uid_t> trusted_owners;
  /// In registries of at least 64 MiB, whose memory is taken 2 MiB at a time: have the kernel make each of these a huge page (Linux 6.1,
  /// on a tmpfs, whatever its mount and the system's settings say, unless they deny it). That takes about half a millisecond each, when
  /// memory is taken, and spares some 500 page faults in each process and misses of the TLB. It waits for a kernel thread on every
  /// processor: false where one is never given up, by a real-time thread that spins. Where the kernel has no huge page, memory stays in
  /// small ones. Each process decides for the memory that it takes, at its first opening of the registry.
  bool huge_pages = true;
};

/// Counts of a registry at about one moment. Sizes in bytes.
struct Stats {
  std::uint64_t objects = 0;               ///< live objects, named or not
  std::uint64_t objects_capacity = 0;      ///< Options::max_objects, as the registry was made
  std::uint32_t participants = 0;          ///< active slots, the dead not yet reaped included
  std::uint64_t heap_bytes_used = 0;       ///< blocks and runs with an owner
  std::uint64_t heap_bytes_committed = 0;  ///< heap memory taken from the filesystem
  std::uint64_t heap_bytes_capacity = 0;   ///< what the segment could hold, memory permitting
  std::uint64_t types = 0;                 ///< layouts in the type log
};

/// One object, as a listing shows it.
struct EntryInfo {
  std::string name;                 ///< as it was created; kept by an object whose name was removed
  std::string type;                 ///< the type's name, from its stored layout
  std::uint64_t fingerprint = 0;    ///< of the type, as `fingerprint<T>()`
  std::uint64_t payload_bytes = 0;  ///< sizeof(T); arena memory is not counted
  std::uint64_t version = 0;        ///< as `IpcArc<T>::version()`
  std::uint64_t created_ns = 0;     ///< CLOCK_REALTIME, to the second
  std::uint32_t creator_pid = 0;    ///< in its own pid namespace
  std::uint32_t holders = 0;        ///< processes
  bool linked = true;               ///< false: removed by name, still held
  bool pinned = false;              ///< outlives its holders
  bool frozen = false;              ///< published or computed
  /// A holder died while it changed it; or it is being changed at this moment, which an inspection tells apart.
  bool poisoned = false;
  bool reserved = false;   ///< being computed
  bool locked = false;     ///< some process has its guard
  bool lock_free = false;  ///< of a sync type: changed without a lock, and its version stands still
  std::uint32_t entry = 0;       ///< its place in the registry, which another has after it
  std::uint64_t generation = 0;  ///< tells those that have one place after each other apart
  /// Blocks and runs of the heap that it owns, its arena's included. 0 for a small value, which lies in its entry.
  std::uint64_t memory_bytes = 0;
};

/// A process that has a registry open, or died while it had, as who only looks sees it.
struct ParticipantInfo {
  std::uint32_t slot = 0;         ///< its place in the registry
  std::uint32_t pid = 0;          ///< in its own pid namespace
  std::uint64_t attached_ns = 0;  ///< CLOCK_REALTIME
  std::uint32_t holds = 0;        ///< objects that it holds
  bool alive = false;             ///< false: dead, and not yet reaped
};

/// What moves in a registry, at one moment: for who looks again and again (`Registry::inspect_activity`). The processes that move it
/// count nothing for this; it is what their locks and versions say anyhow.
struct Activity {
  /// An object, and whether its mutex is had and wanted.
  struct Object {
    std::uint32_t entry = 0;       ///< its place in the registry
    std::uint64_t generation = 0;  ///< tells those that have one place after each other apart
    std::uint64_t version =
        0;  ///< grows by one with every change; of a sync type with every notification
    bool locked = false;      ///< some thread has its mutex
    bool waited_for = false;  ///< and another sleeps until it lets go
  };
  std::vector<Object> objects;  ///< all there are
  /// Grows by one with every name bound or unbound, and may wrap around.
  std::uint32_t name_changes = 0;
  std::uint32_t locks_held = 0;        ///< of the locks of names, types and memory
  std::uint32_t locks_waited_for = 0;  ///< of these, those for which a thread sleeps
};

/// A registry's file, as its directory shows it. Nothing in it was read.
struct RegistryInfo {
  std::string name;                ///< as given to `Registry::open`
  std::string path;                ///< absolute, of the file
  std::uint64_t file_bytes = 0;    ///< its size, holes included
  std::uint64_t memory_bytes = 0;  ///< taken from the filesystem
  uid_t owner = 0;                 ///< of the file
  mode_t mode = 0;                 ///< permission bits
};

/// What `Registry::reap` did.
struct ReapReport {
  std::uint32_t participants = 0;  ///< dead processes whose slot was freed
  std::uint32_t holds = 0;         ///< bits cleared
  std::uint32_t entries = 0;       ///< entries freed
  std::uint64_t blocks = 0;        ///< blocks and runs given back that a death had left
};

/// What `Registry::check` or `Registry::inspect` found. Of each list the first hundred, and how many more.
struct CheckReport {
  std::vector<std::string> errors;  ///< invariants that do not hold: damage
  /// What a death left; the next reaping, or the next to take the lock, mends it.
  std::vector<std::string> leftovers;
  std::uint64_t entries = 0;  ///< walked
  std::uint64_t blocks = 0;   ///< blocks and runs in use
  /// Things met in the middle of a change by somebody alive, and so not judged.
  std::uint64_t unsettled = 0;

  /// True if no invariant is broken. Leftovers are allowed.
  bool ok() const noexcept { return errors.empty(); }
};

/// What `Registry::dump` writes.
struct DumpOptions {
  /// Only frozen objects, while others may use the registry. Without it nobody else may have it open.
  bool frozen_only = false;
  /// How long to wait for an object whose guard another thread of this process has.
  std::chrono::nanoseconds timeout = std::chrono::seconds(1);
};

/// What `Registry::dump` wrote, or `Registry::load` read.
struct ImageReport {
  std::uint64_t objects = 0;  ///< in the file
  std::uint64_t left_out =
      0;  ///< dump: those that are not pinned, or not frozen if only such were wanted
  std::uint64_t bytes = 0;  ///< of the file
};

/// How `Registry::value_json` and its kin read a value.
struct JsonOptions {
  /// How long to wait for the guard of an object that somebody changes.
  std::chrono::nanoseconds timeout = std::chrono::seconds(1);
  /// Shows a poisoned object too, as the dead holder left it, and where bytes are no value a text that says so, in its place.
  bool damaged_too = false;
  std::uint32_t max_depth = 100;          ///< values inside each other, at most 500
  std::uint64_t max_values = 1'000'000;   ///< values in all
  std::uint64_t max_bytes = 64ULL << 20;  ///< of the text
};

/// Called now and then during a long walk, in its thread: steps done, and steps in all. What it throws ends the walk.
using CheckProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

}  // namespace ipcarc
