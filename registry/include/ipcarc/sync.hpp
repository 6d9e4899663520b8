// Types that do their own synchronising, whose handles give direct access.
//
// Part of <ipcarc/types.hpp>.
#pragma once

#include <atomic>

namespace ipcarc {

/// True for types whose every member function may be called by several processes at once: a handle
/// to one gives direct access, with no lock. Specialise as true for a type of your own that is; it
/// may hold no container.
template <class T>
inline constexpr bool is_sync = false;
template <class T>
inline constexpr bool is_sync<const T> = is_sync<T>;
template <class T>
inline constexpr bool is_sync<std::atomic<T>> = std::atomic<T>::is_always_lock_free;

}  // namespace ipcarc
