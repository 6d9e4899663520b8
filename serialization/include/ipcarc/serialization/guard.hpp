// Guards of objects that are shared encoded: the object locked, a decoded copy to work on, and its commit.
//
// Thread safety: as of the other guards. Process safety: a process that dies while it has such a guard, or while the guard commits, leaves
// the value that was there or the new one, and poisons nothing.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

#include "ipcarc/detail/type_key.hpp"
#include "ipcarc/error.hpp"
#include "ipcarc/guard.hpp"
#include "ipcarc/serialization/detail/carrier.hpp"

namespace ipcarc {

/// The object, locked, to be changed: a private copy, decoded when the guard was taken. If it gave access to change, that is if it was
/// dereferenced as non-const, the copy is encoded and takes the object's place when the guard is released.
///
/// Releasing throws nothing. If the copy cannot be stored (the segment is full, the type's own functions throw, the value is
/// one that could not be decoded again), the object keeps the value that it had, and release() says so. Who wants to know why, or cannot do
/// without, calls commit(). An exception that leaves the guard's scope drops the change: half a change is not stored.
///
/// Encoding and decoding allocate; the copy keeps its address while the guard is moved.
template <class T>
requires(!relocatable<T>) class [[nodiscard]] Guard<T> : private detail::GuardBase {
 public:
  /// For the handles: takes over a lock to read. Throws decode_failed; the lock has then ended. `make_anew`: a `T{}` in the place of a value
  /// that cannot be decoded.
  Guard(detail::Handle handle, const void* payload, bool make_anew = false)
      : GuardBase(std::move(handle), const_cast<void*>(payload)),
        exceptions_(std::uncaught_exceptions()) {
    try {
      decode(payload, make_anew);
    } catch (...) {
      end_unchanged();
      throw;
    }
  }
  Guard(Guard&&) noexcept = default;
  Guard& operator=(Guard&& other) noexcept {
    if (this != &other) {
      release();
      take(std::move(other));
      copy_ = std::move(other.copy_);
      exceptions_ = other.exceptions_;
      made_anew_ = other.made_anew_;
    }
    return *this;
  }
  ~Guard() {
    if (std::uncaught_exceptions() > exceptions_) {
      discard();
    } else {
      release();
    }
  }

  /// The copy, to be changed.
  T& operator*() noexcept {
    changed_ = true;
    return *copy_;
  }
  T* operator->() noexcept { return &**this; }
  /// The copy, to be read.
  const T& operator*() const noexcept { return *copy_; }
  const T* operator->() const noexcept { return &**this; }

  /// Encodes the copy and puts it in the object's place, all or nothing, if there was access to change since the last commit. The guard goes on,
  /// also if this throws: out_of_memory; decode_failed if the value could not be decoded again (see docs/SERIALIZATION.md); what the type's
  /// own functions throw. The object then has the value that it had. Does nothing in a forked child.
  void commit() {
    if (value_ == nullptr || !changed_ || handle_.core().incarnation != incarnation_) {
      return;
    }
    const detail::TypeKey& key = detail::type_key<T>();
    detail::encode(std::as_const(*copy_), [&](auto bytes) {
      detail::Update update(handle_, key, detail::HeldLock{incarnation_});
      detail::write_blob(update.fresh(), key.fingerprint(), bytes);
      update.commit();
    });
    changed_ = false;
    made_anew_ = false;
  }

  /// As commit(), then unlocks. False if the change could not be stored: the object has the value that it had. The guard is then empty:
  /// dereferencing it is a mistake.
  bool release() noexcept {
    bool stored = true;
    try {
      commit();
    } catch (...) {
      stored = false;
    }
    discard();
    return stored;
  }
  /// Unlocks, and leaves the object as it is. The guard is then empty.
  void discard() noexcept {
    end_unchanged();
    copy_.reset();
  }

  /// For IpcArc::recover: the object cannot be decoded, and this is a `T{}` instead.
  bool is_made_anew() const noexcept { return made_anew_; }

 private:
  void decode(const void* payload, bool make_anew) {
    copy_ = std::make_unique<T>();
    try {
      detail::decode_into(*copy_, handle_, detail::copy_blob(handle_, payload),
                          detail::type_key<T>().fingerprint());
    } catch (const Error&) {
      if (!make_anew) {
        throw;
      }
      copy_ = std::make_unique<T>();
      made_anew_ = true;
    }
  }
  void end_unchanged() noexcept {
    changed_ = false;  // each commit has counted itself
    end();
  }

  std::unique_ptr<T> copy_;
  int exceptions_;
  bool made_anew_ = false;
};

/// A decoded copy of the object, to be read. It is of the moment at which it was taken, and locks nothing.
template <class T>
requires(!relocatable<T>) class [[nodiscard]] ReadGuard<T> {
 public:
  /// For the handles. Throws decode_failed, timed_out.
  ReadGuard(const detail::Handle& handle, bool frozen) : copy_(std::make_unique<T>()) {
    detail::Carrier<T>::read_into(*copy_, handle, frozen);
  }

  const T& operator*() const noexcept { return *copy_; }
  const T* operator->() const noexcept { return copy_.get(); }

  /// Drops the copy. The guard is then empty: dereferencing it is a mistake.
  void release() noexcept { copy_.reset(); }

 private:
  std::unique_ptr<T> copy_;
};

}  // namespace ipcarc
