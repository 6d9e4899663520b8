#include "heap/blocks.hpp"

#include <sched.h>

#include <algorithm>

#include "heap/claims.hpp"

namespace ipcarc::detail {
namespace {

constexpr std::uint32_t no_block = ~std::uint32_t{0};
constexpr std::uint32_t pages_per_scan = 64;
constexpr std::uint64_t freed_bytes_step = std::uint64_t{4} << 20;
constexpr std::uint64_t least_freed_bytes = std::uint64_t{16} << 20;
constexpr std::uint32_t most_patience = 8;
constexpr auto relaxed =
    std::memory_order_relaxed;  // of hints: whatever is read, the page's claim and tags decide

}  // namespace

Blocks::Blocks(Attachment& attachment, Runs& runs) noexcept
    : attachment_(attachment), runs_(runs), table_(attachment.segment()) {}

/// The block that `hint` names, or another of its page; 0 if the page is another's now, of another
/// class, or full.
std::uint64_t Blocks::take_at(BlockHint hint, unsigned size_class, std::uint32_t owner) noexcept {
  const std::uint32_t number = hint.page();
  Page& page = table_.page(number);
  if (!try_claim(page, size_class, attachment_.id())) {
    return 0;
  }
  std::atomic<std::uint32_t>& tag = table_.tags(number)[hint.index()];
  // acquire: pairs with the release in free(); the last owner is done with the block.
  if (tag.load(std::memory_order_acquire) != 0) {
    return take_claimed(number, size_class, owner);
  }
  // release: pairs with PageTable::locate(). The commit: there is no moment in which the block is
  // taken but nobody's.
  // killed here: the page is claimed by the dead, and the block its owner's; drop_claims() and
  // free_owned_by() free both.
  tag.store(owner, std::memory_order_release);
  release_claim(page, size_class);
  return table_.block_offset(number, size_class, hint.index());
}

/// Any free block of the page; 0 as take_at().
std::uint64_t Blocks::take_any(std::uint32_t page, unsigned size_class, std::uint32_t owner,
                               bool* busy) noexcept {
  if (!try_claim(table_.page(page), size_class, attachment_.id())) {
    if (busy != nullptr) {
      const PageWord word = table_.word(page);
      *busy |= word.kind() == PageKind::small && word.size_class() == size_class;
    }
    return 0;
  }
  return take_claimed(page, size_class, owner);
}

/// The same for who has claimed the page. Ends the claim.
std::uint64_t Blocks::take_claimed(std::uint32_t number, unsigned size_class,
                                   std::uint32_t owner) noexcept {
  Page& page = table_.page(number);
  std::uint32_t index = find_free(number, size_class);
  if (index == no_block) {
    // Full: who frees a block from now on finds the hint cleared, sets it and remembers the page.
    // seq_cst, so that the second look comes after the clearing. What slips through all the same
    // waits for the next free on the page, or scan_everything().
    page.maybe_free.exchange(0, std::memory_order_seq_cst);
    index = find_free(number, size_class);
    if (index != no_block) {
      page.maybe_free.store(1, relaxed);
    }
  }
  std::uint64_t offset = 0;
  if (index != no_block) {
    // As in take_at().
    table_.tags(number)[index].store(owner, std::memory_order_release);
    page.scan_hint.store(index + 1, relaxed);
    offset = table_.block_offset(number, size_class, index);
  }
  release_claim(page, size_class);
  return offset;
}

/// The first free block at or behind where the last scan ended.
std::uint32_t Blocks::find_free(std::uint32_t page, unsigned size_class) const noexcept {
  const std::atomic<std::uint32_t>* tags = table_.tags(page);
  const std::uint32_t blocks = table_.blocks_per_page(size_class);
  const std::uint32_t hint = table_.page(page).scan_hint.load(relaxed);
  const std::uint32_t start = hint < blocks ? hint : 0;
  // acquire: as in take_at().
  for (std::uint32_t index = start; index < blocks; ++index) {
    if (tags[index].load(std::memory_order_acquire) == 0) {
      return index;
    }
  }
  for (std::uint32_t index = 0; index < start; ++index) {
    if (tags[index].load(std::memory_order_acquire) == 0) {
      return index;
    }
  }
  return no_block;
}

std::uint64_t Blocks::allocate(unsigned& size_class, std::uint32_t owner, std::string& reason) {
  Stripe& stripe = stripes_.mine();
  ClassHints& hints = stripe.classes[size_class];
  if (const std::uint32_t last = hints.last_page(); last != 0) {
    const std::uint64_t offset = take_any(last - 1, size_class, owner);
    if (offset != 0) {
      return offset;
    }
    hints.set_last_page(0);
  }
  const auto take_waiting = [&](ClassHints& from) -> std::uint64_t {
    while (const std::uint32_t page = from.pop_page()) {
      const std::uint64_t offset = take_any(page - 1, size_class, owner);
      if (offset != 0) {
        hints.set_last_page(page);
        return offset;
      }
    }
    return 0;
  };
  if (const std::uint64_t offset = take_waiting(hints); offset != 0) {
    return offset;
  }
  for (std::uint32_t index = 0; index < Stripes::count; ++index) {
    Stripe* other = stripes_.other(index);
    if (other != nullptr && other != &stripe) {
      if (const std::uint64_t offset = take_waiting(other->classes[size_class]); offset != 0) {
        return offset;
      }
    }
  }
  if (const std::uint64_t offset = scan_table(stripe, size_class, owner); offset != 0) {
    return offset;
  }
  if (const std::optional<std::uint32_t> page = runs_.take_page(size_class, reason)) {
    hints.set_last_page(*page + 1);
    return take_claimed(*page, size_class, owner);
  }
  return scan_everything(size_class, owner);
}

/// Looks at some pages for one of the class that may have a free block; at other pages each time,
/// and than other threads do.
std::uint64_t Blocks::scan_table(Stripe& stripe, unsigned size_class,
                                 std::uint32_t owner) noexcept {
  const std::uint32_t limit = table_.limit();
  if (limit == 0) {
    return 0;
  }
  std::uint32_t at = stripe.cursor.load(relaxed);
  if (at == 0) {
    at = (attachment_.id() * Stripes::count + Stripes::thread_index()) * 0x9E3779B1U;
  }
  at %= limit;
  const std::uint64_t unclaimed = PageWord::small(size_class, 0).word;
  std::uint64_t offset = 0;
  for (std::uint32_t i = std::min(limit, pages_per_scan); i != 0 && offset == 0; --i) {
    const Page& page = table_.page(at);
    if (page.word.load(relaxed) == unclaimed && page.maybe_free.load(relaxed) != 0) {
      offset = take_any(at, size_class, owner);
      if (offset != 0) {
        stripe.classes[size_class].set_last_page(at + 1);
      }
    }
    at = at + 1 < limit ? at + 1 : 0;
  }
  stripe.cursor.store(at + limit, relaxed);  // not zero, and the same place
  return offset;
}

/// The last resort: every page of the class, whatever the hints say, and of the larger ones. Gives
/// who is just taking a block some time to end its claim.
std::uint64_t Blocks::scan_everything(unsigned& size_class, std::uint32_t owner) noexcept {
  for (int tries = 0; tries < 4; ++tries) {
    bool busy = false;
    const std::uint32_t limit = table_.limit();
    for (unsigned larger = size_class; larger < table_.classes(); ++larger) {
      for (std::uint32_t page = 0; page < limit; ++page) {
        const PageWord word = table_.word(page);
        if (word.kind() == PageKind::small && word.size_class() == larger) {
          const std::uint64_t offset = take_any(page, larger, owner, &busy);
          if (offset != 0) {
            size_class = larger;
            return offset;
          }
        }
      }
    }
    if (!busy) {
      break;
    }
    sched_yield();
  }
  return 0;
}

void Blocks::note_free(std::uint32_t number, unsigned size_class, std::uint32_t index) {
  Page& page = table_.page(number);
  Stripe& stripe = stripes_.mine();
  ClassHints& hints = stripe.classes[size_class];
  if (page.maybe_free.load(relaxed) == 0) {
    page.scan_hint.store(index, relaxed);
    page.maybe_free.store(1, relaxed);
    hints.push_page(number + 1);
  }
  hints.push_block(BlockHint::make(number, index));
  const std::uint64_t freed = stripe.freed_bytes.load(relaxed) + class_sizes[size_class].bytes;
  stripe.freed_bytes.store(freed, relaxed);
  if (freed >= freed_bytes_step) {
    note_freed_bytes(stripe);
  }
}

/// Looks for empty pages each time that as much was freed as there are pages, so that looking costs
/// little a block.
void Blocks::note_freed_bytes(Stripe& stripe) {
  const std::uint64_t freed = stripe.freed_bytes.exchange(0, relaxed);
  const std::uint64_t since = freed_bytes_.fetch_add(freed, relaxed) + freed;
  const std::uint64_t pages_bytes = std::uint64_t{table_.limit()} * table_.page_bytes();
  const std::uint32_t patience = patience_.load(relaxed);
  if (since < std::max(least_freed_bytes, pages_bytes) * patience) {
    return;
  }
  freed_bytes_.store(0, relaxed);
  const std::uint32_t recycled = runs_.recycle();
  patience_.store(recycled >= table_.limit() / 16 ? 1 : std::min(patience * 2, most_patience),
                  relaxed);
}

void Blocks::drop_claims(std::uint32_t slot) noexcept {
  const std::uint32_t limit = table_.limit();
  for (std::uint32_t number = 0; number < limit; ++number) {
    const PageWord word = table_.word(number);
    if (word.kind() == PageKind::small && word.claimant() == slot + 1) {
      Page& page = table_.page(number);
      // As the dead claimant would have, had it lived: its tags are whole at every instruction.
      // Repeatable.
      release_claim(page, word.size_class());
      page.maybe_free.store(1, relaxed);
    }
  }
}

}  // namespace ipcarc::detail
