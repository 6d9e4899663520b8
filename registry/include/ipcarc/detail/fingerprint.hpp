// Fingerprints: one number for a type's layout, so that two programs find out at run time whether
// they mean the same.
//
// The number is a hash (XXH3) of how the type is shared (value_kind.hpp), and of the description of
// it and of all that it is made of: kinds, sizes, alignments, offsets, members' names and types,
// mangled names of classes, tags of known templates, and the version of Boost if a container is
// among them. g++ and clang++ give the same.
// Computed once a type and process; then a call is a load and a branch.
#pragma once

#include <atomic>
#include <cstdint>

#include <boost/version.hpp>

#include <ipcarc/detail/export.hpp>
#include <ipcarc/detail/made_once.hpp>
#include <ipcarc/detail/type_description.hpp>
#include <ipcarc/detail/value_kind.hpp>

namespace ipcarc::detail {

/// Never 0. `boost_version` is that of the program that instantiates the containers. Allocates.
IPCARC_EXPORT std::uint64_t hash_layout(const TypeDescription& root, ValueKind kind,
                                        unsigned boost_version);

}  // namespace ipcarc::detail

namespace ipcarc {

/// The number of `T`'s layout: equal in two programs if and (but for a collision of 64 bits) only
/// if they lay out `T`, and all that it is made of, alike and call it alike, and share `T` in the
/// same way: as trivially copyable, as a sync type, or as neither. Does not compile for a type that
/// only one translation unit can name. Thread-safe; allocates at the first call for a `T`.
template <class T>
std::uint64_t fingerprint() {
  static constinit std::atomic<std::uint64_t> value{0};
  return detail::number_made_once(value, [] {
    return detail::hash_layout(detail::describe_plain<T>(), detail::value_kind<T>(), BOOST_VERSION);
  });
}

}  // namespace ipcarc
