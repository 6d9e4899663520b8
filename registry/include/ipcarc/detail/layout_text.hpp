// Layouts as text: what a program that never saw `T` needs to read an object of it. Stored once a
// type in the segment.
//
// JSON without blanks: {"root":0,"value":"arena","boost":108100,"types":[TYPE,...]}; "value", how
// the root is shared, is "trivial", "arena" or "sync"; "boost" is there only if a container is
// among the types. Each TYPE has "kind", "name" (for people), and but for constants and names
// "size" and "align". Types are referred to by their index. By kind:
//   bool | char | int | uint | float   no more; a char is of any width
//   enum      "type": the integer beneath
//   array     "type", "count": a C array
//   struct    "members": [{"name","offset","type"}], bases first, with "base":true
//   template  "tag" (ipcarc::vector, std::optional, ...), "arguments": [index];
//             "allocates":true for containers; "offsets" of the arguments' values (pair, tuple);
//             "flag" {"offset","size"} where an optional says whether it is set, and a variant
//             which alternative it holds (from 0), their values lying at offset 0;
//             std::complex: two values of its argument, one after the other
//   constant  "value": an argument that is a number (extent, ratio)
//   opaque    known by name and size only; "arguments" of a class template
//   name      known by name only
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include <boost/version.hpp>

#include <ipcarc/detail/export.hpp>
#include <ipcarc/detail/made_once.hpp>
#include <ipcarc/detail/type_description.hpp>
#include <ipcarc/detail/value_kind.hpp>

namespace ipcarc::detail {

/// The layout of `root` in the form above. Allocates.
IPCARC_EXPORT std::string layout_text(const TypeDescription& root, ValueKind kind,
                                      unsigned boost_version);

/// What a person calls the type. Allocates.
IPCARC_EXPORT std::string readable_name(const TypeDescription& type);

/// Both layouts beside each other, a line a member, the first difference marked. A text that is no
/// layout is said to be none; never throws but for lack of memory.
IPCARC_EXPORT std::string describe_mismatch(std::string_view expected, std::string_view found);

}  // namespace ipcarc::detail

namespace ipcarc {

/// The layout of `T` as JSON (see layout_text.hpp), valid until the process ends. Thread-safe;
/// allocates at the first call for a `T`.
template <class T>
std::string_view layout_of() {
  static constinit std::atomic<const std::string*> text{nullptr};
  return detail::made_once(text, [] {
    return detail::layout_text(detail::describe_plain<T>(), detail::value_kind<T>(), BOOST_VERSION);
  });
}

/// The name of `T`, the same whichever compiler built the program: `app::Config`,
/// `ipcarc::vector<int32>`. Valid until the process ends. Thread-safe; allocates at the first call
/// for a `T`.
template <class T>
std::string_view type_name() {
  static constinit std::atomic<const std::string*> name{nullptr};
  return detail::made_once(name, [] { return detail::readable_name(detail::describe_plain<T>()); });
}

}  // namespace ipcarc
