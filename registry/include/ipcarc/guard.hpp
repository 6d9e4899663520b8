// Guards: an object locked for a scope.
//
// A guard is of the thread that took it: it is released by that thread. It keeps its object and its registry alive. In a forked child a guard of
// the parent's does nothing.
#pragma once

#include <cstdint>
#include <utility>

#include "ipcarc/detail/guard_path.hpp"
#include "ipcarc/types.hpp"

namespace ipcarc {

namespace detail {

/// What Guard and ReadGuard share: the locked object and its release.
class GuardBase {
 public:
  GuardBase(GuardBase&& other) noexcept
      : handle_(std::move(other.handle_)),
        value_(std::exchange(other.value_, nullptr)),
        incarnation_(other.incarnation_),
        changed_(other.changed_) {}

 protected:
  GuardBase(Handle handle, void* value) noexcept
      : handle_(std::move(handle)), value_(value), incarnation_(handle_.core().incarnation) {}
  ~GuardBase() = default;

  /// Takes over `other`'s lock; one's own has ended.
  void take(GuardBase&& other) noexcept {
    handle_ = std::move(other.handle_);
    value_ = std::exchange(other.value_, nullptr);
    incarnation_ = other.incarnation_;
    changed_ = other.changed_;
  }
  void end() noexcept {
    if (value_ != nullptr) {
      leave_guard(handle_, changed_, incarnation_);
      value_ = nullptr;
    }
  }

  Handle handle_;
  void* value_;
  std::uint32_t incarnation_;
  bool changed_ = false;
};

}  // namespace detail

/// The object, locked, to be changed. Given by `IpcArc<T>::acquire` and its kin; released by its destructor, which does not block.
///
/// The version grows (and waiters wake) if the guard gave access to change, that is if it was dereferenced as non-const. A process that dies
/// while it has a Guard leaves the object poisoned.
template <class T>
class [[nodiscard]] Guard : private detail::GuardBase {
 public:
  /// For the handles: takes over a lock.
  Guard(detail::Handle handle, void* value) noexcept : GuardBase(std::move(handle), value) {}
  Guard(Guard&&) noexcept = default;
  Guard& operator=(Guard&& other) noexcept {
    if (this != &other) {
      release();
      take(std::move(other));
    }
    return *this;
  }
  ~Guard() { release(); }

  /// The object, to be changed.
  T& operator*() noexcept {
    changed_ = true;
    return *static_cast<T*>(value_);
  }
  T* operator->() noexcept { return &**this; }
  /// The object, to be read.
  const T& operator*() const noexcept { return *static_cast<const T*>(value_); }
  const T* operator->() const noexcept { return &**this; }

  /// Releases before the guard's scope ends. The guard is then empty: dereferencing it is a mistake.
  void release() noexcept { end(); }
};

/// Of a type that is not relocatable: defined by <ipcarc/serialization.hpp>.
template <class T>
requires(!relocatable<T>) class Guard<T>;

/// The object, locked, to be read. A process that dies while it has a ReadGuard poisons nothing.
template <class T>
class [[nodiscard]] ReadGuard : private detail::GuardBase {
 public:
  /// For the handles: takes over a lock.
  ReadGuard(detail::Handle handle, void* value) noexcept : GuardBase(std::move(handle), value) {}
  ReadGuard(ReadGuard&&) noexcept = default;
  ReadGuard& operator=(ReadGuard&& other) noexcept {
    if (this != &other) {
      release();
      take(std::move(other));
    }
    return *this;
  }
  ~ReadGuard() { release(); }

  const T& operator*() const noexcept { return *static_cast<const T*>(value_); }
  const T* operator->() const noexcept { return &**this; }

  /// Releases before the guard's scope ends. The guard is then empty: dereferencing it is a mistake.
  void release() noexcept { end(); }
};

/// Of a type that is not relocatable: defined by <ipcarc/serialization.hpp>.
template <class T>
requires(!relocatable<T>) class ReadGuard<T>;

}  // namespace ipcarc
