// The default hash of the unordered containers.
//
// It must give the same in every process that attaches: std::hash and boost::hash of values do (no
// seed, one libstdc++), a hash of an address does not.
#pragma once

#include <concepts>
#include <functional>
#include <type_traits>

#include <boost/container_hash/hash.hpp>

#include <ipcarc/containers/string.hpp>

namespace ipcarc {
namespace detail {

template <class Key>
concept std_hashable = requires(const Key& key) {
  { std::hash<Key>{}(key) } -> std::convertible_to<std::size_t>;
};

template <class Key>
struct choose_hash {
  using type = boost::hash<Key>;
};
template <std_hashable Key>
struct choose_hash<Key> {
  using type = std::hash<Key>;
};
template <>
struct choose_hash<string> {
  using type = string_hash;
};

}  // namespace detail

/// `string_hash` for strings, std::hash where there is one, else boost::hash (pairs, tuples,
/// optionals, ranges).
template <class Key>
using default_hash = typename detail::choose_hash<Key>::type;

}  // namespace ipcarc
