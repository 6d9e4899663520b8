// Looking at the whole heap: without a lock, while others change it, and whatever its bytes are.
#include <sched.h>

#include <algorithm>

#include "heap/heap.hpp"

namespace ipcarc::detail {
namespace {

constexpr int looks = 16;  // a word that is being changed is right at one of so many looks
constexpr std::size_t most_findings = 100;

/// Whether `wrong` holds at every one of several looks.
template <class F>
bool stays(F wrong) {
  for (int look = 0; look < looks; ++look) {
    if (!wrong()) {
      return false;
    }
    sched_yield();
  }
  return true;
}

void add(std::vector<std::string>& findings, std::string text) {
  if (findings.size() < most_findings) {
    findings.push_back(std::move(text));
  }
}

std::string page_name(std::uint32_t page) {
  return "heap page " + std::to_string(page);
}

}  // namespace

void Heap::for_each_block(
    const std::function<void(std::uint64_t, std::uint64_t, std::uint32_t)>& visit) const {
  const std::uint32_t limit = table_.limit();
  for (std::uint32_t page = 0; page < limit; ++page) {
    const PageWord word = table_.word(page);
    if (table_.is_small(word)) {
      const std::uint32_t blocks = table_.blocks_per_page(word.size_class());
      for (std::uint32_t index = 0; index < blocks; ++index) {
        // acquire: as PageTable::locate().
        const std::uint32_t owner = table_.tags(page)[index].load(std::memory_order_acquire);
        if (owner != 0) {
          visit(table_.block_offset(page, word.size_class(), index),
                class_sizes[word.size_class()].bytes, owner);
        }
      }
    } else if (table_.is_run(word, page)) {
      visit(table_.page_offset(page), std::uint64_t{word.pages()} * table_.page_bytes(),
            word.owner());
      page += word.pages() - 1;
    }
  }
}

void Heap::add_stats(Stats& stats) const {
  for_each_block([&stats](std::uint64_t, std::uint64_t bytes, std::uint32_t) {
    stats.heap_bytes_used += bytes;
  });
  stats.heap_bytes_capacity += std::uint64_t{table_.page_count()} * table_.page_bytes();
  const std::uint64_t step = segment().geometry().commit_bytes();
  const std::uint64_t end = table_.page_offset(table_.limit());
  for (std::uint64_t at = table_.page_offset(0); at < end;) {
    const std::uint64_t next = std::min(end, at / step * step + step);
    stats.heap_bytes_committed += segment().committed(at, next - at) ? next - at : 0;
    at = next;
  }
}

void Heap::check(CheckReport& report) const {
  const Geometry& geometry = segment().geometry();
  const std::uint32_t claimed_limit = table_.header().page_limit.load(std::memory_order_relaxed);
  const std::uint32_t limit = table_.limit();
  if (claimed_limit != limit) {
    add(report.errors, "heap: page limit " + std::to_string(claimed_limit) + " above the " +
                           std::to_string(table_.page_count()) + " pages there are");
    return;
  }
  if (limit == 0) {
    return;
  }
  if (!segment().committed(geometry.page_table, std::uint64_t{limit} * sizeof(Page)) ||
      !segment().committed(geometry.free_map, (std::uint64_t{limit} + 63) / 64 * 8)) {
    add(report.errors, "heap: the tables of " + std::to_string(limit) + " pages are not committed");
    return;
  }
  for (std::uint32_t page = 0; page < limit; ++page) {
    check_page(page, report);
  }
}

void Heap::check_page(std::uint32_t page, CheckReport& report) const {
  const Geometry& geometry = segment().geometry();
  const PageWord word = table_.word(page);
  const auto unchanged = [&] { return table_.word(page) == word; };
  const std::uint64_t tags_bytes = geometry.tags_per_page() * sizeof(std::uint32_t);
  const bool has_tags = segment().committed(geometry.tags + page * tags_bytes, tags_bytes);
  const bool has_memory = segment().committed(table_.page_offset(page), table_.page_bytes());

  switch (word.kind()) {
    case PageKind::small:
      if (!table_.is_small(word) || word.word >> (PageWord::claimant_shift + 9) != 0) {
        if (stays(unchanged)) {
          add(report.errors, page_name(page) + ": no such word " + std::to_string(word.word));
        }
        return;
      }
      if ((!has_tags || !has_memory) && stays(unchanged)) {
        add(report.errors, page_name(page) + ": small, and its memory or tags not committed");
        return;
      }
      check_claim(page, word, report);
      break;
    case PageKind::run:
      if (!table_.is_run(word, page) || word.owner() == 0 || word.owner() > geometry.max_objects) {
        if (stays(unchanged)) {
          add(report.errors, page_name(page) + ": a run of " + std::to_string(word.pages()) +
                                 " pages of owner " + std::to_string(word.owner()));
        }
        return;
      }
      ++report.blocks;
      check_run(page, word, report);
      break;
    case PageKind::tail:
      if (table_.head_of(word, page) == page &&
          stays([&] { return unchanged() && table_.head_of(word, page) == page; })) {
        add(report.leftovers, page_name(page) + ": the tail of no run");
      }
      break;
    case PageKind::free:
      if (word.word != 0) {
        if (stays(unchanged)) {
          add(report.errors, page_name(page) + ": no such word " + std::to_string(word.word));
        }
        return;
      }
      if (stays([&] { return unchanged() && !maybe_free(page); })) {
        add(report.leftovers, page_name(page) + ": free, and not in the free map");
      }
      break;
    default:
      if (stays(unchanged)) {
        add(report.errors, page_name(page) + ": no such word " + std::to_string(word.word));
      }
      return;
  }
  if (has_tags) {
    check_tags(page, word, report);
  }
}

void Heap::check_claim(std::uint32_t page, PageWord word, CheckReport& report) const {
  if (word.claimant() == 0) {
    return;
  }
  if (word.claimant() > max_participants) {
    add(report.errors,
        page_name(page) + ": claimed by participant " + std::to_string(word.claimant()));
    return;
  }
  const Participant& participant = segment().participants()[word.claimant() - 1];
  if (stays([&] {
        return table_.word(page) == word &&
               (participant.state.load(std::memory_order_acquire) & Participant::active_bit) == 0;
      })) {
    add(report.errors, page_name(page) + ": claimed by slot " +
                           std::to_string(word.claimant() - 1) + ", which is not active");
  }
}

void Heap::check_run(std::uint32_t head, PageWord word, CheckReport& report) const {
  const std::uint64_t bytes = std::uint64_t{word.pages()} * table_.page_bytes();
  const auto unchanged = [&] { return table_.word(head) == word; };
  if (!segment().committed(table_.page_offset(head), bytes) && stays(unchanged)) {
    add(report.errors, page_name(head) + ": a run whose memory is not committed");
  }
  for (std::uint32_t i = 1; i < word.pages(); ++i) {
    const auto foreign = [&] { return unchanged() && table_.word(head + i) != PageWord::tail(i); };
    if (foreign() && stays(foreign)) {
      add(report.errors, page_name(head + i) + ": within the run of page " + std::to_string(head) +
                             " and not its tail");
      return;
    }
  }
}

void Heap::check_tags(std::uint32_t page, PageWord word, CheckReport& report) const {
  const std::uint32_t blocks =
      word.kind() == PageKind::small ? table_.blocks_per_page(word.size_class()) : 0;
  const std::atomic<std::uint32_t>* tags = table_.tags(page);
  const std::uint32_t max_owner = segment().geometry().max_objects;
  for (std::uint32_t index = 0; index < segment().geometry().tags_per_page(); ++index) {
    const std::uint32_t owner = tags[index].load(std::memory_order_acquire);
    if (owner == 0) {
      continue;
    }
    const std::uint32_t most = index < blocks ? max_owner : 0;
    report.blocks += index < blocks ? 1 : 0;
    if (owner > most && stays([&] {
          // The page's kind and class are the same, whoever claims it.
          const PageWord now = table_.word(page);
          return now.kind() == word.kind() && now.size_class() == word.size_class() &&
                 tags[index].load(std::memory_order_acquire) > most;
        })) {
      add(report.errors,
          page_name(page) + ": tag " + std::to_string(index) + " is " + std::to_string(owner));
    }
  }
}

bool Heap::maybe_free(std::uint32_t page) const noexcept {
  const auto* map = segment().at<std::atomic<std::uint64_t>>(segment().geometry().free_map);
  // relaxed: a hint to who does not hold the run mutex.
  return (map[page / 64].load(std::memory_order_relaxed) >> (page % 64) & 1) != 0;
}

}  // namespace ipcarc::detail
