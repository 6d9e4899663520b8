// All types that one is made of, each once, numbered as they are met: the order of fingerprints and
// layout texts.
#pragma once

#include <cstddef>
#include <vector>

#include <ipcarc/detail/type_description.hpp>

namespace ipcarc::detail {

struct TypeNode {
  const TypeDescription* type;
  std::vector<std::size_t> parts;    // indices
  std::vector<std::size_t> offsets;  // as many as parts, or none
};

/// The root is the first.
std::vector<TypeNode> type_graph(const TypeDescription& root);

}  // namespace ipcarc::detail
