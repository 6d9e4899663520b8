#include "participants/fork_handlers.hpp"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <utility>

#include "participants/file_lock.hpp"
#include "participants/slots.hpp"
#include "segment/registry_file.hpp"
#include "segment/system_retry.hpp"

namespace ipcarc::detail {
namespace {

std::mutex& list_mutex() noexcept {
  static std::mutex& mutex = *new std::mutex;
  return mutex;
}

// The enrolled attachments, guarded by list_mutex().
Attachment* enrolled = nullptr;

// The word, alone on a page that the kernel clears in a child. Without MADV_WIPEONFORK it is an
// ordinary word, and a child that was made past the handlers is not told apart.
std::atomic<std::uint32_t>& wiped_word() {
  static std::atomic<std::uint32_t>& word = [&]() -> std::atomic<std::uint32_t>& {
    const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* const page =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
      throw Error(Errc::out_of_memory, "no page of memory for the word that tells a clone");
    }
    ::madvise(page, bytes, MADV_WIPEONFORK);
    return *new (page) std::atomic<std::uint32_t>(1);
  }();
  return word;
}

// Whether this process is itself a child that was made past the handlers; found before, kept for
// after.
bool is_clone = false;

}  // namespace

ForkHandlers::ListLock::ListLock() : lock_(list_mutex()) {}

const std::atomic<std::uint32_t>& ForkHandlers::process_word() {
  return wiped_word();
}

void ForkHandlers::install() {
  static const bool installed = [] {
    if (const int error = ::pthread_atfork(before, in_parent, in_child); error != 0) {
      throw Error(std::error_code(error, std::generic_category()), "cannot install fork handlers");
    }
    return true;
  }();
  static_cast<void>(installed);
}

void ForkHandlers::add(Attachment& attachment, Inhabitants& inhabitants) {
  install();
  const ListLock list;
  attachment.inhabitants_ = &inhabitants;
  attachment.next_enrolled_ = std::exchange(enrolled, &attachment);
  renew_spare(attachment);
}

void ForkHandlers::remove(Attachment& attachment) noexcept {
  remove(attachment, ListLock());
}

void ForkHandlers::remove(Attachment& attachment, const ListLock& /*held*/) noexcept {
  for (Attachment** at = &enrolled; *at != nullptr; at = &(*at)->next_enrolled_) {
    if (*at == &attachment) {
      *at = attachment.next_enrolled_;
      return;
    }
  }
}

void ForkHandlers::renew_spare(Attachment& attachment) noexcept {
  const Segment& segment = attachment.segment();
  attachment.spare_fd_ =
      open_again(segment.descriptor(), segment.identity(), segment.path().c_str()).release();
}

void ForkHandlers::make_heir(Attachment& attachment) noexcept {
  attachment.heir_ = {};
  if (attachment.detached()) {
    return;
  }
  Segment& segment = attachment.segment();
  Descriptor file = open_again(segment.descriptor(), segment.identity(), segment.path().c_str());
  if (!file && attachment.spare_fd_ >= 0 &&
      identity_of(attachment.spare_fd_) == segment.identity()) {
    file.reset(std::exchange(attachment.spare_fd_, -1));
  }
  if (!file) {
    return;
  }
  // The pid is the child's to store.
  std::optional<Claim> claim = claim_free_slot(segment, file.get(), 0);
  if (!claim) {
    try {
      attachment.reap_all(*attachment.inhabitants_);
    } catch (...) {
      // The child is told by being detached.
    }
    claim = claim_free_slot(segment, file.get(), 0);
  }
  attachment.heir_.fd = file.release();
  if (claim) {
    attachment.heir_.slot = claim->slot;
    attachment.heir_.incarnation = claim->incarnation;
  }
}

bool ForkHandlers::in_pid_namespace_of(const Attachment& attachment) noexcept {
  struct stat here {};
  // Not known: as that of the parent, which found it when it attached.
  return ::stat("/proc/self/ns/pid", &here) != 0 ||
         here.st_ino == attachment.segment().header().pid_namespace;
}

void ForkHandlers::become_heir(Attachment& attachment) noexcept {
  if (attachment.standing_.load(std::memory_order_relaxed) != Attachment::Standing::attached) {
    return;  // the parent was detached already, and so is all of its offspring
  }
  const Attachment::Heir heir = std::exchange(attachment.heir_, {});
  // The spare is the parent's description too: a slot locked through it would be locked by both.
  Descriptor inherited_spare(std::exchange(attachment.spare_fd_, -1));
  if (inherited_spare && !(identity_of(inherited_spare.get()) == attachment.identity())) {
    inherited_spare.release();
  }
  if (heir.fd >= 0 && heir.slot < max_participants && !in_pid_namespace_of(attachment)) {
    // Its slot is left as by one who died; the mapping stays to be read.
    unlock_byte(heir.fd, slot_byte(heir.slot));
    attachment.segment().seal(heir.fd);
    attachment.standing_.store(Attachment::Standing::elsewhere, std::memory_order_relaxed);
    return;
  }
  if (heir.fd >= 0 && heir.slot < max_participants) {
    if (attachment.segment().remap(heir.fd)) {
      attachment.slot_ = heir.slot;
      attachment.incarnation_ = heir.incarnation;
      // Relaxed: before this process takes a lock, whose holder's slot it then is (lives_in()).
      attachment.segment().participants()[heir.slot].pid.store(
          static_cast<std::uint32_t>(::getpid()), std::memory_order_relaxed);
      renew_spare(attachment);
      return;
    }
  } else {
    attachment.segment().seal(heir.fd);
  }
  attachment.standing_.store(Attachment::Standing::detached, std::memory_order_relaxed);
}

void ForkHandlers::disown_heir(Attachment& attachment) noexcept {
  const Attachment::Heir heir = std::exchange(attachment.heir_, {});
  const Descriptor file(heir.fd);
  if (attachment.spare_fd_ < 0 && !attachment.detached()) {
    renew_spare(attachment);
  }
}

void ForkHandlers::before() noexcept {
  const NoCancel no_cancel;
  list_mutex().lock();
  is_clone = wiped_word().load(std::memory_order_relaxed) == 0;
  for (Attachment* at = enrolled; at != nullptr; at = at->next_enrolled_) {
    at->lifecycle_mutex_.lock();
    make_heir(*at);
  }
  for (Attachment* at = enrolled; at != nullptr; at = at->next_enrolled_) {
    at->inhabitants_->fork_lock();
  }
  for (Attachment* at = enrolled; at != nullptr; at = at->next_enrolled_) {
    if (at->heir_.slot < max_participants) {
      at->inhabitants_->fork_hold_for(at->heir_.slot);
    }
  }
}

void ForkHandlers::in_parent() noexcept {
  const NoCancel no_cancel;
  const int saved = errno;
  for (Attachment* at = enrolled; at != nullptr; at = at->next_enrolled_) {
    disown_heir(*at);
    at->inhabitants_->fork_unlock(false);
    at->lifecycle_mutex_.unlock();
  }
  list_mutex().unlock();
  errno = saved;
}

void ForkHandlers::in_child() noexcept {
  const NoCancel no_cancel;
  const int saved = errno;
  if (!is_clone) {
    // Relaxed: a child has one thread.
    wiped_word().store(1, std::memory_order_relaxed);
  }
  for (Attachment* at = enrolled; at != nullptr; at = at->next_enrolled_) {
    if (!is_clone) {
      become_heir(*at);
    }
    at->inhabitants_->fork_unlock(true);
    at->lifecycle_mutex_.unlock();
  }
  list_mutex().unlock();
  errno = saved;
}

}  // namespace ipcarc::detail
