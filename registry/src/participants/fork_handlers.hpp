// fork(2), made safe for every enrolled attachment by pthread_atfork.
//
//   before, in the parent   the list, each attachment's mutex; a new description with a claimed
//                           slot for the child; then the mutexes of the layers above; then the
//                           child's bit on all that this process holds
//   after, in the child     the new description is mapped over the same range, the parent's closed;
//                           the slot is the child's
//   after, in the parent    the new description is closed: the child's copy keeps the lock, or
//                           nobody
//   both                    the mutexes are released: all are held by the thread that forks, so
//                           they are consistent
//
// killed before the fork: the slot is marked and its lock gone, a dead participant. killed after
// it: the child has its own description and knows nothing of its parent's end. A child that could
// not attach lets go of its parent's description all the same, since that would keep the parent's
// lock beyond its death.
//
// Nothing here allocates or throws after the fork. Thread safety: any thread may fork, open and
// leave at any time.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "participants/attachment.hpp"

namespace ipcarc::detail {

struct ForkHandlers {
  /// Holds the list of enrolled attachments still.
  class ListLock {
   public:
    ListLock();

   private:
    std::unique_lock<std::mutex> lock_;
  };

  static void install();
  static void add(Attachment& attachment, Inhabitants& inhabitants);
  /// Does nothing if it is not enrolled.
  static void remove(Attachment& attachment) noexcept;
  static void remove(Attachment& attachment, const ListLock&) noexcept;

  /// A word that is not zero in this process, and that the kernel sets to zero in a child; the
  /// handlers set it again.
  static const std::atomic<std::uint32_t>& process_word();

 private:
  static void before() noexcept;
  static void in_parent() noexcept;
  static void in_child() noexcept;

  static bool in_pid_namespace_of(const Attachment& attachment) noexcept;
  static void make_heir(Attachment& attachment) noexcept;
  static void become_heir(Attachment& attachment) noexcept;
  static void disown_heir(Attachment& attachment) noexcept;
  static void renew_spare(Attachment& attachment) noexcept;
};

}  // namespace ipcarc::detail
