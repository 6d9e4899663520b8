// The types that may be shared: which they are, and how two programs find out that they mean the
// same one.
//
// All of this is about types, not objects: nothing here reads or writes a segment, blocks, or
// depends on the process.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <ipcarc/detail/fingerprint.hpp>
#include <ipcarc/detail/layout_text.hpp>
#include <ipcarc/detail/refusal.hpp>
#include <ipcarc/detail/relocatable.hpp>

namespace ipcarc {

/// `T` may lie in a segment as it is: scalars, arrays, the in-place templates of `std`, the
/// containers of this library, and aggregates of such. What is not goes through serialization, or
/// is refused with a sentence that names the member.
template <class T>
concept relocatable = detail::is_relocatable<std::remove_cv_t<T>>();

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

namespace ipcarc::detail {

/// Whether a `T` in a segment has an arena of its own to allocate from.
template <class T>
inline constexpr bool needs_arena = !std::is_trivially_copyable_v<T> && !is_sync<T>;

}  // namespace ipcarc::detail
