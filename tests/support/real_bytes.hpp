// What a cache really has in a registry's heap.
#pragma once

#include <cstdint>
#include <string>

#include "ipcarc/registry.hpp"

namespace ipcarc::test {

/// Bytes of the blocks that the objects bound to a name that begins with `cache` and a slash own.
std::uint64_t real_bytes(const Registry& registry, const std::string& cache);

}  // namespace ipcarc::test
