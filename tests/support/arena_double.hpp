// A double of the arenas, for tests of the containers: several fake segments, each with several
// arenas, each mapped twice.
//
// It defines arena_of, arena_allocate and arena_deallocate, so it takes the place of the heap at
// link time. It aborts with a sentence on memory that is given back to another arena, with another
// size or alignment, or twice; fills and, under ASan, poisons what is not allocated; and fails on
// demand. Single-threaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ipcarc/detail/arena.hpp>

#include "support/escape_checker.hpp"

namespace ipcarc::test {

/// A sparse file in memory, mapped at two addresses, cut into arenas of `arena_bytes` of address
/// space each.
class FakeSegment {
 public:
  static constexpr std::size_t arena_bytes = std::size_t{1} << 30;
  /// Nothing is mapped this near before and after a segment, so that small numbers, and pairs of
  /// small 32-bit ones, are no distances out of it.
  static constexpr std::size_t gap_bytes = std::size_t{1} << 39;

  explicit FakeSegment(std::size_t arena_count);
  FakeSegment(const FakeSegment&) = delete;
  FakeSegment& operator=(const FakeSegment&) = delete;
  ~FakeSegment();

  [[nodiscard]] detail::Arena* arena(std::size_t index) const noexcept;
  [[nodiscard]] std::size_t arena_count() const noexcept { return arena_count_; }
  /// The whole segment, as mapped for work.
  [[nodiscard]] Range range() const noexcept { return {base_, arena_count_ * arena_bytes}; }
  /// The part of an arena that was ever used.
  [[nodiscard]] Range used(std::size_t index) const noexcept;
  /// The second mapping; it can only be read.
  [[nodiscard]] Range mirror_range() const noexcept {
    return {mirror_, arena_count_ * arena_bytes};
  }
  /// The same object through the second mapping.
  template <class T>
  [[nodiscard]] const T& mirrored(const T& object) const noexcept {
    return *reinterpret_cast<const T*>(mirror_ +
                                       (reinterpret_cast<const std::byte*>(&object) - base_));
  }

 private:
  std::size_t arena_count_;
  std::byte* base_ = nullptr;
  std::byte* mirror_ = nullptr;
};

/// An object of type T in memory of an arena (null: of the process's heap), destroyed at the end of
/// its scope.
template <class T>
class Placed {
 public:
  template <class... A>
  explicit Placed(detail::Arena* arena, A&&... arguments)
      : arena_(arena),
        object_(static_cast<T*>(detail::arena_allocate(arena, sizeof(T), alignof(T)))) {
    try {
      ::new (static_cast<void*>(object_)) T(static_cast<A&&>(arguments)...);
    } catch (...) {
      detail::arena_deallocate(arena_, object_, sizeof(T), alignof(T));
      throw;
    }
  }
  Placed(const Placed&) = delete;
  Placed& operator=(const Placed&) = delete;
  ~Placed() {
    object_->~T();
    detail::arena_deallocate(arena_, object_, sizeof(T), alignof(T));
  }
  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }

 private:
  detail::Arena* arena_;
  T* object_;
};

/// How many blocks the arena (null: the process's heap, by way of arena_allocate) has given out and
/// not got back.
std::size_t live_blocks(const detail::Arena* arena);
/// The block that contains the address, or an empty range; `arena` becomes its owner.
Range block_at(const void* address, const detail::Arena*& arena);
/// The blocks of the process's heap that are in use.
std::vector<Range> private_blocks();
/// Lets `count` more allocations succeed, whatever the arena, and fails all after them with
/// std::bad_alloc.
void fail_allocations_after(std::size_t count);
/// Ends that.
void allow_allocations();
/// How many allocations there were since the start.
std::size_t allocation_count();

}  // namespace ipcarc::test
