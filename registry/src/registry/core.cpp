#include "registry/core.hpp"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <vector>

#include "segment/system_retry.hpp"

namespace ipcarc::detail {
namespace {

/// The registries of this process, in this copy of the library. Never destroyed, since handles may outlive static destruction.
struct CoreTable {
  std::mutex mutex;          // above every lock of an attachment
  std::vector<Core*> cores;  // guarded by mutex

  Core* find(const FileIdentity& identity) const {
    for (Core* core : cores) {
      if (core->attachment().identity() == identity) {
        return core;
      }
    }
    return nullptr;
  }
};

CoreTable& table() {
  static auto* the_table = new CoreTable;
  return *the_table;
}

// Installed after the attachments' own handlers, so that the table is locked before them and unlocked after.
void install_fork_handlers() {
  static const int installed =
      ::pthread_atfork([] { table().mutex.lock(); }, [] { table().mutex.unlock(); },
                       [] {
                         guard_count = 0;  // they are the parent's
                         table().mutex.unlock();
                       });
  if (installed != 0) {
    throw Error(std::error_code(installed, std::system_category()),
                "ipcarc: the fork handlers could not be installed");
  }
}

constexpr std::size_t local_offset = 64;

std::unique_ptr<void, void (*)(void*)> map_local(std::uint32_t max_objects) {
  const std::size_t bytes =
      std::size_t{max_objects} * sizeof(std::atomic<std::uint32_t>) + local_offset;
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    throw Error(std::error_code(errno, std::system_category()),
                "ipcarc: no memory for the private table of holds");
  }
  *static_cast<std::size_t*>(memory) = bytes;  // for the deleter, which gets the address alone
  return {memory, [](void* address) { ::munmap(address, *static_cast<std::size_t*>(address)); }};
}

void leave_unused(const Core* core) noexcept {
  const NoCancel no_cancel;
  const std::lock_guard lock(table().mutex);
  auto& cores = table().cores;
  const auto it = std::find(cores.begin(), cores.end(), core);
  // Not there: another thread that saw 0 was first. Not 0: opened again meanwhile.
  if (it == cores.end() || (*it)->references.load(std::memory_order_acquire) != 0) {
    return;
  }
  const std::unique_ptr<Core> last(*it);
  cores.erase(it);
  last->attachment().leave(*last);
}

}  // namespace

Core::Core(std::unique_ptr<Attachment> attachment)
    : leave_if_unused(leave_unused),
      attachment_(std::move(attachment)),
      heap_(*attachment_),
      local_memory_(map_local(attachment_->segment().geometry().max_objects)),
      directory_(*attachment_, heap_, *this) {
  base = attachment_->segment().base();
  entries = attachment_->segment().entries();
  heap_begin = attachment_->segment().geometry().heap;
  heap_bytes = attachment_->segment().geometry().file_bytes - heap_begin;
  local = reinterpret_cast<std::atomic<std::uint32_t>*>(
      static_cast<std::byte*>(local_memory_.get()) + local_offset);
  incarnation = attachment_->incarnation();
  id = attachment_->id();
  process_word = &attachment_->process_word();
}

Core::~Core() = default;

void Core::attend() {
  attachment_->require_attached();
  if ((attention.load(std::memory_order_relaxed) & reap_wanted) != 0) {
    reap();
  }
}

ReapReport Core::reap() {
  attention.fetch_and(~reap_wanted, std::memory_order_relaxed);
  return attachment_->reap(*this);
}

void Core::reap_slot(std::uint32_t slot, ReapReport& report) {
  heap_.drop_claims(slot);
  directory_.reap_slot(slot, report);
}

bool Core::anything_pinned() {
  return directory_.anything_pinned();
}

void Core::fork_lock() noexcept {
  directory_.fork_lock();
  heap_.fork_lock();
}

void Core::fork_hold_for(std::uint32_t slot) noexcept {
  directory_.fork_hold_for(slot);
}

void Core::fork_unlock(bool child) noexcept {
  heap_.fork_unlock(child);
  directory_.fork_unlock(child);
  if (child) {
    ++incarnation;  // not the slot's own, which may be what the parent's is
    id = attachment_->id();
    if (attachment_->detached()) {
      attention.fetch_or(not_attached, std::memory_order_relaxed);
    }
  }
}

std::string Core::about(std::string_view object) const {
  return "registry \"" + name() + "\": object \"" + std::string(object) + "\"";
}

void refuse_object_name(const Core& core, std::string_view name) {
  const char* fault = name.empty()                   ? "is empty"
                      : name.size() > max_name_bytes ? "is longer than 200 bytes"
                                                     : "has a NUL byte";
  throw Error(Errc::bad_name, core.about(name.substr(0, max_name_bytes)) + ": the name " + fault +
                                  "; expected 1 to 200 bytes without NUL, found " +
                                  std::to_string(name.size()) + " bytes");
}

CoreView* open_core(std::string_view name, const Options& options, bool create) {
  // Before anything is attached, so that a fork by another thread finds them; ours after the attachments' own.
  Attachment::install_fork_handlers();
  install_fork_handlers();
  const std::lock_guard lock(table().mutex);
  const auto is_attached = [](const FileIdentity& identity) {
    return table().find(identity) != nullptr;
  };
  OpenResult opened = Attachment::open(
      name, options, create ? OpenMode::open_or_create : OpenMode::attach_existing, is_attached);
  if (!opened.attachment) {
    Core* core = table().find(opened.already);
    core->enter();
    add_reference(*core);
    return core;
  }
  auto core = std::make_unique<Core>(std::move(opened.attachment));
  if (opened.inherited) {
    ReapReport report;
    core->reap_slot(core->attachment().slot(), report);
  }
  core->attachment().enroll(*core);
  if (!opened.created) {
    try {
      core->reap();
    } catch (const Error&) {
      core->attachment().leave(*core);
      throw;
    }
  }
  table().cores.push_back(core.get());
  add_reference(*core);
  return core.release();
}

CoreReference find_core(std::uint32_t link_mark, const void* where) {
  const std::lock_guard lock(table().mutex);
  Core* found = nullptr;
  for (Core* core : table().cores) {
    if (core->link_mark() == link_mark) {
      const auto* const end = core->base + core->segment().geometry().file_bytes;
      const bool lies_in = where >= core->base && where < end;
      found = found == nullptr || lies_in ? core : found;
    }
  }
  if (found != nullptr) {
    add_reference(*found);
  }
  return CoreReference(found);
}

bool destroy_registry(std::string_view name, const Options& options) {
  return Attachment::destroy(name, options);
}

void add_reference(CoreView& core) noexcept {
  // relaxed: the caller has a reference, or the table's mutex.
  core.references.fetch_add(1, std::memory_order_relaxed);
}

void drop_reference(CoreView& core) noexcept {
  // Read before the reference is dropped: then the core may go at any time.
  const auto leave_if_unused = Core::of(core).leave_if_unused;
  // acq_rel: what each user did comes before the leave.
  if (core.references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    leave_if_unused(&Core::of(core));
  }
}

void let_go_last(CoreView& core, std::uint32_t index) noexcept {
  bool cleared = false;
  try {
    cleared = Core::of(core).directory().let_go_last(index);
  } catch (const Error&) {
    cleared =
        true;  // a corrupt segment: the bit is cleared, the memory stays until a reaper can read it
  }
  if (cleared) {
    drop_reference(core);
  }
}

std::string_view registry_name(const CoreView& core) noexcept {
  return Core::of(core).name();
}

}  // namespace ipcarc::detail
