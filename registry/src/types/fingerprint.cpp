#include <ipcarc/detail/fingerprint.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <xxhash.h>

#include "types/type_graph.hpp"

namespace ipcarc::detail {

namespace {

/// Bytes to be hashed, each item with its length so that no two sequences of items are the same
/// bytes.
class HashedBytes {
 public:
  void add(std::uint64_t number) {
    for (int byte = 0; byte < 8; ++byte) {
      bytes_ += static_cast<char>((number >> (8 * byte)) & 0xff);
    }
  }
  void add(std::string_view text) {
    add(std::uint64_t{text.size()});
    bytes_ += text;
  }
  std::uint64_t hash() const { return XXH3_64bits(bytes_.data(), bytes_.size()); }

 private:
  std::string bytes_;
};

bool is_known_by_name(TypeKind kind) {
  switch (kind) {
    case TypeKind::character:
    case TypeKind::enumeration:
    case TypeKind::structure:
    case TypeKind::opaque:
    case TypeKind::name:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::uint64_t hash_layout(const TypeDescription& root, ValueKind kind, unsigned boost_version) {
  constexpr std::uint64_t format = 2;
  HashedBytes bytes;
  bytes.add(format);
  bytes.add(static_cast<std::uint64_t>(kind));
  bool allocates = false;
  for (const TypeNode& node : type_graph(root)) {
    const TypeDescription& type = *node.type;
    allocates = allocates || type.allocates;
    bytes.add(static_cast<std::uint64_t>(type.kind));
    if (is_known_by_name(type.kind)) {
      name_of(*type.type);  // ends the process if the name is private
      bytes.add(std::string_view(type.type->name()));
    }
    bytes.add(type.tag);
    bytes.add(std::uint64_t{type.size});
    bytes.add(std::uint64_t{type.alignment});
    bytes.add(static_cast<std::uint64_t>(type.value));
    bytes.add(std::uint64_t{type.discriminator_bytes});
    bytes.add(std::uint64_t{type.discriminator_offset});
    bytes.add(std::uint64_t{type.base_count});
    bytes.add(std::uint64_t{node.parts.size()});
    for (std::size_t part = 0; part < node.parts.size(); ++part) {
      bytes.add(type.parts[part].name);
      bytes.add(std::uint64_t{node.parts[part]});
      bytes.add(std::uint64_t{node.offsets.empty() ? 0 : node.offsets[part]});
    }
  }
  if (allocates) {
    bytes.add(std::uint64_t{boost_version});
  }
  const std::uint64_t hash = bytes.hash();
  return hash == 0 ? 1 : hash;
}

}  // namespace ipcarc::detail
