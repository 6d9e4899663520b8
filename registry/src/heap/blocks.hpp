// Blocks of size classes on small pages: taken under a claim that nobody waits for, freed by one
// store without one.
//
// Truth: the tags. A block is its owner's from the store of its tag until the store of zero; in
// between nobody else writes that tag, and its page keeps its class.
//
// Thread and process safety: any thread of any participant. Takes no lock but the run mutex, when a
// page is wanted.
#pragma once

#include <cstdint>
#include <string>

#include "heap/hints.hpp"
#include "heap/page_table.hpp"
#include "heap/runs.hpp"

namespace ipcarc::detail {

class Blocks {
 public:
  Blocks(Attachment& attachment, Runs& runs) noexcept;

  /// The block of `size_class` that this thread freed last, tagged `owner`: its offset. 0 if there
  /// is none at hand.
  std::uint64_t allocate_recent(unsigned size_class, std::uint32_t owner) noexcept {
    const BlockHint hint = stripes_.mine().classes[size_class].pop_block();
    return hint.word != 0 ? take_at(hint, size_class, owner) : 0;
  }
  /// A block of `size_class` tagged `owner`: its offset; 0 if there is no room anywhere, and then
  /// `reason` says why. When the heap is full, one of a larger class, which `size_class` becomes.
  std::uint64_t allocate(unsigned& size_class, std::uint32_t owner, std::string& reason);

  /// Frees block `index` of small page `page`, whose class is `size_class` and whose tag is not
  /// zero.
  void free(std::uint32_t page, unsigned size_class, std::uint32_t index) {
    // release: pairs with the acquire in take(); who has the block next sees this owner done with
    // it. The commit.
    table_.tags(page)[index].store(0, std::memory_order_release);
    note_free(page, size_class, index);
  }

  /// Unclaims what the dead `slot` claimed. The caller holds its lock.
  void drop_claims(std::uint32_t slot) noexcept;

 private:
  std::uint64_t take_at(BlockHint hint, unsigned size_class, std::uint32_t owner) noexcept;
  std::uint64_t take_any(std::uint32_t page, unsigned size_class, std::uint32_t owner,
                         bool* busy = nullptr) noexcept;
  std::uint64_t take_claimed(std::uint32_t page, unsigned size_class, std::uint32_t owner) noexcept;
  std::uint64_t scan_table(Stripe& stripe, unsigned size_class, std::uint32_t owner) noexcept;
  std::uint64_t scan_everything(unsigned& size_class, std::uint32_t owner) noexcept;
  std::uint32_t find_free(std::uint32_t page, unsigned size_class) const noexcept;
  void note_free(std::uint32_t page, unsigned size_class, std::uint32_t index);
  void note_freed_bytes(Stripe& stripe);

  Attachment& attachment_;
  Runs& runs_;
  PageTable table_;
  Stripes stripes_;
  std::atomic<std::uint64_t> freed_bytes_{0};  // since empty pages were looked for
  std::atomic<std::uint32_t> patience_{1};     // grows while looking for them finds few
};

}  // namespace ipcarc::detail
