// This process as a participant of one segment: its slot, its kernel locks, its birth, leave, reaping and fork.
//
// The lock on a slot's byte is the truth of whether its process lives; the mark in the slot follows it (lock first, mark second;
// unmark first, unlock second). One's own slot is never probed.
//
// Lock order: process mutex (private) > lifecycle byte > slot bytes. A private mutex per attachment covers lifecycle
// and reap locking, since the kernel's locks of one description do not exclude threads of one process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "ipcarc/options.hpp"
#include "segment/segment.hpp"

namespace ipcarc::detail {

/// What a file is to the kernel; a process knows its registries by this, not by name.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// What lies above participants and must be asked: implemented by the core, called with the locks named.
class Inhabitants {
 public:
  /// Frees all that the dead `slot` left, but for the slot. Its lock is held by this process. Repeatable; the caller may be killed.
  virtual void reap_slot(std::uint32_t slot, ReapReport& report) = 0;
  /// Whether a linked entry is pinned. The lifecycle lock is held.
  virtual bool anything_pinned() = 0;
  /// Fork, before: take every process-local mutex of the layers above.
  virtual void fork_lock() noexcept = 0;
  /// Fork, before, after fork_lock(): set `slot`'s bit on every entry that this process holds.
  virtual void fork_hold_for(std::uint32_t slot) noexcept = 0;
  /// Fork, after, in the parent or in the child: release (parent) or renew (child) those mutexes. `failed_slot`: what
  /// fork_hold_for was given, if the fork failed or the child could not attach: its bits are cleared again. -1: no.
  virtual void fork_unlock(bool child) noexcept = 0;

 protected:
  ~Inhabitants() = default;
};

/// The outcome of Attachment::open: exactly one of the two is set.
class Attachment;
struct OpenResult {
  std::unique_ptr<Attachment> attachment;  // new: slot claimed and locked
  FileIdentity already;                    // this process has it attached already
  bool created = false;
};

enum class OpenMode { open_or_create, attach_existing };

class Attachment {
 public:
  /// Opens or creates the registry's file, checks it, maps it, claims a slot. `is_attached` is asked about the file found, before
  /// anything is claimed. The caller holds the process mutex. Errors: every one that DESIGN section 3 names; not_found for
  /// attach_existing; too_many_processes (after reaping is impossible here: dead slots are reaped by the caller who retries, see reap_dead_slots).
  static OpenResult open(std::string_view name, const Options& options, OpenMode mode,
                         const std::function<bool(const FileIdentity&)>& is_attached);

  /// Unlinks the registry's file if it is one of ours. False if there is none.
  static bool destroy(std::string_view name, const Options& options);

  ~Attachment();  // unmaps; leave() comes first

  Segment& segment() noexcept { return *segment_; }
  const Segment& segment() const noexcept { return *segment_; }
  const FileIdentity& identity() const noexcept { return identity_; }
  /// This process's slot, and it plus one as words in the segment say it. Changes in a forked child.
  std::uint32_t slot() const noexcept { return slot_; }
  std::uint32_t id() const noexcept { return slot_ + 1; }
  std::uint32_t incarnation() const noexcept { return incarnation_; }

  /// Throws unless this process is a participant: a child whose fork found no slot (too_many_processes), or one cloned past the fork handlers
  /// (permission_denied). Two loads when all is well.
  void require_attached() const;
  bool detached() const noexcept;

  /// Leaves: frees the slot; reaps the dead; unlinks the file if nobody is active, nothing pinned, and the path leads to it.
  void leave(Inhabitants& inhabitants) noexcept;

  /// Reaps every dead participant. Blocks on no other process. Called with no lock but the process mutex.
  ReapReport reap(Inhabitants& inhabitants);

  /// Whether the participant of `slot` is active and its process dead. Never of one's own. A system call.
  bool is_dead(std::uint32_t slot) const noexcept;

  /// Active slots.
  std::uint32_t participants() const noexcept;

  /// Registers for the fork handlers (installed once a process). From then on `inhabitants` is called around fork.
  void enroll(Inhabitants& inhabitants);

 private:
  Attachment() = default;
  friend struct ForkHandlers;

  std::unique_ptr<Segment> segment_;
  FileIdentity identity_;
  std::uint32_t slot_ = 0;
  std::uint32_t incarnation_ = 0;
  std::mutex lifecycle_mutex_;
};

}  // namespace ipcarc::detail
