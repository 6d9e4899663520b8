// This process as a participant of one segment: its slot, its kernel locks, its birth, leave,
// reaping and fork.
//
// The lock on a slot's byte is the truth of whether its process lives; the mark in the slot follows
// it (lock first, mark second; unmark first, unlock second). One's own slot is never probed.
//
// Lock order: the process mutex > the fork handlers' list > an attachment's own mutex > lifecycle
// byte > slot bytes. The process mutex is that of the caller's table of registries; the caller
// locks it around fork, before these handlers (its pthread_atfork comes after
// install_fork_handlers()). The attachment's own mutex covers leaving and reaping, since the
// kernel's locks of one description do not exclude threads of one process.
//
// Fork: the parent's handler makes the child's description and slot before the fork, so that the
// child is a participant from its first instruction on. A fork that fails leaves that slot marked
// and its description closed: a dead participant, which any reaper reaps. So no one needs to be
// told.
//
// A child made past the handlers (clone, _Fork) shares its parent's description. It may do nothing
// with it: require_attached() throws, leave() does nothing. As long as it lives, its parent cannot
// be seen to be dead.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "ipcarc/options.hpp"
#include "segment/registry_file.hpp"
#include "segment/segment.hpp"

namespace ipcarc::detail {

/// What lies above participants and must be asked: implemented by the core, called with the locks
/// named.
class Inhabitants {
 public:
  /// Frees all that the dead `slot` left, but for the slot. Its lock is held by this process.
  /// Repeatable; the caller may be killed.
  virtual void reap_slot(std::uint32_t slot, ReapReport& report) = 0;
  /// Whether a linked entry is pinned. The lifecycle lock is held.
  virtual bool anything_pinned() = 0;
  /// Fork, before: take every process-local mutex of the layers above.
  virtual void fork_lock() noexcept = 0;
  /// Fork, before, after fork_lock(): set `slot`'s bit on every entry that this process holds.
  virtual void fork_hold_for(std::uint32_t slot) noexcept = 0;
  /// Fork, after, in the parent or in the child: release those mutexes. In the child the attachment
  /// is remapped by then and has its new slot, or is detached(), and then the segment must not be
  /// written (nor read, if no description was to be had).
  virtual void fork_unlock(bool child) noexcept = 0;

 protected:
  ~Inhabitants() = default;
};

class Attachment;

/// The outcome of Attachment::open: exactly one of the first two is set.
struct OpenResult {
  OpenResult();
  ~OpenResult();
  OpenResult(OpenResult&&) noexcept;
  OpenResult& operator=(OpenResult&&) noexcept;

  std::unique_ptr<Attachment> attachment;  // new: slot claimed and locked
  FileIdentity already;                    // this process has it attached already
  bool created = false;
  // Every slot was taken, so this is a dead participant's, its leavings included: the caller calls
  // reap_slot() of its own slot before it does anything else. A caller that is killed before leaves
  // it to the next.
  bool inherited = false;
};

enum class OpenMode { open_or_create, attach_existing };

class Attachment {
 public:
  /// Opens or creates the registry's file, checks it, maps it, claims a slot. `is_attached` is
  /// asked about the file found, before anything is claimed. The caller holds the process mutex,
  /// until the attachment is enrolled.
  /// Blocks while another process attaches or leaves. Errors: bad_name; not_found
  /// (attach_existing); permission_denied (a link, not a regular file, another user's, no right);
  /// corrupt_segment (too short, torn); incompatible_segment (layout version, Boost, pid
  /// namespace); out_of_memory; too_many_processes (every slot's process lives); timed_out (removed
  /// under our hands a thousand times in a row); std::errc::invalid_argument (options that leave no
  /// room); the system's own. Killed inside: nothing, or a segment without a participant or with a
  /// dead one, which the next to open finds consistent.
  static OpenResult open(std::string_view name, const Options& options, OpenMode mode,
                         const std::function<bool(const FileIdentity&)>& is_attached);

  /// Installs the fork handlers, once a process. enroll() does it too; a caller with handlers of
  /// its own calls this, then pthread_atfork, then open(): so a fork during the very first open()
  /// is covered as well. Errors: the system's own.
  static void install_fork_handlers();

  /// Unlinks the registry's file if it is one of ours, whatever its contents. False if there is
  /// none. Live users keep theirs. Blocks while another process attaches or leaves. Errors:
  /// bad_name, permission_denied, the system's own.
  static bool destroy(std::string_view name, const Options& options);

  /// Gives the unnamed file behind `fd` the registry's name. If the name is taken: already_exists, or with `replace` the other file
  /// loses it, as by destroy(). Errors: as destroy(). Killed inside: the name leads to the old file or to the new one, and a second
  /// name of the new one may stay, which the next to replace it removes.
  static void give_name(const RegistryPath& path, const Options& options, int fd, bool replace);

  /// Initialises the mutexes of a newborn segment, which nobody else sees.
  static void init_mutexes(Segment& segment) noexcept;

  /// Reaps the dead; then, unless another participant is active, calls `work`, while none can attach, leave or be forked. False: one is,
  /// and `work` was not called, which must neither reap nor leave. Blocks while another process attaches or leaves. Errors: the
  /// system's own.
  bool while_alone(Inhabitants& inhabitants, const std::function<void()>& work);

  /// Unmaps. leave() comes first, else the slot is a dead participant's; but one that was never
  /// enrolled has done nothing, and its slot is freed.
  ~Attachment();
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;

  Segment& segment() noexcept { return *segment_; }
  const Segment& segment() const noexcept { return *segment_; }
  const FileIdentity& identity() const noexcept { return segment_->identity(); }
  /// This process's slot, and it plus one as words in the segment say it. Changes in a forked
  /// child.
  std::uint32_t slot() const noexcept { return slot_; }
  std::uint32_t id() const noexcept { return slot_ + 1; }
  std::uint32_t incarnation() const noexcept { return incarnation_; }

  /// 0 in a child that was made past the fork handlers.
  const std::atomic<std::uint32_t>& process_word() const noexcept { return *process_word_; }

  /// Throws unless this process is a participant: a child whose fork found no slot
  /// (too_many_processes), one in another pid namespace (incompatible_segment), or one cloned
  /// past the fork handlers (permission_denied). A few loads when all is well.
  void require_attached() const {
    if (detached()) [[unlikely]] {
      refuse_detached();
    }
  }
  /// Relaxed: the flags change in a child's only thread, before the fork handlers let it go on; and
  /// at leave(), the last call.
  bool detached() const noexcept {
    return process_word_->load(std::memory_order_relaxed) == 0 ||
           standing_.load(std::memory_order_relaxed) != Standing::attached;
  }

  /// Leaves: reaps the dead; frees the slot; unlinks the file if nobody is active, nothing pinned,
  /// and the path leads to it. Blocks while another process attaches or leaves. The caller holds no
  /// mutex that fork_lock() takes; the process mutex may be held or not. Does nothing the second
  /// time, and in a child that is not attached. Killed inside: a dead participant; or, once the
  /// slot is free, a consistent file that nobody uses: the next to open and leave it, or destroy(),
  /// removes it.
  void leave(Inhabitants& inhabitants) noexcept;

  /// Reaps every dead participant. Blocks on no other process, but for what reap_slot() locks.
  /// Called with no lock but the process mutex, and not from within reap_slot().
  ReapReport reap(Inhabitants& inhabitants);

  /// Whether the participant of `slot` is active and its process dead. Never of one's own. A system
  /// call or three. Takes no lock.
  bool is_dead(std::uint32_t slot) const noexcept;

  /// Active slots.
  std::uint32_t participants() const noexcept;

  /// Registers for the fork handlers (installed once a process), until leave(). From then on
  /// `inhabitants` is called around fork. The caller holds the process mutex.
  void enroll(Inhabitants& inhabitants);

 private:
  /// elsewhere: a child in another pid namespace, where threads' ids mean other threads.
  enum class Standing : std::uint32_t { attached, detached, elsewhere, left };

  // What the parent's handler made for the child, between the two.
  struct Heir {
    int fd = -1;
    std::uint32_t slot = max_participants;  // none
    std::uint32_t incarnation = 0;
  };

  friend struct ForkHandlers;

  explicit Attachment(std::unique_ptr<Segment> segment);
  static std::unique_ptr<Attachment> create(const RegistryPath& path, const Options& options);
  static OpenResult join(const RegistryPath& path, Descriptor file, bool huge_pages);
  [[noreturn]] void refuse_detached() const;
  // lifecycle_mutex_ is held.
  ReapReport reap_all(Inhabitants& inhabitants);
  bool anyone_else() const noexcept;
  void unlink_if_last(Inhabitants& inhabitants) noexcept;

  std::unique_ptr<Segment> segment_;
  std::uint32_t slot_ = 0;
  std::uint32_t incarnation_ = 0;
  bool inherited_ = false;  // its predecessor's leavings may be there still
  // Zero in a child that was made past the fork handlers; one word a process.
  const std::atomic<std::uint32_t>* process_word_;
  std::atomic<Standing> standing_{Standing::attached};
  std::mutex lifecycle_mutex_;

  // The fork handlers', guarded by their list's mutex.
  Attachment* next_enrolled_ = nullptr;
  Inhabitants* inhabitants_ = nullptr;
  Heir heir_;
  // Another description, for the fork of a process that has no right to open the file any more.
  int spare_fd_ = -1;
};

}  // namespace ipcarc::detail
