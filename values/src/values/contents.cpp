#include "values/contents.hpp"

#include <algorithm>
#include <bit>

namespace ipcarc::detail {
namespace {

constexpr std::int64_t null_link = 1;        // of an offset_ptr
constexpr std::int64_t colour_bit = 2;       // of a tree's link to a parent
constexpr std::size_t max_tree_depth = 128;  // a red-black tree of 2^64 nodes is no deeper

bool is_map(const StoredType& type) {
  return type.shape == Shape::map || type.shape == Shape::flat_map ||
         type.shape == Shape::unordered_map;
}

[[noreturn]] void outside(std::uint64_t offset, std::uint64_t bytes) {
  throw Damage("it leads to " + std::to_string(bytes) + " bytes at offset " +
               std::to_string(offset) + ", which are not the object's");
}

void require(bool sound, const char* what) {
  if (!sound) {
    throw Damage(what);
  }
}

}  // namespace

void Contents::read(std::uint64_t offset, void* into, std::size_t bytes) const {
  if (!bytes_.read(offset, into, bytes)) {
    outside(offset, bytes);
  }
}

void Contents::require_inside(std::uint64_t offset, std::uint64_t bytes) const {
  if (!bytes_.holds(offset, bytes)) {
    outside(offset, bytes);
  }
}

std::uint64_t Contents::follow(std::uint64_t link, std::int64_t distance) const {
  return link + static_cast<std::uint64_t>(distance);
}

std::uint64_t Contents::mapped_offset(const StoredType& type) const noexcept {
  return aligned(layout_.part(type, 0).size, layout_.part(type, 1).align);
}

std::uint64_t Contents::element_align(const StoredType& type) const noexcept {
  const std::uint64_t first = layout_.part(type, 0).align;
  return is_map(type) ? std::max(first, layout_.part(type, 1).align) : first;
}

std::uint64_t Contents::element_bytes(const StoredType& type) const noexcept {
  return is_map(type)
             ? aligned(mapped_offset(type) + layout_.part(type, 1).size, element_align(type))
             : layout_.part(type, 0).size;
}

std::uint32_t Contents::flag(const StoredType& type, std::uint64_t offset) const {
  return type.flag_bytes == 1 ? at<std::uint8_t>(offset + type.flag_offset)
                              : at<std::uint16_t>(offset + type.flag_offset);
}

std::uint64_t Contents::first_of_vector(std::uint64_t offset, std::uint64_t count,
                                        std::uint64_t bytes_each) const {
  const std::uint64_t first = follow(offset, at<std::int64_t>(offset));
  require(count <= max_segment_bytes / bytes_each && bytes_.holds(first, count * bytes_each),
          "its elements do not lie in the object");
  return first;
}

TextAt Contents::text(const StoredType& type, std::uint64_t offset) const {
  if (type.shape == Shape::string) {
    constexpr std::int64_t inside = 8;
    constexpr std::uint8_t capacity_inside = 23;
    const auto distance = at<std::int64_t>(offset);
    if (distance == inside) {
      const auto spare = at<std::uint8_t>(offset + 8 + capacity_inside);
      require(spare <= capacity_inside, "a short string is longer than there is room");
      return {offset + 8, std::uint64_t{capacity_inside} - spare};
    }
    const auto size = at<std::uint64_t>(offset + 8);
    const auto capacity = at<std::uint64_t>(offset + 16);
    require(size <= capacity && capacity < max_segment_bytes &&
                bytes_.holds(follow(offset, distance), capacity + 1),
            "a string's characters do not lie in the object");
    return {follow(offset, distance), size};
  }
  const std::uint64_t bytes_each = layout_.part(type, 0).size;
  if (type.shape == Shape::fixed_array) {
    std::uint64_t count = 0;
    for (std::uint32_t character = 1; count < type.count; ++count) {
      character = 0;
      read(offset + count * bytes_each, &character,
           std::min<std::size_t>(bytes_each, sizeof character));
      if (character == 0) {
        break;
      }
    }
    return {offset, count};
  }
  const std::uint64_t count = this->count(type, offset);
  if (type.shape == Shape::static_vector) {
    return {offset + aligned(8, element_align(type)), count};
  }
  return {count == 0 ? offset : first_of_vector(offset, count, bytes_each), count};
}

std::uint64_t Contents::count(const StoredType& type, std::uint64_t offset) const {
  switch (type.shape) {
    case Shape::fixed_array:
      return type.count;
    case Shape::static_vector: {
      const auto size = at<std::uint64_t>(offset);
      require(size <= type.count, "a static_vector is longer than there is room");
      return size;
    }
    case Shape::deque:
      return at<std::uint64_t>(offset + 32);
    default:
      // Vectors, and Boost's lists, trees and tables alike.
      return at<std::uint64_t>(offset + 8);
  }
}

void Contents::for_each(const StoredType& type, std::uint64_t offset, const Visit& visit) const {
  switch (type.shape) {
    case Shape::fixed_array:
      in_a_row(offset, type.count, element_bytes(type), visit);
      break;
    case Shape::static_vector:
      in_a_row(offset + aligned(8, element_align(type)), count(type, offset), element_bytes(type),
               visit);
      break;
    case Shape::vector:
    case Shape::flat_set:
    case Shape::flat_map: {
      const std::uint64_t elements = count(type, offset);
      require(elements <= at<std::uint64_t>(offset + 16), "a vector is longer than its block");
      if (elements != 0) {
        in_a_row(first_of_vector(offset, elements, element_bytes(type)), elements,
                 element_bytes(type), visit);
      }
      break;
    }
    case Shape::deque:
    case Shape::stable_vector:
      of_links(type, offset, visit);
      break;
    case Shape::list:
      of_list(type, offset, visit);
      break;
    case Shape::map:
    case Shape::set:
      of_tree(type, offset, visit);
      break;
    case Shape::unordered_map:
    case Shape::unordered_set:
      of_buckets(type, offset, visit);
      break;
    default:
      break;
  }
}

void Contents::in_a_row(std::uint64_t first, std::uint64_t count, std::uint64_t bytes_each,
                        const Visit& visit) const {
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!visit(first + i * bytes_each)) {
      return;
    }
  }
}

void Contents::of_links(const StoredType& type, std::uint64_t offset, const Visit& visit) const {
  const std::uint64_t bytes_each = element_bytes(type);
  const bool blocks = type.shape == Shape::deque;
  const std::uint64_t per_block =
      blocks ? std::max<std::uint64_t>(4, std::bit_floor(1024 / bytes_each)) : 1;
  const std::uint64_t begin = blocks ? at<std::uint64_t>(offset + 24) : 0;
  const std::uint64_t elements = count(type, offset);
  const auto links = at<std::uint64_t>(offset + 8);
  if (elements == 0) {
    return;
  }
  const std::uint64_t first = first_of_vector(offset, links, 8);
  require(begin <= max_segment_bytes && elements <= max_segment_bytes &&
              (begin + elements - 1) / per_block < links,
          "it has more elements than blocks for them");
  for (std::uint64_t i = begin; i < begin + elements; ++i) {
    const std::uint64_t link = first + i / per_block * 8;
    const auto distance = at<std::int64_t>(link);
    require(distance != 0, "a block of elements is missing");
    if (!visit(follow(link, distance) + i % per_block * bytes_each)) {
      return;
    }
  }
}

void Contents::of_list(const StoredType& type, std::uint64_t offset, const Visit& visit) const {
  const std::uint64_t header = offset + 16;
  const std::uint64_t value = aligned(16, element_align(type));
  const std::uint64_t elements = count(type, offset);
  std::uint64_t node = follow(header, at<std::int64_t>(header));
  for (std::uint64_t i = 0; i < elements; ++i) {
    require(node != header, "a list ends early");
    const auto next = at<std::int64_t>(node);
    if (!visit(node + value)) {
      return;
    }
    node = follow(node, next);
  }
  require(elements == 0 || node == header, "a list does not end");
}

void Contents::of_tree(const StoredType& type, std::uint64_t offset, const Visit& visit) const {
  const std::uint64_t root_link = offset + 16;
  const std::uint64_t value = aligned(24, element_align(type));
  const std::uint64_t elements = count(type, offset);
  const auto child = [this](std::uint64_t link, std::int64_t distance) {
    return distance == null_link ? 0 : follow(link, distance);
  };
  // In order, by the links to children alone: those to parents are not asked, so they cannot mislead.
  std::uint64_t waiting[max_tree_depth];
  std::size_t depth = 0;
  std::uint64_t visited = 0;
  std::uint64_t node = child(root_link, at<std::int64_t>(root_link) & ~colour_bit);
  while (node != 0 || depth != 0) {
    if (node != 0) {
      require(depth < max_tree_depth, "a tree is deeper than any can be");
      waiting[depth++] = node;
      node = child(node + 8, at<std::int64_t>(node + 8));
      continue;
    }
    node = waiting[--depth];
    require(++visited <= elements, "a tree has more nodes than it says");
    if (!visit(node + value)) {
      return;
    }
    node = child(node + 16, at<std::int64_t>(node + 16));
  }
  require(visited == elements, "a tree has fewer nodes than it says");
}

void Contents::of_buckets(const StoredType& type, std::uint64_t offset, const Visit& visit) const {
  const std::uint64_t value = aligned(8, element_align(type));
  const std::uint64_t elements = count(type, offset);
  const auto buckets = at<std::uint64_t>(offset + 48);
  if (elements == 0) {
    return;
  }
  const auto distance = at<std::int64_t>(offset + 56);
  const std::uint64_t first = follow(offset + 56, distance);
  require(
      distance != null_link && buckets <= max_segment_bytes / 8 && bytes_.holds(first, buckets * 8),
      "a table's buckets do not lie in the object");
  std::uint64_t visited = 0;
  for (std::uint64_t bucket = 0; bucket < buckets && visited < elements; ++bucket) {
    std::uint64_t link = first + bucket * 8;
    for (auto next = at<std::int64_t>(link); next != null_link; next = at<std::int64_t>(link)) {
      link = follow(link, next);
      require(++visited <= elements, "a table has more nodes than it says");
      if (!visit(link + value)) {
        return;
      }
    }
  }
  require(visited == elements, "a table has fewer nodes than it says");
}

}  // namespace ipcarc::detail
