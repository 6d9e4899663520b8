// The page table and the tags as everybody reads them: checked on the way in, believed afterwards.
//
// A PageTable is a view, an ordinary value. Reading takes no lock. What it answers is true at some
// moment during the call if the block asked about belongs to the caller or cannot change, and
// harmless otherwise.
//
// Invariants
// 1. No index read from the segment is followed before it was compared with the geometry.
// 2. A descriptor is read only below page_limit; tags are read only of pages whose word says small,
//    which have them committed.
#pragma once

#include <cstdint>

#include "ipcarc/detail/page_word.hpp"
#include "ipcarc/detail/size_classes.hpp"
#include "segment/segment.hpp"

namespace ipcarc::detail {

/// The block or run that some offset lies in.
struct BlockAt {
  std::uint64_t start = 0;  // offset in the segment
  std::uint64_t bytes = 0;  // 0: no block there
  std::uint32_t owner = 0;  // 0: a free block
  std::uint32_t page = 0;
  std::uint32_t index = 0;  // of a block on its page
  unsigned size_class = 0;
  PageKind kind = PageKind::free;
};

class PageTable {
 public:
  explicit PageTable(const Segment& segment) noexcept
      : pages_(segment.pages()),
        tags_(segment.at<std::atomic<std::uint32_t>>(segment.geometry().tags)),
        header_(&segment.header().heap),
        heap_(segment.geometry().heap),
        page_count_(segment.geometry().page_count),
        page_shift_(segment.geometry().page_shift),
        classes_(class_for(max_small_bytes()) + 1) {}

  std::uint32_t page_count() const noexcept { return page_count_; }
  std::uint32_t page_bytes() const noexcept { return std::uint32_t{1} << page_shift_; }
  std::uint32_t max_small_bytes() const noexcept { return page_bytes() / 2; }
  /// One more than the largest class that pages of this size have.
  unsigned classes() const noexcept { return classes_; }
  std::uint32_t blocks_per_page(unsigned size_class) const noexcept {
    return block_index(size_class, page_bytes());
  }
  std::uint64_t page_offset(std::uint32_t page) const noexcept {
    return heap_ + (std::uint64_t{page} << page_shift_);
  }
  std::uint64_t block_offset(std::uint32_t page, unsigned size_class,
                             std::uint32_t index) const noexcept {
    return page_offset(page) + std::uint64_t{index} * class_sizes[size_class].bytes;
  }

  /// Pages below it have descriptors. Never more than there are pages, whatever the segment says.
  std::uint32_t limit() const noexcept {
    // acquire: pairs with the release in Runs::grow(); the descriptors below the limit are
    // committed.
    const std::uint32_t limit = header_->page_limit.load(std::memory_order_acquire);
    return limit < page_count_ ? limit : page_count_;
  }
  HeapHeader& header() const noexcept { return *header_; }
  Page& page(std::uint32_t page) const noexcept { return pages_[page]; }
  /// acquire: pairs with the release stores of page words; a small page's tags are committed, a
  /// run's tails written.
  PageWord word(std::uint32_t page) const noexcept {
    return PageWord{pages_[page].word.load(std::memory_order_acquire)};
  }
  /// The tags of a page: only of small ones.
  std::atomic<std::uint32_t>* tags(std::uint32_t page) const noexcept {
    return tags_ + ((std::uint64_t{page} << page_shift_) / min_block_bytes);
  }

  /// Whether a small page's word names a class that there is.
  bool is_small(PageWord word) const noexcept {
    return word.kind() == PageKind::small && word.size_class() < classes();
  }
  /// Whether `word`, of page `page`, is that of a run that fits below the limit.
  bool is_run(PageWord word, std::uint32_t page) const noexcept {
    return word.kind() == PageKind::run && word.pages() != 0 && word.pages() <= limit() - page;
  }
  /// The head of the run that covers `page`, if `word` is its tail's and is believed; else `page`.
  std::uint32_t head_of(PageWord tail, std::uint32_t page) const noexcept {
    const std::uint32_t distance = tail.distance();
    if (distance == 0 || distance > page) {
      return page;
    }
    const PageWord head = word(page - distance);
    return is_run(head, page - distance) && head.pages() > distance ? page - distance : page;
  }
  /// Whether a page below the limit is free: it says so, or is the tail of nothing.
  bool is_free(std::uint32_t page) const noexcept {
    const PageWord word = this->word(page);
    return word.word == 0 || (word.kind() == PageKind::tail && head_of(word, page) == page);
  }

  /// What lies at `offset`, any number. `bytes` is 0 if that is no block, or words that nobody
  /// wrote.
  BlockAt locate(std::uint64_t offset) const noexcept {
    BlockAt at;
    const std::uint64_t page_number = (offset - heap_) >> page_shift_;
    if (offset < heap_ || page_number >= limit()) {
      return at;
    }
    at.page = static_cast<std::uint32_t>(page_number);
    PageWord word = this->word(at.page);
    if (word.kind() == PageKind::tail) {
      at.page = head_of(word, at.page);
      word = this->word(at.page);
    }
    if (is_small(word)) {
      const auto within = static_cast<std::uint32_t>(offset - page_offset(at.page));
      at.size_class = word.size_class();
      at.index = block_index(at.size_class, within);
      if (at.index >= blocks_per_page(at.size_class)) {
        return at;  // the page's rest, which is no block
      }
      at.kind = PageKind::small;
      at.start = block_offset(at.page, at.size_class, at.index);
      at.bytes = class_sizes[at.size_class].bytes;
      // acquire: pairs with the release in Blocks::take(); what the owner wrote before it let the
      // block be seen is its own matter.
      at.owner = tags(at.page)[at.index].load(std::memory_order_acquire);
    } else if (is_run(word, at.page)) {
      at.kind = PageKind::run;
      at.start = page_offset(at.page);
      at.bytes = std::uint64_t{word.pages()} << page_shift_;
      at.owner = word.owner();
    }
    return at;
  }

 private:
  Page* pages_;
  std::atomic<std::uint32_t>* tags_;
  HeapHeader* header_;
  std::uint64_t heap_;
  std::uint32_t page_count_;
  std::uint32_t page_shift_;
  unsigned classes_;
};

}  // namespace ipcarc::detail
