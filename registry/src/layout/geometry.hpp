// The segment's map: where each table lies, computed from three numbers and nothing else.
//
//   header | commit map | participants | shards | buckets | types | entries | links | name tails | page table | free map | tags | heap
//
// A Geometry is a pure function of (file_bytes, max_objects): an opener computes it again and compares, so that no
// offset that a broken file claims is ever believed.
//
// Everything up to and including `buckets` is committed at birth (`committed_at_birth`). The other tables and the heap are
// committed in steps of 2^commit_shift bytes, each with its bit in the commit map.
#pragma once

#include <bit>
#include <cstdint>

namespace ipcarc::detail {

inline constexpr std::uint32_t layout_version = 3;
inline constexpr std::uint64_t segment_magic = 0x3163726163706900ULL;  // "\0ipcarc1", little-endian

inline constexpr std::uint64_t header_bytes = 4096;
inline constexpr std::uint64_t min_segment_bytes = 256 * 1024;
inline constexpr std::uint64_t max_segment_bytes = std::uint64_t{1} << 46;
inline constexpr std::uint32_t min_block_bytes = 64;  // one tag for each this many bytes of a page
inline constexpr std::uint64_t name_tail_bytes =
    200;  // a whole name longer than what an entry has room for

struct Geometry {
  std::uint64_t file_bytes;
  std::uint64_t commit_map;    // std::atomic<u64>[], one bit a step of the whole file
  std::uint64_t participants;  // Participant[max_participants]
  std::uint64_t shards;        // Shard[shard_count]
  std::uint64_t buckets;       // std::atomic<u32>[bucket_count], link to the first entry; 0: empty
  std::uint64_t committed_at_birth;  // bytes from the start of the file
  std::uint64_t types;               // the type log, types_bytes of it
  std::uint64_t types_bytes;
  std::uint64_t entries;  // Entry[max_objects]
  std::uint64_t
      links;  // std::atomic<u32>[max_objects], from each entry to the next of its chain; 0: the end
  std::uint64_t name_tails;  // name_tail_bytes for each entry; used by long names only
  std::uint64_t page_table;  // Page[page_count]
  std::uint64_t free_map;    // std::atomic<u64>[], one bit a page
  std::uint64_t tags;        // std::atomic<u32>[page_count][tags_per_page]
  std::uint64_t heap;        // pages
  std::uint32_t max_objects;
  std::uint32_t bucket_count;  // a power of two
  std::uint32_t shard_count;   // a power of two, at most bucket_count
  std::uint32_t page_count;
  std::uint32_t page_shift;    // 16; 12 in small segments
  std::uint32_t commit_shift;  // 21; 16 or 12 in small segments

  constexpr std::uint64_t page_bytes() const { return std::uint64_t{1} << page_shift; }
  constexpr std::uint32_t tags_per_page() const {
    return static_cast<std::uint32_t>(page_bytes() / min_block_bytes);
  }
  constexpr std::uint64_t commit_bytes() const { return std::uint64_t{1} << commit_shift; }
  constexpr std::uint64_t page_offset(std::uint32_t page) const {
    return heap + (static_cast<std::uint64_t>(page) << page_shift);
  }

  /// A link: the index of the entry that it leads to, plus one, in the bits that this mask has; in the others those of the name's hash. So a
  /// walk reads an entry only when the hash may be the one it looks for.
  constexpr std::uint32_t index_mask() const {
    return static_cast<std::uint32_t>(std::bit_ceil(std::uint64_t{max_objects} + 1) - 1);
  }
  constexpr std::uint32_t link_to(std::uint32_t index, std::uint32_t hash) const {
    return (hash & ~index_mask()) | (index + 1);
  }
  // Entries that different processes make and drop at one time are often neighbours; their links are not, or they would carry one cache
  // line to and fro. So each 256 links are 16 lines, and the next entry's is five lines on.
  static constexpr std::uint32_t links_block = 256;
  static constexpr std::uint32_t link_place(std::uint32_t index) {
    return (index & ~(links_block - 1)) | (index * 5 % 16) << 4 | (index >> 4) % 16;
  }
  /// The offset of the link behind an entry.
  constexpr std::uint64_t link_behind(std::uint32_t index) const {
    return links + std::uint64_t{link_place(index)} * sizeof(std::uint32_t);
  }
  /// The bytes in which those of the first `count` entries lie.
  static constexpr std::uint64_t links_bytes(std::uint64_t count) {
    return (count + links_block - 1) / links_block * links_block * sizeof(std::uint32_t);
  }
  /// No index that there is, if the link is damaged.
  constexpr std::uint32_t index_of(std::uint32_t link) const { return (link & index_mask()) - 1; }

  friend constexpr bool operator==(const Geometry&, const Geometry&) = default;
};

/// The map of a segment of `file_bytes` (rounded down to whole pages) for `max_objects` objects. Pure. `page_count` is 0 if the
/// tables leave no room for a single page.
Geometry compute_geometry(std::uint64_t file_bytes, std::uint32_t max_objects) noexcept;

}  // namespace ipcarc::detail
