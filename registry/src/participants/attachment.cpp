#include "participants/attachment.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "participants/file_lock.hpp"
#include "participants/fork_handlers.hpp"
#include "participants/robust_lock.hpp"
#include "participants/slots.hpp"
#include "segment/birth.hpp"
#include "segment/system_retry.hpp"

namespace ipcarc::detail {
namespace {

// An opener that finds its file removed starts over. Each time, some other process has opened and
// left in between.
constexpr int most_attempts = 1000;

std::uint32_t my_pid() noexcept {
  return static_cast<std::uint32_t>(::getpid());
}

bool leads_to(const char* path, const FileIdentity& identity) noexcept {
  struct stat status {};
  return ::lstat(path, &status) == 0 && FileIdentity{status.st_dev, status.st_ino} == identity;
}

// Takes the lifecycle lock of a file that is believed. The descriptor's end releases it too.
void lock_lifecycle(const RegistryPath& path, int fd) {
  if (const int error = lock_byte(fd, lifecycle_byte); error != 0) {
    path.fail(error, "take the lifecycle lock");
  }
}

nlink_t names_of(const RegistryPath& path, int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    path.fail(errno, "look at the file");
  }
  return status.st_nlink;
}

}  // namespace

OpenResult::OpenResult() = default;
OpenResult::~OpenResult() = default;
OpenResult::OpenResult(OpenResult&&) noexcept = default;
OpenResult& OpenResult::operator=(OpenResult&&) noexcept = default;

Attachment::Attachment(std::unique_ptr<Segment> segment)
    : segment_(std::move(segment)), process_word_(&ForkHandlers::process_word()) {}

Attachment::~Attachment() {
  ForkHandlers::remove(*this);
  const bool claimed = incarnation_ != 0;
  if (claimed && !inherited_ && inhabitants_ == nullptr && !detached() &&
      segment_->participants()[slot_].pid.load(std::memory_order_relaxed) == my_pid()) {
    set_slot_state(*segment_, slot_, slot_state(*segment_, slot_).unmarked());
  }
  Descriptor spare(spare_fd_);
}

OpenResult Attachment::open(std::string_view name, const Options& options, OpenMode mode,
                            const std::function<bool(const FileIdentity&)>& is_attached) {
  const NoCancel no_cancel;
  const RegistryPath path = locate(name, options.directory);
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    struct stat status {};
    Descriptor file = open_registry_file(path, options.trusted_owners, status);
    if (!file) {
      if (mode == OpenMode::attach_existing) {
        path.refuse(Errc::not_found, "expected a registry, found no file", no_such_registry);
      }
      if (std::unique_ptr<Attachment> attachment = create(path, options)) {
        OpenResult result;
        result.attachment = std::move(attachment);
        result.created = true;
        return result;
      }
      continue;  // somebody else's file has the name by now
    }
    const FileIdentity identity{status.st_dev, status.st_ino};
    if (is_attached(identity)) {
      OpenResult result;
      result.already = identity;
      return result;
    }
    lock_lifecycle(path, file.get());
    if (names_of(path, file.get()) != 0) {
      return join(path, std::move(file), options.huge_pages);
    }
    // Its last participant removed it while this process waited for the lock.
  }
  path.refuse(
      Errc::timed_out,
      fmt::format("its file was removed {} times while it was being opened", most_attempts));
}

std::unique_ptr<Attachment> Attachment::create(const RegistryPath& path, const Options& options) {
  UnnamedFile born = make_unnamed_file(path, options);
  const int fd = born.file.get();
  std::unique_ptr<Attachment> attachment(new Attachment(std::make_unique<Segment>(
      path.name, path.file, born.file.release(), born.geometry, options.huge_pages)));
  Segment& segment = *attachment->segment_;
  furnish(segment, path);
  init_mutexes(segment);
  const std::optional<Claim> claim = claim_free_slot(segment, fd, my_pid());
  if (!claim) {
    path.fail(ENOLCK, "lock a byte of the new file");
  }
  attachment->slot_ = claim->slot;
  attachment->incarnation_ = claim->incarnation;
  // killed here: nothing; a file without a name goes with its last descriptor.
  if (!link_file(path, fd)) {
    return nullptr;
  }
  // killed here: a whole segment, whose only participant is dead.
  return attachment;
}

// The lifecycle lock is held through `file`, which has a name.
OpenResult Attachment::join(const RegistryPath& path, Descriptor file, bool huge_pages) {
  const int fd = file.get();
  const Geometry geometry = check_header(path, fd);
  OpenResult result;
  result.attachment.reset(new Attachment(
      std::make_unique<Segment>(path.name, path.file, file.release(), geometry, huge_pages)));
  Attachment& attachment = *result.attachment;
  const ByteLock lifecycle(fd, lifecycle_byte);

  std::optional<Claim> claim = claim_free_slot(*attachment.segment_, fd, my_pid());
  if (!claim) {
    claim = inherit_dead_slot(*attachment.segment_, fd, my_pid());
  }
  if (!claim) {
    path.refuse(Errc::too_many_processes,
                fmt::format("expected a free slot, found {} processes attached and alive",
                            max_participants));
  }
  attachment.slot_ = claim->slot;
  attachment.incarnation_ = claim->incarnation;
  attachment.inherited_ = claim->inherited;
  result.inherited = claim->inherited;
  return result;
}

bool Attachment::destroy(std::string_view name, const Options& options) {
  const NoCancel no_cancel;
  const RegistryPath path = locate(name, options.directory);
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    struct stat status {};
    const Descriptor file = open_registry_file(path, options.trusted_owners, status);
    if (!file) {
      return false;
    }
    lock_lifecycle(path, file.get());
    // Under this lock nobody else takes the name away from the file, so between the look and the
    // unlink it stays the same.
    if (!leads_to(path.file.c_str(), {status.st_dev, status.st_ino})) {
      continue;
    }
    if (::unlink(path.file.c_str()) != 0) {
      path.fail(errno, "remove the file");
    }
    return true;
  }
  path.refuse(
      Errc::timed_out,
      fmt::format("its file was replaced {} times while it was being removed", most_attempts));
}

void Attachment::give_name(const RegistryPath& path, const Options& options, int fd, bool replace) {
  const NoCancel no_cancel;
  RegistryPath beside = path;
  beside.file = path.directory + "/.ipcarc." + path.name + ".new";
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    if (link_file(path, fd)) {
      return;
    }
    if (!replace) {
      path.refuse(Errc::already_exists, "expected no registry of that name, found one",
                  "choose another name, or replace it");
    }
    struct stat status {};
    const Descriptor file = open_registry_file(path, options.trusted_owners, status);
    if (!file) {
      continue;
    }
    lock_lifecycle(path, file.get());
    // Under this lock nobody else takes the name away from the file, nor uses the other name.
    if (!leads_to(path.file.c_str(), {status.st_dev, status.st_ino})) {
      continue;
    }
    ::unlink(beside.file.c_str());
    if (!link_file(beside, fd)) {
      path.fail(EEXIST, "give the new file a name beside the old one");
    }
    // killed here: the old registry under its name, the new one under another; the next to replace it removes that.
    if (::rename(beside.file.c_str(), path.file.c_str()) != 0) {
      const int error = errno;
      ::unlink(beside.file.c_str());
      path.fail(error, "put the new file in the old one's place");
    }
    return;
  }
  path.refuse(
      Errc::timed_out,
      fmt::format("its file was replaced {} times while it was being replaced", most_attempts));
}

void Attachment::init_mutexes(Segment& segment) noexcept {
  Shard* const shards = segment.shards();
  for (std::uint32_t i = 0; i < segment.geometry().shard_count; ++i) {
    init_robust(shards[i].mutex.mutex);
  }
  init_robust(segment.header().heap.run_mutex.mutex);
  init_robust(segment.header().types_mutex.mutex);
}

bool Attachment::while_alone(Inhabitants& inhabitants, const std::function<void()>& work) {
  require_attached();
  const NoCancel no_cancel;
  const std::scoped_lock mutex(lifecycle_mutex_);
  const int fd = segment_->descriptor();
  if (const int error = fd < 0 ? errno : lock_byte(fd, lifecycle_byte); error != 0) {
    throw Error(std::error_code(error, std::generic_category()),
                fmt::format("registry \"{}\" ({}): cannot take the lifecycle lock",
                            segment_->registry_name(), segment_->path()));
  }
  const ByteLock lifecycle(fd, lifecycle_byte);
  reap_all(inhabitants);
  if (anyone_else()) {
    return false;
  }
  work();
  return true;
}

void Attachment::leave(Inhabitants& inhabitants) noexcept {
  const NoCancel no_cancel;
  // With the handlers' list, so that no child is made of an attachment that has left by half.
  const ForkHandlers::ListLock list;
  const std::scoped_lock mutex(lifecycle_mutex_);
  if (detached()) {
    // The lock on the slot may be another process's: hands off.
    return;
  }
  const int fd = segment_->descriptor();
  // Without a descriptor, which is what a process gets that closes everything and has no right to
  // the file any more, nothing is excluded and nothing removed; unmapping drops the lock, and a
  // slot that is not marked is nobody's then.
  const bool locked = fd >= 0 && lock_byte(fd, lifecycle_byte) == 0;
  if (locked) {
    try {
      reap_all(inhabitants);
    } catch (...) {
      // Damage, or no memory: whoever comes next meets it, and is in a place to say so.
    }
  }
  set_slot_state(*segment_, slot_, slot_state(*segment_, slot_).unmarked());
  // killed here: a consistent file; if nobody is attached, the next to open and leave it, or
  // destroy(), removes it.
  if (locked) {
    unlock_byte(fd, slot_byte(slot_));
    unlink_if_last(inhabitants);
    unlock_byte(fd, lifecycle_byte);
  }
  standing_.store(Standing::left, std::memory_order_relaxed);
  ForkHandlers::remove(*this, list);
}

void Attachment::unlink_if_last(Inhabitants& inhabitants) noexcept {
  // Nobody can become active while the lifecycle lock is held: a fork's slot is claimed by an
  // active participant.
  if (anyone_else()) {
    return;
  }
  try {
    if (inhabitants.anything_pinned()) {
      return;
    }
  } catch (...) {
    return;  // damage: left for whoever looks into it
  }
  if (leads_to(segment_->path().c_str(), segment_->identity())) {
    ::unlink(segment_->path().c_str());
  }
}

bool Attachment::anyone_else() const noexcept {
  for (std::uint32_t slot = 0; slot < max_participants; ++slot) {
    if (slot != slot_ && slot_state(*segment_, slot).active()) {
      return true;
    }
  }
  return false;
}

ReapReport Attachment::reap(Inhabitants& inhabitants) {
  require_attached();
  const NoCancel no_cancel;
  const std::scoped_lock mutex(lifecycle_mutex_);
  return reap_all(inhabitants);
}

ReapReport Attachment::reap_all(Inhabitants& inhabitants) {
  ReapReport report;
  const int fd = segment_->descriptor();
  if (fd < 0) {
    return report;
  }
  for (std::uint32_t slot = 0; slot < max_participants; ++slot) {
    if (slot == slot_ || !slot_state(*segment_, slot).active() ||
        !byte_is_free(fd, slot_byte(slot)) || !try_lock_byte(fd, slot_byte(slot))) {
      continue;
    }
    // What holds the lock is this process from here on, or, if it is killed, nobody: the next
    // reaper begins again.
    const ByteLock lock(fd, slot_byte(slot));
    const SlotState state = slot_state(*segment_, slot);
    if (!state.active()) {
      continue;  // reaped by somebody else in between
    }
    inhabitants.reap_slot(slot, report);
    set_slot_state(*segment_, slot, state.unmarked());
    ++report.participants;
  }
  return report;
}

bool Attachment::is_dead(std::uint32_t slot) const noexcept {
  if (slot >= max_participants || slot == slot_) {
    return false;
  }
  const NoCancel no_cancel;
  const SlotState state = slot_state(*segment_, slot);
  if (!state.active()) {
    return false;
  }
  const int fd = segment_->descriptor();
  if (fd < 0 || !byte_is_free(fd, slot_byte(slot))) {
    return false;
  }
  // Unmarked, or another's by now: it left in between, mark first and lock second.
  return slot_state(*segment_, slot).word == state.word;
}

std::uint32_t Attachment::participants() const noexcept {
  std::uint32_t count = 0;
  for (std::uint32_t slot = 0; slot < max_participants; ++slot) {
    count += slot_state(*segment_, slot).active() ? 1U : 0U;
  }
  return count;
}

void Attachment::install_fork_handlers() {
  ForkHandlers::install();
}

void Attachment::enroll(Inhabitants& inhabitants) {
  ForkHandlers::add(*this, inhabitants);
}

void Attachment::refuse_detached() const {
  const RegistryPath path{segment_->registry_name(), {}, segment_->path()};
  if (process_word_->load(std::memory_order_relaxed) == 0) {
    path.refuse(Errc::permission_denied,
                "this process was cloned past the fork handlers and is no participant",
                "make children by fork(), or have them exec() and open the registry");
  }
  if (standing_.load(std::memory_order_relaxed) == Standing::left) {
    path.refuse(Errc::permission_denied, "this process has left the registry", "open it anew");
  }
  if (standing_.load(std::memory_order_relaxed) == Standing::elsewhere) {
    path.refuse(Errc::incompatible_segment,
                "expected this process in the pid namespace that the registry was made in, found "
                "it forked into another",
                "have it exec() and open a registry of its own namespace");
  }
  path.refuse(Errc::too_many_processes,
              "no slot or no file descriptor was to be had for this process when it was forked",
              "end some of its processes, or raise the limit of open files, and fork again");
}

}  // namespace ipcarc::detail
