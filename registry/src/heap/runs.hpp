// Whole pages: runs of them for large blocks, and single ones for small blocks. Behind the run
// mutex.
//
// Truth: the page words. The free map (one bit a page, set: maybe free) and the hint where to
// search are derived, and made anew by who finds that the mutex's owner died.
//
// Thread and process safety: any thread of any participant. Takes the run mutex, the last in the
// lock order; commits memory under it.
//
// Invariants, while the mutex's owner is alive and outside
// 1. A page that is free has its bit set. A set bit promises nothing.
// 2. Every page of a run behind its head is a tail of that head.
// 3. The memory of a run or small page, and a small page's tags, are committed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "heap/page_table.hpp"
#include "participants/attachment.hpp"
#include "participants/robust_lock.hpp"

namespace ipcarc::detail {

class Runs {
 public:
  explicit Runs(Attachment& attachment) noexcept;

  /// A run of `pages`, owned by `owner`; the number of its head. None if there is no room, and then
  /// `reason` says why.
  std::optional<std::uint32_t> allocate(std::uint32_t pages, std::uint32_t owner,
                                        std::string& reason);
  /// A page of `size_class`, every tag zero, claimed by this process.
  std::optional<std::uint32_t> take_page(unsigned size_class, std::string& reason);
  /// Frees the run that starts at `head`, if there is one.
  void free(std::uint32_t head);

  /// Makes free pages of small pages that are empty, and gives much free memory back to the system.
  /// Returns pages freed.
  std::uint32_t recycle();
  /// Mends what a dead owner of the mutex left, if one did.
  void recover();

 private:
  class Locked;

  std::optional<std::uint32_t> obtain(std::uint32_t pages, bool with_tags, std::string& reason);
  std::optional<std::uint32_t> find(std::uint32_t pages, bool committed_only) noexcept;
  std::optional<std::uint32_t> grow(std::uint32_t pages, std::string& reason);
  bool commit(std::uint32_t page, std::uint32_t pages, bool with_tags, std::string& reason);
  std::uint32_t recycle_locked() noexcept;
  bool recycle_page(std::uint32_t page) noexcept;
  void note_freed(std::uint32_t pages) noexcept;
  void trim(std::uint64_t keep_bytes) noexcept;
  std::uint32_t count_free() const noexcept;
  void rebuild() noexcept;

  bool bit(std::uint32_t page) const noexcept;
  void set_bits(std::uint32_t page, std::uint32_t pages, bool free) noexcept;

  Attachment& attachment_;
  Segment& segment_;
  PageTable table_;
  std::atomic<std::uint64_t>* map_;
  std::uint32_t freed_since_trim_ = 0;  // guarded by the run mutex
};

}  // namespace ipcarc::detail
