// An object of an attached registry, found by its name and known by its stored layout alone.
//
// Holds the object while it lives. Thread and process safety: one thread's. The Lock is a guard as any
// other: it counts among the thread's guards and is recovered from who dies in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "registry/building.hpp"
#include "values/object_bytes.hpp"
#include "values/stored_layout.hpp"

namespace ipcarc::detail {

class StoredObject {
 public:
  /// Throws bad_name, not_found, corrupt_segment.
  StoredObject(CoreView& view, std::string_view name);

  Core& core() const noexcept { return Core::of(handle_.core()); }
  const Handle& handle() const noexcept { return handle_; }
  Entry& entry() const noexcept { return handle_.entry(); }
  std::uint32_t tag() const noexcept { return handle_.index() + 1; }
  const StoredLayout& layout() const noexcept { return *layout_; }
  PayloadKind kind() const noexcept { return kind_; }
  bool frozen() const noexcept { return frozen_; }
  AccessShape shape() const noexcept;
  std::string about() const { return core().about(object_name(handle_)); }

  /// Offset of the payload where it was built, checked.
  std::uint64_t built_at() const;
  /// Offset of the value that the version chooses, checked. The caller has the Lock.
  std::uint64_t current() const;
  /// Throws corrupt_segment unless the range is the object's.
  void require_inside(std::uint64_t offset, std::uint64_t bytes) const;
  /// The name of the object that a link refers to; empty if it is gone.
  std::optional<std::string> name_of(const LinkWords& link) const;
  [[noreturn]] void broken(std::string_view what) const;

  /// The object's mutex for a scope. Throws timed_out; poisoned unless that is wanted too.
  class Lock {
   public:
    Lock(const StoredObject& object, Deadline deadline, bool poisoned_too);
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

    /// Marks the object as being changed: a kill from here on leaves it poisoned.
    void begin_change() noexcept;
    /// The change did not happen after all.
    void cancel_change() noexcept;
    /// Ends with a new version; who waits for it is woken.
    void commit() noexcept;
    /// Of two slots: writes the other one, then turns to it. Wholly old or wholly new, whatever kills.
    void commit_slot(std::span<const std::byte> value);

   private:
    const StoredObject& object_;
    std::uint32_t incarnation_;
    bool held_ = true;
  };

 private:
  Version version() const noexcept {
    return Version{entry().version.load(std::memory_order_relaxed)};
  }

  Handle handle_;
  std::optional<StoredLayout> layout_;
  PayloadKind kind_ = PayloadKind::plain;
  bool frozen_ = false;
};

}  // namespace ipcarc::detail
