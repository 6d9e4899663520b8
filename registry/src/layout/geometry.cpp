#include "layout/geometry.hpp"

#include <algorithm>
#include <bit>

#include "ipcarc/detail/entry_layout.hpp"
#include "layout/tables.hpp"

namespace ipcarc::detail {
namespace {

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t step) {
  return (value + step - 1) / step * step;
}

}  // namespace

Geometry compute_geometry(std::uint64_t file_bytes, std::uint32_t max_objects) noexcept {
  Geometry g{};
  const bool small = file_bytes < (std::uint64_t{4} << 20);
  g.page_shift = small ? 12 : 16;
  g.commit_shift = small ? 12 : file_bytes < (std::uint64_t{64} << 20) ? 16 : 21;
  g.file_bytes = file_bytes / 4096 * 4096;
  g.max_objects = max_objects;
  // At most half as many names as buckets, so that most chains are one entry long: each further one is a miss of the cache.
  g.bucket_count = std::bit_ceil(std::max<std::uint32_t>(2 * max_objects, 8));
  g.shard_count = std::clamp<std::uint32_t>(g.bucket_count / 64, 4, 256);
  g.types_bytes =
      std::clamp<std::uint64_t>(g.file_bytes / 32 / 4096 * 4096, 16384, std::uint64_t{16} << 20);

  // Each table starts on a page of the system, so that what is read often shares none with what is written often.
  std::uint64_t at = header_bytes;
  const auto place = [&at](std::uint64_t bytes) {
    const std::uint64_t offset = at;
    at = round_up(at + bytes, 4096);
    return offset;
  };
  const std::uint64_t steps = (g.file_bytes >> g.commit_shift) + 1;
  g.commit_map = place(round_up(steps, 64) / 8);
  g.participants = place(sizeof(Participant) * max_participants);
  g.shards = place(sizeof(Shard) * g.shard_count);
  g.buckets = place(sizeof(std::uint32_t) * g.bucket_count);
  g.committed_at_birth = at;
  g.types = place(g.types_bytes);
  g.entries = place(sizeof(Entry) * std::uint64_t{max_objects});
  g.links = place(Geometry::links_bytes(max_objects));
  g.name_tails = place(name_tail_bytes * max_objects);

  // What is left is divided so that each page has its descriptor, its bit and its tags.
  const std::uint64_t left = at < g.file_bytes ? g.file_bytes - at : 0;
  const std::uint64_t each =
      sizeof(Page) + sizeof(std::uint32_t) * g.tags_per_page() + g.page_bytes();
  const std::uint64_t slack = 4 * 4096 + g.page_bytes();
  const std::uint64_t pages = left > slack ? (left - slack) * 8 / (each * 8 + 1) : 0;
  g.page_count = static_cast<std::uint32_t>(std::min<std::uint64_t>(pages, 0xFFFFFFF0U));
  g.page_table = place(sizeof(Page) * std::uint64_t{g.page_count});
  g.free_map = place(round_up(g.page_count, 64) / 8);
  g.tags = place(sizeof(std::uint32_t) * std::uint64_t{g.page_count} * g.tags_per_page());
  at = round_up(at, g.page_bytes());
  g.heap = at;
  return g;
}

}  // namespace ipcarc::detail
