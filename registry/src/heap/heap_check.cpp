#include "heap/heap_check.hpp"

#include <algorithm>

#include "layout/tables.hpp"

namespace ipcarc::detail {
namespace {

std::string page_name(std::uint32_t page) {
  return "heap page " + std::to_string(page);
}

}  // namespace

HeapCheck::HeapCheck(const SegmentReader& reader, const Standings& standings, Findings& findings)
    : reader_(reader),
      geometry_(reader.geometry()),
      standings_(standings),
      findings_(findings),
      classes_(class_for(geometry_.page_bytes() / 2) + 1) {
  const auto limit =
      reader.at<std::uint32_t>(offsetof(Header, heap) + offsetof(HeapHeader, page_limit));
  if (limit > geometry_.page_count) {
    findings.error("heap: page limit " + std::to_string(limit) + " above the " +
                   std::to_string(geometry_.page_count) + " pages there are");
  } else if (!reader.committed(geometry_.page_table, std::uint64_t{limit} * sizeof(Page)) ||
             !reader.committed(geometry_.free_map, (std::uint64_t{limit} + 63) / 64 * 8)) {
    findings.error("heap: the tables of " + std::to_string(limit) + " pages are not committed");
  } else {
    limit_ = limit;
  }
  findings.expect(limit_);
}

PageWord HeapCheck::word(std::uint32_t page) const noexcept {
  return PageWord{reader_.at<std::uint64_t>(geometry_.page_table + page * sizeof(Page))};
}

bool HeapCheck::is_small(PageWord word) const noexcept {
  return word.kind() == PageKind::small && word.size_class() < classes_ &&
         word.word >> (PageWord::claimant_shift + 9) == 0;
}

bool HeapCheck::is_run(PageWord word, std::uint32_t page) const noexcept {
  return word.kind() == PageKind::run && word.pages() != 0 &&
         word.pages() <= geometry_.page_count - page;
}

std::uint32_t HeapCheck::head_of(PageWord tail, std::uint32_t page) const noexcept {
  const std::uint32_t distance = tail.distance();
  if (distance == 0 || distance > page) {
    return page;
  }
  const PageWord head = word(page - distance);
  return is_run(head, page - distance) && head.pages() > distance ? page - distance : page;
}

std::uint64_t HeapCheck::tags_at(std::uint32_t page) const noexcept {
  return geometry_.tags + std::uint64_t{page} * geometry_.tags_per_page() * sizeof(std::uint32_t);
}

BlockAt HeapCheck::locate(std::uint64_t offset) const noexcept {
  BlockAt at;
  const std::uint64_t number = (offset - geometry_.heap) >> geometry_.page_shift;
  if (offset < geometry_.heap || number >= geometry_.page_count) {
    return at;
  }
  at.page = static_cast<std::uint32_t>(number);
  PageWord word = this->word(at.page);
  if (word.kind() == PageKind::tail) {
    at.page = head_of(word, at.page);
    word = this->word(at.page);
  }
  if (is_small(word)) {
    at.size_class = word.size_class();
    at.index = block_index(at.size_class,
                           static_cast<std::uint32_t>(offset - geometry_.page_offset(at.page)));
    if (at.index >=
        block_index(at.size_class, static_cast<std::uint32_t>(geometry_.page_bytes()))) {
      return at;
    }
    at.kind = PageKind::small;
    at.bytes = class_sizes[at.size_class].bytes;
    at.start = geometry_.page_offset(at.page) + at.index * at.bytes;
    at.owner = reader_.at<std::uint32_t>(tags_at(at.page) + at.index * sizeof(std::uint32_t));
  } else if (is_run(word, at.page)) {
    at.kind = PageKind::run;
    at.start = geometry_.page_offset(at.page);
    at.bytes = std::uint64_t{word.pages()} << geometry_.page_shift;
    at.owner = word.owner();
  }
  return at;
}

bool HeapCheck::mark(const BlockAt& block) {
  const std::uint64_t place = (block.start - geometry_.page_offset(block.page)) / min_block_bytes;
  std::uint64_t& bits = marked_[block.page][place / 64 % 16];
  const std::uint64_t bit = std::uint64_t{1} << (place % 64);
  const bool first = (bits & bit) == 0;
  bits |= bit;
  return first;
}

void HeapCheck::run(const std::function<void(const BlockAt&)>& stray) {
  // A page whose descriptor nobody ever wrote is free, and has no tags.
  reader_.for_each<Page>(
      geometry_.page_table, limit_,
      [&](std::uint64_t number, const Page&) {
        const auto page = static_cast<std::uint32_t>(number);
        findings_.settle(8, [&](Look& look) {
          const PageWord before = word(page);
          look_at_page(page, look);
          return word(page) == before;
        });
        count_blocks(page, stray);
      },
      [&](std::uint64_t pages) { findings_.passed(pages); });
}

void HeapCheck::for_each_block(const std::function<void(const BlockAt&)>& visit) {
  reader_.for_each<Page>(
      geometry_.page_table, limit_,
      [&](std::uint64_t page, const Page&) {
        count_blocks(static_cast<std::uint32_t>(page), visit);
      },
      [](std::uint64_t) {});
}

void HeapCheck::count_blocks(std::uint32_t page, const std::function<void(const BlockAt&)>& stray) {
  const PageWord word = this->word(page);
  const auto marks = marked_.find(page);
  const auto count = [&](std::uint32_t index, std::uint64_t bytes, std::uint32_t owner) {
    findings_.report().blocks += 1;
    const std::uint64_t place = index * bytes / min_block_bytes;
    if (marks == marked_.end() || (marks->second[place / 64] >> (place % 64) & 1) == 0) {
      BlockAt block;
      block.page = page;
      block.index = index;
      block.kind = word.kind();
      block.bytes = bytes;
      block.start = geometry_.page_offset(page) + index * bytes;
      block.owner = owner;
      stray(block);
    }
  };
  if (is_small(word)) {
    std::array<std::uint32_t, 1024> tags;
    const std::uint32_t blocks =
        block_index(word.size_class(), static_cast<std::uint32_t>(geometry_.page_bytes()));
    reader_.read(tags_at(page), tags.data(), blocks * sizeof(std::uint32_t));
    for (std::uint32_t index = 0; index < blocks; ++index) {
      if (tags[index] != 0 && tags[index] <= geometry_.max_objects) {
        count(index, class_sizes[word.size_class()].bytes, tags[index]);
      }
    }
  } else if (is_run(word, page) && word.owner() != 0 && word.owner() <= geometry_.max_objects) {
    count(0, std::uint64_t{word.pages()} << geometry_.page_shift, word.owner());
  }
}

/// What it is that pages are in the middle of a change: its doing who holds the
/// run mutex, if he lives.
Severity HeapCheck::of_the_run_mutex() const noexcept {
  const auto owner = reader_.at<std::uint32_t>(
      offsetof(Header, heap) + offsetof(HeapHeader, run_mutex) + offsetof(RobustMutex, owner));
  return owner != 0 && standings_.of(owner - 1) == Standing::alive ? Severity::unsettled
                                                                   : Severity::leftover;
}

void HeapCheck::look_at_page(std::uint32_t page, Look& look) const {
  const PageWord word = this->word(page);
  const std::uint64_t tags_bytes = geometry_.tags_per_page() * sizeof(std::uint32_t);
  const bool has_tags = reader_.committed(tags_at(page), tags_bytes);
  bool valid = true;
  switch (word.kind()) {
    case PageKind::small:
      valid = is_small(word);
      if (valid) {
        if (!has_tags || !reader_.committed(geometry_.page_offset(page), geometry_.page_bytes())) {
          look.error(page_name(page) + ": small, and its memory or tags not committed");
        }
        look_at_small(page, word, look);
      }
      break;
    case PageKind::run:
      valid = is_run(word, page) && word.pages() <= limit_ - page && word.owner() != 0 &&
              word.owner() <= geometry_.max_objects;
      if (valid) {
        look_at_run(page, word, look);
      }
      break;
    case PageKind::tail:
      if (word.word >> PageWord::owner_shift != 0) {
        valid = false;
      } else if (head_of(word, page) == page) {
        look.add(of_the_run_mutex(), page_name(page) + ": the tail of no run");
      }
      break;
    case PageKind::free:
      valid = word.word == 0;
      if (valid &&
          (reader_.at<std::uint64_t>(geometry_.free_map + page / 64 * sizeof(std::uint64_t)) >>
               (page % 64) &
           1) == 0) {
        look.add(of_the_run_mutex(), page_name(page) + ": free, and not in the free map");
      }
      break;
    default:
      valid = false;
  }
  if (!valid) {
    look.error(page_name(page) + ": no such word " + std::to_string(word.word));
  } else if (has_tags) {
    look_at_tags(page, word, look);
  }
}

void HeapCheck::look_at_small(std::uint32_t page, PageWord word, Look& look) const {
  if (word.claimant() == 0) {
    return;
  }
  const std::string what =
      page_name(page) + ": claimed by participant " + std::to_string(word.claimant() - 1);
  switch (standings_.of(word.claimant() - 1)) {
    case Standing::alive:
      break;
    case Standing::dead:
      look.leftover(what + ", which is dead");
      break;
    case Standing::nobody:
      look.error(what + ", which there is not");
  }
}

void HeapCheck::look_at_run(std::uint32_t head, PageWord word, Look& look) const {
  if (!reader_.committed(geometry_.page_offset(head),
                         std::uint64_t{word.pages()} << geometry_.page_shift)) {
    look.error(page_name(head) + ": a run whose memory is not committed");
  }
  for (std::uint32_t i = 1; i < word.pages(); ++i) {
    if (this->word(head + i) != PageWord::tail(i)) {
      look.error(page_name(head + i) + ": within the run of page " + std::to_string(head) +
                 " and not its tail");
      return;
    }
  }
}

void HeapCheck::look_at_tags(std::uint32_t page, PageWord word, Look& look) const {
  const std::uint32_t blocks =
      word.kind() == PageKind::small
          ? block_index(word.size_class(), static_cast<std::uint32_t>(geometry_.page_bytes()))
          : 0;
  std::array<std::uint32_t, 1024> tags;
  reader_.read(tags_at(page), tags.data(), geometry_.tags_per_page() * sizeof(std::uint32_t));
  for (std::uint32_t index = 0; index < geometry_.tags_per_page(); ++index) {
    if (tags[index] > (index < blocks ? geometry_.max_objects : 0)) {
      look.error(page_name(page) + ": tag " + std::to_string(index) + " is " +
                 std::to_string(tags[index]));
      return;
    }
  }
}

}  // namespace ipcarc::detail
