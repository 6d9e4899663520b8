#include "heap/runs.hpp"

#include <algorithm>
#include <bit>

#include "heap/claims.hpp"

namespace ipcarc::detail {
namespace {

constexpr std::uint32_t bits = 64;
constexpr std::uint64_t kept_bytes = std::uint64_t{16}
                                     << 20;  // free memory that is not worth giving back

// All accesses to the free map are relaxed: it is read and written under the run mutex only, but by
// check(), which expects anything.
constexpr auto relaxed = std::memory_order_relaxed;

}  // namespace

/// The run mutex, held, over tables that are whole.
class Runs::Locked {
 public:
  explicit Locked(Runs& runs) : guard_(runs.table_.header().run_mutex, runs.attachment_) {
    if (guard_.owner_died()) {
      runs.rebuild();
      guard_.mended();
    }
  }

 private:
  RobustGuard guard_;
};

Runs::Runs(Attachment& attachment) noexcept
    : attachment_(attachment),
      segment_(attachment.segment()),
      table_(segment_),
      map_(segment_.at<std::atomic<std::uint64_t>>(segment_.geometry().free_map)) {}

bool Runs::bit(std::uint32_t page) const noexcept {
  return (map_[page / bits].load(relaxed) >> (page % bits) & 1) != 0;
}

void Runs::set_bits(std::uint32_t page, std::uint32_t pages, bool free) noexcept {
  const std::uint64_t end = std::uint64_t{page} + pages;
  for (std::uint64_t at = page; at < end;) {
    const auto shift = static_cast<std::uint32_t>(at % bits);
    const std::uint64_t count = std::min<std::uint64_t>(bits - shift, end - at);
    const std::uint64_t mask = (count == bits ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1)
                               << shift;
    std::atomic<std::uint64_t>& word = map_[at / bits];
    word.store(free ? word.load(relaxed) | mask : word.load(relaxed) & ~mask, relaxed);
    at += count;
  }
  HeapHeader& header = table_.header();
  if (free && page < header.run_hint.load(relaxed)) {
    header.run_hint.store(page, relaxed);
  }
}

/// The first `pages` free pages in a row below the limit. Clears the bits of pages it finds not to
/// be free.
std::optional<std::uint32_t> Runs::find(std::uint32_t pages, bool committed_only) noexcept {
  const std::uint32_t limit = table_.limit();
  HeapHeader& header = table_.header();
  std::uint32_t in_a_row = 0;
  for (std::uint32_t page = header.run_hint.load(relaxed); page < limit;) {
    const std::uint64_t word = map_[page / bits].load(relaxed) >> (page % bits);
    if (word == 0) {
      in_a_row = 0;
      page = (page / bits + 1) * bits;
      continue;
    }
    if ((word & 1) == 0) {
      in_a_row = 0;
      page += static_cast<std::uint32_t>(std::countr_zero(word));
      continue;
    }
    if (!table_.is_free(page)) {
      set_bits(page, 1, false);
      in_a_row = 0;
    } else if (committed_only &&
               !segment_.committed(table_.page_offset(page), table_.page_bytes())) {
      in_a_row = 0;
    } else {
      ++in_a_row;
    }
    ++page;
    if (in_a_row == pages) {
      if (pages == 1 && !committed_only) {
        // Under the mutex, so its death resets it: all below was seen not to be free.
        header.run_hint.store(page, relaxed);
      }
      return page - pages;
    }
  }
  return std::nullopt;
}

/// Raises the limit so that there are `pages` free pages at its end.
std::optional<std::uint32_t> Runs::grow(std::uint32_t pages, std::string& reason) {
  const std::uint32_t limit = table_.limit();
  std::uint32_t first = limit;
  while (first > 0 && limit - first < pages && bit(first - 1) && table_.is_free(first - 1)) {
    --first;
  }
  const std::uint64_t end = std::uint64_t{first} + pages;
  if (end > table_.page_count()) {
    reason = "its heap of " +
             std::to_string(std::uint64_t{table_.page_count()} * table_.page_bytes()) +
             " bytes has no room";
    return std::nullopt;
  }
  const auto new_limit = static_cast<std::uint32_t>(
      std::min<std::uint64_t>((end + bits - 1) / bits * bits, table_.page_count()));
  if (new_limit > limit) {
    const Geometry& geometry = segment_.geometry();
    try {
      segment_.commit(geometry.page_table + std::uint64_t{limit} * sizeof(Page),
                      std::uint64_t{new_limit - limit} * sizeof(Page));
      segment_.commit(geometry.free_map + limit / bits * sizeof(std::uint64_t),
                      ((new_limit + bits - 1) / bits - limit / bits) * sizeof(std::uint64_t));
    } catch (const Error& error) {
      if (error.code() != Errc::out_of_memory) {
        throw;
      }
      reason = error.what();
      return std::nullopt;
    }
    set_bits(limit, new_limit - limit, true);
    // release: pairs with the acquire in PageTable::limit(). killed here: bits above the limit,
    // which the next to grow sets again.
    table_.header().page_limit.store(new_limit, std::memory_order_release);
  }
  return first;
}

bool Runs::commit(std::uint32_t page, std::uint32_t pages, bool with_tags, std::string& reason) {
  const std::uint64_t tag_bytes = segment_.geometry().tags_per_page() * sizeof(std::uint32_t);
  try {
    segment_.commit(table_.page_offset(page), std::uint64_t{pages} * table_.page_bytes());
    if (with_tags) {
      segment_.commit(segment_.geometry().tags + page * tag_bytes, tag_bytes);
    }
  } catch (const Error& error) {
    if (error.code() != Errc::out_of_memory) {
      throw;
    }
    reason = error.what();
    return false;
  }
  return true;
}

/// `pages` free pages in a row, committed. First what is free already, new pages, and what needs no
/// memory of the system; then the same after small pages that are empty became free; then after all
/// free memory went back to the system.
std::optional<std::uint32_t> Runs::obtain(std::uint32_t pages, bool with_tags,
                                          std::string& reason) {
  for (int round = 0; round < 3; ++round) {
    if (round == 1) {
      recycle_locked();
    } else if (round == 2) {
      trim(0);
    }
    std::optional<std::uint32_t> first = find(pages, false);
    if (!first) {
      first = grow(pages, reason);
    }
    if (!first) {
      continue;
    }
    if (commit(*first, pages, with_tags, reason)) {
      return first;
    }
    table_.header().run_hint.store(0, relaxed);
    first = find(pages, true);
    if (first && commit(*first, pages, with_tags, reason)) {
      return first;
    }
  }
  return std::nullopt;
}

std::optional<std::uint32_t> Runs::allocate(std::uint32_t pages, std::uint32_t owner,
                                            std::string& reason) {
  const Locked locked(*this);
  const std::optional<std::uint32_t> head = obtain(pages, false, reason);
  if (!head) {
    return std::nullopt;
  }
  // killed here, up to the head's word: pages without their bits, tails of nothing; rebuild() makes
  // them free.
  set_bits(*head, pages, false);
  for (std::uint32_t i = 1; i < pages; ++i) {
    // relaxed: published by the head's word.
    table_.page(*head + i).word.store(PageWord::tail(i).word, relaxed);
  }
  // release: pairs with PageTable::word(); the tails are written. The commit: from here the run is
  // the owner's.
  table_.page(*head).word.store(PageWord::run(pages, owner).word, std::memory_order_release);
  return head;
}

std::optional<std::uint32_t> Runs::take_page(unsigned size_class, std::string& reason) {
  const Locked locked(*this);
  const std::optional<std::uint32_t> taken = obtain(1, true, reason);
  if (taken) {
    set_bits(*taken, 1, false);
    Page& page = table_.page(*taken);
    page.maybe_free.store(1, relaxed);  // hints
    page.scan_hint.store(0, relaxed);
    // release: pairs with PageTable::word() and try_claim(); the tags are committed.
    // killed here: the page is claimed by the dead, or its bit is lost; drop_claims() and rebuild()
    // mend both.
    page.word.store(PageWord::small(size_class, attachment_.id()).word, std::memory_order_release);
  }
  return taken;
}

void Runs::free(std::uint32_t head) {
  const Locked locked(*this);
  const PageWord word = table_.word(head);
  if (!table_.is_run(word, head)) {
    return;
  }
  // release: pairs with PageTable::word() of who gets the pages next. The commit: from here the
  // pages are free.
  // killed here: pages without their bits, tails of nothing; rebuild() mends both.
  table_.page(head).word.store(0, std::memory_order_release);
  for (std::uint32_t i = 1; i < word.pages(); ++i) {
    table_.page(head + i).word.store(0, relaxed);  // relaxed: a tail of no run says free already
  }
  set_bits(head, word.pages(), true);
  note_freed(word.pages());
}

std::uint32_t Runs::recycle() {
  const Locked locked(*this);
  return recycle_locked();
}

std::uint32_t Runs::recycle_locked() noexcept {
  std::uint32_t recycled = 0;
  const std::uint32_t limit = table_.limit();
  for (std::uint32_t page = 0; page < limit; ++page) {
    recycled += recycle_page(page) ? 1 : 0;
  }
  note_freed(recycled);
  return recycled;
}

/// Makes a free page of a small one whose tags are all zero: seen once without the claim, which
/// spares most claims, and then with it.
bool Runs::recycle_page(std::uint32_t number) noexcept {
  const PageWord word = table_.word(number);
  if (!table_.is_small(word) || word.claimant() != 0) {
    return false;
  }
  const std::uint32_t blocks = table_.blocks_per_page(word.size_class());
  const std::atomic<std::uint32_t>* tags = table_.tags(number);
  const auto empty = [&] {
    // acquire: pairs with the release in Blocks::free(); the pages' last users are done with them.
    return std::all_of(tags, tags + blocks,
                       [](const auto& tag) { return tag.load(std::memory_order_acquire) == 0; });
  };
  Page& page = table_.page(number);
  if (!empty() || !try_claim(page, word.size_class(), attachment_.id())) {
    return false;
  }
  if (!empty()) {
    release_claim(page, word.size_class());
    return false;
  }
  // release: pairs with PageTable::word(). Every tag is zero and only a claimant stores others, so
  // this one store recycles.
  // killed here: a free page without its bit; rebuild() sets it.
  page.word.store(0, std::memory_order_release);
  set_bits(number, 1, true);
  return true;
}

/// Looks at how much memory is free for nothing, each time that much could have become so.
void Runs::note_freed(std::uint32_t pages) noexcept {
  freed_since_trim_ += pages;
  const auto enough = static_cast<std::uint32_t>(kept_bytes / table_.page_bytes());
  if (freed_since_trim_ >= std::max(enough, table_.limit() / 8)) {
    const std::uint64_t used = std::uint64_t{table_.limit() - count_free()} * table_.page_bytes();
    trim(std::max(kept_bytes, used / 8));
  }
}

std::uint32_t Runs::count_free() const noexcept {
  std::uint32_t free = 0;
  const std::uint32_t limit = table_.limit();
  for (std::uint32_t at = 0; at < limit; at += bits) {
    free += static_cast<std::uint32_t>(std::popcount(map_[at / bits].load(relaxed)));
  }
  return free;
}

/// Gives the memory of free pages back to the system, from the end, down to about `keep_bytes`.
/// Only whole steps, all of whose pages are free. The mutex keeps everybody from committing or
/// using them meanwhile.
void Runs::trim(std::uint64_t keep_bytes) noexcept {
  freed_since_trim_ = 0;
  const Geometry& geometry = segment_.geometry();
  const std::uint64_t step = geometry.commit_bytes();
  const std::uint64_t end = geometry.page_offset(table_.limit()) / step * step;
  const std::uint64_t begin = (geometry.heap + step - 1) / step * step;
  const auto pages_per_step = static_cast<std::uint32_t>(step / table_.page_bytes());
  const auto free_step = [&](std::uint64_t offset) {
    const auto first = static_cast<std::uint32_t>((offset - geometry.heap) / table_.page_bytes());
    for (std::uint32_t page = first; page < first + pages_per_step; ++page) {
      if (!bit(page) || !table_.is_free(page)) {
        return false;
      }
    }
    return segment_.committed(offset, step);
  };
  std::uint64_t free_bytes = 0;
  for (std::uint64_t offset = begin; offset < end; offset += step) {
    free_bytes += free_step(offset) ? step : 0;
  }
  for (std::uint64_t offset = end; offset > begin && free_bytes > keep_bytes; offset -= step) {
    if (free_step(offset - step)) {
      // killed here: memory without its committed bit, or without memory and bit; who uses the
      // pages next commits them.
      segment_.decommit(offset - step, step);
      free_bytes -= step;
    }
  }
}

void Runs::recover() {
  const Locked locked(*this);
}

/// Derives the free map from the page words. Repeatable. What is damaged is taken for not free.
void Runs::rebuild() noexcept {
  const std::uint32_t limit = table_.limit();
  for (std::uint32_t page = 0; page < limit; ++page) {
    const bool free = table_.is_free(page);
    if (free) {
      table_.page(page).word.store(0, relaxed);  // relaxed: it said free already
    }
    set_bits(page, 1, free);
  }
  table_.header().run_hint.store(0, relaxed);
}

}  // namespace ipcarc::detail
