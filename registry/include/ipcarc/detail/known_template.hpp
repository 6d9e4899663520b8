// Class templates whose composition the library knows: they enter fingerprints by a fixed tag and their
// arguments, never by a compiler's spelling of their name.
#pragma once

#include <string_view>

namespace ipcarc::detail {

template <class... T>
struct type_list {};

/// The primary: not a known template. A specialisation has
/// - `value = true`,
/// - `tag`: the fixed spelling, e.g. `"ipcarc::vector"`,
/// - `arguments`: a `type_list` of the types it is composed of (those whose layout matters),
/// - `allocates`: true for a container that takes memory from its arena,
/// - `relocatable`: whether it may lie in a segment if all its arguments may.
template <class T>
struct known_template {
  static constexpr bool value = false;
};

}  // namespace ipcarc::detail
