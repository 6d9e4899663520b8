// The segment's heap as this process uses it: blocks of size classes on pages, and runs of pages.
//
// Truth: the page words and the tags. A block is taken by one store of its owner's tag, on a page
// claimed without waiting; a run by one store of its head's word, under the run mutex. All else is
// a hint.
//
// Thread and process safety: any thread of any participant, at any time. Lock order: the run mutex
// is the last of all.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "heap/blocks.hpp"
#include "heap/page_table.hpp"
#include "heap/runs.hpp"
#include "ipcarc/detail/mapped_segments.hpp"
#include "ipcarc/options.hpp"
#include "participants/attachment.hpp"

namespace ipcarc::detail {

class Heap {
 public:
  explicit Heap(Attachment& attachment);
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  /// A block or run of at least `bytes`, tagged `owner` (entry index + 1). Its offset; contents
  /// undefined. 64-byte aligned (a run: page aligned). Throws Error{out_of_memory}; then nothing
  /// has changed.
  std::uint64_t allocate(std::uint64_t bytes, std::uint32_t owner);
  /// The same, and the usable bytes of what was given.
  std::uint64_t allocate(std::uint64_t bytes, std::uint32_t owner, std::uint64_t& usable_bytes);
  /// Usable bytes of the block or run at `offset`. Range-checked: corrupt_segment.
  std::uint64_t usable_bytes(std::uint64_t offset) const;
  /// Frees the block or run that starts at `offset`: one store for a block.
  void free(std::uint64_t offset);
  /// The owner's tag of the block or run that `offset` lies in; 0: free, or nothing. `start`: where
  /// it starts.
  std::uint32_t owner_of(std::uint64_t offset, std::uint64_t* start = nullptr) const noexcept;

  /// Frees every block and run whose owner is in `owners` (sorted) and that `keep` does not name
  /// (sorted offsets). A scan of all tags. The caller owns those entries: holds their mutex, or
  /// they are destroying or building by a dead owner whose slot it has locked.
  /// Returns blocks freed.
  std::uint64_t free_owned_by(std::span<const std::uint32_t> owners,
                              std::span<const std::uint64_t> keep = {});

  /// Drops the page claims of a dead participant. The caller holds its slot's lock. Also recovers
  /// the run mutex if its owner died.
  void drop_claims(std::uint32_t slot);

  /// Calls `visit(start offset, bytes, owner tag)` for each block and run in use, at about one
  /// moment.
  void for_each_block(
      const std::function<void(std::uint64_t, std::uint64_t, std::uint32_t)>& visit) const;

  /// Fills heap_bytes_used, heap_bytes_committed, heap_bytes_capacity.
  void add_stats(Stats& stats) const;
  /// Page words, tags, free map against each other, by heap_check.hpp; never throws on damage,
  /// reports it.
  void check(CheckReport& report) const;

  /// Fork: process-local mutexes, if it has any.
  void fork_lock() noexcept;
  void fork_unlock(bool child) noexcept;

  Attachment& attachment() noexcept { return attachment_; }
  const Segment& segment() const noexcept { return attachment_.segment(); }

 private:
  [[noreturn]] void out_of_memory(std::uint64_t bytes, const std::string& reason) const;
  std::uint64_t allocate_block(std::uint64_t bytes, std::uint32_t owner,
                               std::uint64_t& usable_bytes);
  std::uint64_t allocate_run(std::uint64_t bytes, std::uint32_t owner, std::uint64_t& usable_bytes);
  BlockAt locate_start(std::uint64_t offset) const;

  Attachment& attachment_;
  PageTable table_;
  Runs runs_;
  Blocks blocks_;
  MappedSegment& mapped_;  // this segment's place in the process's table
};

}  // namespace ipcarc::detail
