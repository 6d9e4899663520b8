#include "types/type_graph.hpp"

#include <utility>

namespace ipcarc::detail {

std::vector<TypeNode> type_graph(const TypeDescription& root) {
  std::vector<TypeNode> nodes;
  // Two libraries of one process may have a description each of the same type.
  const auto index_of = [&nodes](const TypeDescription& type) {
    for (std::size_t index = 0; index < nodes.size(); ++index) {
      if (nodes[index].type == &type ||
          (nodes[index].type->kind == type.kind && *nodes[index].type->type == *type.type)) {
        return index;
      }
    }
    nodes.push_back({&type, {}, {}});
    return nodes.size() - 1;
  };
  index_of(root);
  for (std::size_t index = 0; index < nodes.size(); ++index) {
    const TypeDescription& type = *nodes[index].type;
    std::vector<std::size_t> parts;
    for (std::size_t part = 0; part < type.part_count; ++part) {
      parts.push_back(index_of(type.parts[part].type()));
    }
    nodes[index].parts = std::move(parts);
    if (type.offsets != nullptr) {
      nodes[index].offsets.resize(type.part_count);
      type.offsets(nodes[index].offsets.data());
    }
  }
  return nodes;
}

}  // namespace ipcarc::detail
