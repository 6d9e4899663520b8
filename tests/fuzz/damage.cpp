#include "fuzz/damage.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "layout/tables.hpp"
#include "segment/registry_file.hpp"

namespace ipcarc::fuzz {
namespace {

using detail::Entry;
using detail::Geometry;
using detail::Header;
using detail::Page;
using detail::Participant;
using detail::Shard;

class Input {
 public:
  explicit Input(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  /// Little-endian; zero behind the end.
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    const std::size_t count = std::min(bytes, bytes_.size());
    std::memcpy(&value, bytes_.data(), count);
    bytes_ = bytes_.subspan(count);
    return value;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

struct Table {
  std::uint64_t offset;
  std::uint64_t record_bytes;
  std::uint64_t records;
};

/// Where the metadata lies, as far as it is used at all.
std::array<Table, 13> tables(const Geometry& g) {
  return {{
      {0, 8, offsetof(Header, heap) / 8},  // what does not change
      {offsetof(Header, heap), 8, (sizeof(Header) - offsetof(Header, heap)) / 8},
      {g.commit_map, 8, 8},
      {g.participants, sizeof(Participant), 8},
      {g.shards, sizeof(Shard), g.shard_count},
      {g.buckets, 4, g.bucket_count},
      {g.types, 8, 512},
      {g.entries, sizeof(Entry), 20},
      {g.links, 4, Geometry::links_block},
      {g.name_tails, detail::name_tail_bytes, 20},
      {g.page_table, sizeof(Page), 32},
      {g.free_map, 8, 1},
      {g.tags, 4, std::uint64_t{16} * g.tags_per_page()},
  }};
}

// What a word may become that some code takes for something.
std::uint64_t interesting(std::uint64_t choice, const Geometry& g) {
  const std::uint64_t values[] = {0,
                                  1,
                                  2,
                                  3,
                                  0xFF,
                                  0xFFFF,
                                  0x7FFFFFFF,
                                  0x80000000,
                                  0xFFFFFFFF,
                                  0x40000000,  // an owner died
                                  0x40000001,
                                  0x3FFFFFFF,  // a thread that is gone
                                  1ULL << 32,
                                  1ULL << 63,
                                  ~0ULL,
                                  g.heap,
                                  g.heap + g.page_bytes(),
                                  g.heap + 64,
                                  g.file_bytes,
                                  g.file_bytes - 8,
                                  g.entries,
                                  g.page_table,
                                  g.max_objects,
                                  g.page_count,
                                  128,
                                  144};
  return values[choice % std::size(values)];
}

/// A place of `bytes` near the start of a block: its header, which is metadata, the arena behind it, or the value.
std::byte* place_in_block(Input& input, Image& image, std::size_t bytes) {
  const Image::Block block = image.blocks[input.number(1) % image.blocks.size()];
  const std::uint64_t within = input.number(1) % 128 / bytes * bytes;
  image.values_damaged |= within + bytes > block.header_bytes;
  return image.at(block.offset + within, bytes);
}

/// A place of `bytes` in the metadata; null if it is a hole.
std::byte* place(Input& input, Image& image, std::size_t bytes) {
  const auto all = tables(image.geometry);
  const std::uint64_t choice = input.number(1);
  constexpr std::uint64_t block_choices = 40;
  if (choice >= 256 - block_choices) {
    return place_in_block(input, image, bytes);
  }
  const Table& table = all[choice % all.size()];
  const std::uint64_t record = input.number(1 + (table.records > 256)) % table.records;
  const std::uint64_t within =
      table.record_bytes > 8 ? input.number(1) % (table.record_bytes - 8) : 0;
  return image.at(table.offset + record * table.record_bytes + within / bytes * bytes, bytes);
}

void change(Input& input, Image& image) {
  const auto what = input.number(1);
  const std::size_t bytes = std::size_t{1} << ((what >> 4) % 4);
  std::byte* const at = place(input, image, bytes);
  if (at == nullptr) {
    return;
  }
  std::uint64_t word = 0;
  std::memcpy(&word, at, bytes);
  switch (what % 8) {
    case 0:
    case 1:
      word ^= std::uint64_t{1} << (input.number(1) % (bytes * 8));
      break;
    case 2:
    case 3:
      word = interesting(input.number(1), image.geometry);
      break;
    case 4:
      word = input.number(bytes);
      break;
    case 5:
      word += input.number(1) - 128;
      break;
    default:
      if (const std::byte* const from = place(input, image, bytes); from != nullptr) {
        std::memcpy(&word, from, bytes);
      }
  }
  std::memcpy(at, &word, bytes);
  if (what % 8 == 7) {
    // A longer piece from elsewhere.
    constexpr std::size_t longest = 64;
    std::byte* const to = place(input, image, longest);
    const std::byte* const from = place(input, image, longest);
    if (to != nullptr && from != nullptr) {
      std::memmove(to, from, longest);
    }
  }
}

}  // namespace

Image damaged_segment(std::span<const std::uint8_t> bytes, const std::string& directory) {
  Input input(bytes);
  const auto first = input.number(1);
  Image image = base_segment(first % base_count, directory);
  for (int i = 0; i < 64 && !input.empty(); ++i) {
    change(input, image);
  }
  Header header;
  std::byte* const start = image.at(0, sizeof header);
  std::memcpy(static_cast<void*>(&header), start, sizeof header);
  if (first % 16 >= 4) {
    // Three of four: as one who means it would.
    const std::uint64_t sum = detail::header_checksum(header);
    std::memcpy(start + offsetof(Header, checksum), &sum, sizeof sum);
  }
  return image;
}

}  // namespace ipcarc::fuzz
