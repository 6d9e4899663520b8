// A registry in this process: its attachment, its heap, its directory, and the private count of who uses it.
//
// One Core for each segment (device and inode) and copy of the library. The last reference (registries, weak handles, held
// entries) leaves the segment.
#pragma once

#include <atomic>
#include <memory>
#include <string_view>

#include "directory/directory.hpp"
#include "heap/heap.hpp"
#include "ipcarc/detail/guard_path.hpp"
#include "participants/attachment.hpp"

namespace ipcarc::detail {

class Core final : public CoreView, public Inhabitants {
 public:
  explicit Core(std::unique_ptr<Attachment> attachment);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  static Core& of(CoreView& view) noexcept { return static_cast<Core&>(view); }
  static const Core& of(const CoreView& view) noexcept { return static_cast<const Core&>(view); }

  Attachment& attachment() noexcept { return *attachment_; }
  Segment& segment() noexcept { return attachment_->segment(); }
  const std::string& name() const noexcept { return attachment_->segment().registry_name(); }
  /// What links to objects of this registry bear; never 0.
  std::uint32_t link_mark() const noexcept {
    return link_mark_of(attachment_->segment().header().birth_id);
  }
  Heap& heap() noexcept { return heap_; }
  Directory& directory() noexcept { return directory_; }

  /// Throws unless this process is a participant; first reaps if a lock told of a death.
  void enter() {
    if (!at_ease()) [[unlikely]] {
      attend();
    }
  }
  /// Leaves the registry and deletes `core`, which may be gone already, if nobody refers to it any more. The function is that of the
  /// copy of the library that opened it, and has it in its table, whichever copy's code lets go of the last handle.
  void (*const leave_if_unused)(const Core* core) noexcept;
  /// To be reaped at the next chance, when no lock is held.
  void want_reaping() noexcept { attention.fetch_or(reap_wanted, std::memory_order_relaxed); }
  ReapReport reap();

  void reap_slot(std::uint32_t slot, ReapReport& report) override;
  bool anything_pinned() override;
  void fork_lock() noexcept override;
  void fork_hold_for(std::uint32_t slot) noexcept override;
  void fork_unlock(bool child) noexcept override;

  /// Whether `bytes` at `offset` lie in the heap: asked of what an entry says before it is followed.
  bool in_heap(std::uint64_t offset, std::uint64_t bytes) const noexcept {
    return lies_in_heap(heap_begin, heap_begin + heap_bytes, offset, bytes);
  }
  /// Whether a region of the entry with an arena, and `bytes` in all, can start at `root`.
  bool is_root(std::uint32_t index, std::uint64_t root, std::uint64_t bytes) const noexcept {
    return in_heap(root, bytes) && bytes >= sizeof(ChunkHeader) + sizeof(Arena) &&
           is_root_of(base, index + 1, root);
  }

  /// `registry "app": object "cfg"`, the start of every message.
  std::string about(std::string_view object) const;

 private:
  // Bits of `attention`.
  static constexpr std::uint32_t reap_wanted = 1;
  static constexpr std::uint32_t not_attached = 2;

  /// What enter() does when it is not a matter of two loads.
  void attend();

  std::unique_ptr<Attachment> attachment_;
  Heap heap_;
  std::unique_ptr<void, void (*)(void*)> local_memory_;
  Directory directory_;
};

/// A registry kept open for a scope, or none.
class CoreReference {
 public:
  /// Takes over a counted reference.
  explicit CoreReference(Core* core) noexcept : core_(core) {}
  ~CoreReference() {
    if (core_ != nullptr) {
      drop_reference(*core_);
    }
  }
  CoreReference(const CoreReference&) = delete;
  CoreReference& operator=(const CoreReference&) = delete;

  explicit operator bool() const noexcept { return core_ != nullptr; }
  Core& operator*() const noexcept { return *core_; }
  Core* operator->() const noexcept { return core_; }

 private:
  Core* core_;
};

/// The registry that this process has open and whose links bear this mark; of several (one was loaded from a dump of another) that in whose
/// segment `where` lies, or any. Takes the process's table, for a moment.
CoreReference find_core(std::uint32_t link_mark, const void* where);

/// Throws bad_name, saying why.
[[noreturn]] void refuse_object_name(const Core& core, std::string_view name);

/// Checks an object's name: 1 to 200 bytes, no NUL. Throws bad_name.
inline void check_object_name(const Core& core, std::string_view name) {
  if (name.empty() || name.size() > max_name_bytes ||
      std::memchr(name.data(), '\0', name.size()) != nullptr) [[unlikely]] {
    refuse_object_name(core, name);
  }
}

/// Locks an entry's mutex; mends its regions if the owner died. False: timed out (Deadline::min(): without waiting).
/// Adds it to the thread's guards. The owner bits of the version word are set.
bool lock_entry(Core& core, std::uint32_t index, Deadline deadline);
/// Ends what lock_entry() began: stores `version` without an owner, unlocks.
void unlock_entry(Core& core, std::uint32_t index, Version version) noexcept;

}  // namespace ipcarc::detail
