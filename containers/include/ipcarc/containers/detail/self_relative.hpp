// Links that hold at any mapping address: a target's distance from the object that holds the link.
//
// Private to the containers. The arithmetic goes through integers, so that a compiler does not
// conclude that the target lies inside the object that holds the link.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <ipcarc/containers/detail/relocate.hpp>

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

/// Reaches the private parts of the containers, for what walks stored contents.
struct access {
  template <class C>
  static void relocate(C* from, void* to) noexcept {
    from->relocate_to(to);
  }
  /// The arena that a container over Boost remembers.
  template <class C>
  static auto storage_arena(const C& container) noexcept -> decltype(container.storage_arena()) {
    return container.storage_arena();
  }
  /// Calls `visit(address, bytes)` for each block that one of our own classes holds.
  template <class C, class Visit>
  static auto storage_blocks(const C& container, Visit&& visit)
      -> decltype(container.storage_blocks(visit)) {
    container.storage_blocks(std::forward<Visit>(visit));
  }
};

template <class C>
void self_relocator<C>::move(C* from, void* to) noexcept {
  access::relocate(from, to);
}

}  // namespace ipcarc::detail
