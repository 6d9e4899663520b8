// The check of the heap: page words, tags and free map against each other and
// against the commit map, read from the file, whatever its bytes are.
//
// Blocks that a region's chain leads to are marked by who walks the chains;
// what is tagged and not marked is handed back, since only the directory knows
// whether that is damage.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <unordered_map>

#include "heap/page_table.hpp"
#include "participants/standing.hpp"
#include "segment/findings.hpp"
#include "segment/segment_reader.hpp"

namespace ipcarc::detail {

class HeapCheck {
 public:
  HeapCheck(const SegmentReader& reader, const Standings& standings, Findings& findings);

  /// Pages that have descriptors, as far as the segment can be believed.
  std::uint32_t limit() const noexcept { return limit_; }

  /// What lies at `offset`, any number, at this moment.
  BlockAt locate(std::uint64_t offset) const noexcept;
  /// Notes that a chain leads to the block. False if one did before.
  bool mark(const BlockAt& block);

  /// Walks the page table. Calls `stray` for each block or run in use that is
  /// not marked.
  void run(const std::function<void(const BlockAt&)>& stray);
  /// Calls `visit` for each block or run in use that is not marked, and judges
  /// nothing.
  void for_each_block(const std::function<void(const BlockAt&)>& visit);

 private:
  static constexpr std::uint32_t batch = 1024;  // pages

  PageWord word(std::uint32_t page) const noexcept;
  bool is_small(PageWord word) const noexcept;
  bool is_run(PageWord word, std::uint32_t page) const noexcept;
  std::uint32_t head_of(PageWord tail, std::uint32_t page) const noexcept;
  bool is_tail_of_none(PageWord word, std::uint32_t page) const noexcept;
  std::uint64_t tags_at(std::uint32_t page) const noexcept;

  Severity of_the_run_mutex() const noexcept;
  void look_at_page(std::uint32_t page, Look& look) const;
  void look_at_small(std::uint32_t page, PageWord word, Look& look) const;
  void look_at_run(std::uint32_t page, PageWord word, Look& look) const;
  void look_at_tags(std::uint32_t page, PageWord word, Look& look) const;
  void count_blocks(std::uint32_t page, const std::function<void(const BlockAt&)>& stray);

  const SegmentReader& reader_;
  const Geometry& geometry_;
  const Standings& standings_;
  Findings& findings_;
  std::uint32_t limit_ = 0;
  unsigned classes_;
  // By page: a bit for each place where a block can start.
  std::unordered_map<std::uint32_t, std::array<std::uint64_t, 16>> marked_;
};

}  // namespace ipcarc::detail
