// Links that hold at any mapping address: a target's distance from the object that holds the link.
//
// Private to the containers. The arithmetic goes through integers, so that a compiler does not
// conclude that the target lies inside the object that holds the link.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

namespace ipcarc::detail {

/// What lies `distance` bytes from `base`.
template <class T>
T* at_distance(const void* base, std::int64_t distance) noexcept {
  return reinterpret_cast<T*>(reinterpret_cast<std::uintptr_t>(base) +
                              static_cast<std::uintptr_t>(distance));
}

/// How many bytes `target` lies from `base`.
inline std::int64_t distance_to(const void* base, const void* target) noexcept {
  return static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(target) -
                                   reinterpret_cast<std::uintptr_t>(base));
}

/// Reaches the private parts of the containers: for relocation here, and for tools and tests that
/// walk what is stored (`storage_arena(container)`, `storage_blocks(container, visit)`).
struct access {
  /// Moves `*from` to the raw memory at `to` and ends its life, with no call to any arena.
  template <class C>
  static void relocate(C* from, void* to) noexcept {
    from->relocate_to(to);
  }
  /// The arena that the container remembers; only for those that remember one.
  template <class C>
  static auto storage_arena(const C& container) noexcept {
    return container.storage_arena();
  }
  /// Calls `visit(address, bytes)` for each block of memory that the container can name.
  template <class C, class Visit>
  static void storage_blocks(const C& container, Visit&& visit) {
    container.storage_blocks(std::forward<Visit>(visit));
  }
};

/// True for a class of ours that can change its address without asking an arena.
template <class T>
inline constexpr bool relocates_itself = false;

/// True where relocation can neither throw nor allocate.
template <class T>
inline constexpr bool relocates_cheaply = std::is_trivially_copyable_v<T> || relocates_itself<T>;

/// Moves the `count` elements at `from` to the raw memory at `to` and ends their lives; the two may
/// overlap if T relocates cheaply. Otherwise a throwing move leaves `to` raw, and all of `from`
/// alive, some of it moved from.
template <class T>
void relocate(T* from, std::size_t count, T* to) {
  if constexpr (std::is_trivially_copyable_v<T>) {
    if (count != 0) {
      std::memmove(static_cast<void*>(to), static_cast<const void*>(from), count * sizeof(T));
    }
  } else if constexpr (relocates_itself<T>) {
    if (to < from) {
      for (std::size_t i = 0; i != count; ++i) {
        access::relocate(from + i, to + i);
      }
    } else if (to > from) {
      for (std::size_t i = count; i-- != 0;) {
        access::relocate(from + i, to + i);
      }
    }
  } else {
    std::uninitialized_move_n(from, count, to);
    std::destroy_n(from, count);
  }
}

}  // namespace ipcarc::detail
