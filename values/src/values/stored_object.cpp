#include "values/stored_object.hpp"

#include "directory/find.hpp"
#include "ipcarc/detail/slot_copy.hpp"

namespace ipcarc::detail {

StoredObject::StoredObject(CoreView& view, std::string_view name) {
  Core& core = Core::of(view);
  core.enter();
  check_object_name(core, name);
  const auto found = core.directory().lookup(NameKey(name));
  if (!found) {
    throw Error(Errc::not_found,
                core.about(name) + ": expected an object of that name, found none");
  }
  handle_ = Handle(&core, found->index, payload_at(core, found->index));
  frozen_ = found->state.frozen();
  const std::uint32_t kind = entry().kind.load(std::memory_order_relaxed);
  if (kind > static_cast<std::uint32_t>(PayloadKind::arena)) {
    broken("it is of kind " + std::to_string(kind));
  }
  kind_ = static_cast<PayloadKind>(kind);
  const std::string text(
      core.directory().types().layout(entry().type.load(std::memory_order_relaxed)));
  layout_.emplace(text, about());
  if (layout_->root().size != entry().payload_bytes.load(std::memory_order_relaxed)) {
    broken("its layout is of " + std::to_string(layout_->root().size) + " bytes, not of " +
           std::to_string(entry().payload_bytes.load(std::memory_order_relaxed)));
  }
}

void StoredObject::broken(std::string_view what) const {
  throw Error(Errc::corrupt_segment,
              about() + ": expected a value of its type, found that " + std::string(what));
}

AccessShape StoredObject::shape() const noexcept {
  return {kind_, entry().payload_offset.load(std::memory_order_relaxed),
          slot_stride(layout_->root().size)};
}

void StoredObject::require_inside(std::uint64_t offset, std::uint64_t bytes) const {
  MappedBytes object(core().segment(), tag());
  if (!object.holds(offset, bytes) || offset % layout_->root().align != 0) {
    broken("its value does not lie in it");
  }
}

std::uint64_t StoredObject::built_at() const {
  // relaxed: written before the entry was live, which the hold has seen.
  const std::uint64_t offset = entry().payload.load(std::memory_order_relaxed);
  require_inside(offset, layout_->root().size);
  return offset;
}

std::uint64_t StoredObject::current() const {
  const unsigned slot = version().slot();
  const AccessShape where = shape();
  // relaxed: written under the mutex, which the caller has, or before the entry was live.
  const std::uint64_t offset =
      kind_ == PayloadKind::two_slots
          ? built_at() + slot * where.stride
          : entry().root[slot].load(std::memory_order_relaxed) + where.payload_offset;
  require_inside(offset, layout_->root().size);
  return offset;
}

std::optional<std::string> StoredObject::name_of(const LinkWords& link) const {
  const std::uint32_t index = link.index_plus_1 - 1;
  Directory& directory = core().directory();
  if (link.registry != core().link_mark() || !directory.is_committed(index)) {
    return std::nullopt;
  }
  const State state = directory.state(index);
  if (state.generation() != link.generation || state.phase() != Phase::live) {
    return std::nullopt;
  }
  return directory.name_at(index, link.generation);
}

StoredObject::Lock::Lock(const StoredObject& object, Deadline deadline, bool poisoned_too)
    : object_(object), incarnation_(object.core().incarnation) {
  Core& core = object.core();
  core.enter();
  if (!lock_entry(core, object.handle().index(), deadline)) {
    throw Error(Errc::timed_out, object.about() +
                                     ": expected its guard before the deadline, found it held by "
                                     "participant " +
                                     std::to_string(object.version().owner()) + " still");
  }
  if (object.version().changing() && !poisoned_too) {
    unlock_entry(core, object.handle().index(), object.version());
    core.enter();  // reaps the one that died, now that no lock is held
    throw Error(Errc::poisoned, object.about() +
                                    " is poisoned: a process died while it changed it in place "
                                    "(recover() or reset() mends it)");
  }
}

StoredObject::Lock::~Lock() {
  if (held_ && object_.core().incarnation == incarnation_) {
    unlock_entry(object_.core(), object_.handle().index(), object_.version());
  }
}

void StoredObject::Lock::begin_change() noexcept {
  // As in enter_guard().
  object_.entry().version.store(object_.version().word | Version::changing_bit,
                                std::memory_order_relaxed);
  release_fence();
}

void StoredObject::Lock::cancel_change() noexcept {
  // release: pairs with the acquire in load(); the value is as it was.
  object_.entry().version.store(object_.version().word & ~Version::changing_bit,
                                std::memory_order_release);
}

void StoredObject::Lock::commit_slot(std::span<const std::byte> value) {
  const Version before = object_.version();
  const unsigned other = 1 - before.slot();
  // release: pairs with the acquire fence in load(): who reads a byte written from here on into the
  // slot that is not current sees that it is not.
  release_fence();
  copy_in(
      object_.core().segment().at<std::byte>(object_.built_at() + other * object_.shape().stride),
      value.data(), value.size());
  held_ = false;
  // The commit: one store that turns to the other slot. Killed before it: the old value.
  object_.entry().version.store(before.next(other).word, std::memory_order_release);
  unlock_entry(object_.core(), object_.handle().index(), object_.version());
  object_.core().directory().wake_version(object_.handle().index());
}

void StoredObject::Lock::commit() noexcept {
  held_ = false;
  leave_guard(object_.handle(), true, incarnation_);
}

}  // namespace ipcarc::detail
