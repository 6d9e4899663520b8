// The claim on a small page: who has it alone may take blocks of it, or recycle it when it is
// empty.
//
// Nobody waits for a claim: a page that is busy is passed by. A claim lasts tens of nanoseconds;
// one whose holder died lasts until Heap::drop_claims().
#pragma once

#include "ipcarc/detail/page_word.hpp"
#include "layout/tables.hpp"

namespace ipcarc::detail {

/// Claims `page` for `claimant` (slot + 1) if it is a page of `size_class` that nobody claims.
inline bool try_claim(Page& page, unsigned size_class, std::uint32_t claimant) noexcept {
  std::uint64_t expected = PageWord::small(size_class, 0).word;
  // acquire: pairs with release_claim(), Runs::take_page() and with who recycled the page; its tags
  // are as they left them.
  // killed here: the page is claimed by the dead; drop_claims() unclaims it.
  return page.word.compare_exchange_strong(expected, PageWord::small(size_class, claimant).word,
                                           std::memory_order_acquire, std::memory_order_relaxed);
}

/// Ends a claim. Only the claimant stores to the word meanwhile, so a plain store does.
inline void release_claim(Page& page, unsigned size_class) noexcept {
  // release: pairs with try_claim(); the tags stored under the claim are seen by the next claimant.
  page.word.store(PageWord::small(size_class, 0).word, std::memory_order_release);
}

}  // namespace ipcarc::detail
