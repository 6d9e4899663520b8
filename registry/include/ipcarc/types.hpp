// The types that may be shared: which they are, and how two programs find out that they mean the
// same one.
//
// All of this is about types, not objects: nothing here reads or writes a segment, blocks, or
// depends on the process.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include <ipcarc/detail/fingerprint.hpp>
#include <ipcarc/detail/layout_text.hpp>
#include <ipcarc/detail/refusal.hpp>
#include <ipcarc/detail/relocatable.hpp>
#include <ipcarc/detail/value_kind.hpp>
#include <ipcarc/sync.hpp>

namespace ipcarc {

/// `T` may lie in a segment as it is: scalars, arrays, the in-place templates of `std`, the
/// containers of this library, and aggregates of such. What is not goes through serialization, or
/// is refused with a sentence that names the member.
template <class T>
concept relocatable = detail::is_relocatable<std::remove_cv_t<T>>();

}  // namespace ipcarc
