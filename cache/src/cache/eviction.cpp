// What leaves the cache, and the queues made anew from what is in it.
#include <algorithm>

#include "cache/parts.hpp"

namespace ipcarc::detail {
namespace {

/// The small queue's share of the budget: a tenth.
constexpr std::uint64_t small_share = 10;

}  // namespace

void CacheParts::drop(Queues& view, std::uint32_t node, const CacheItem& item) {
  // Killed here, or after it: unbound, and the node says otherwise; rebuild() makes the queues anew.
  core.directory().unbind(item.handle.index());
  view.release(node);
}

bool CacheParts::evict_if_over(Queues& view, std::uint32_t node, const CacheItem& item) {
  if (!item) {
    view.release(node);  // removed past the cache
    return true;
  }
  if (!is_fresh(item.head)) {
    drop(view, node, item);
    count_up(board->expirations);
    return true;
  }
  return false;
}

bool CacheParts::evict_from_small(Queues& view) {
  const std::uint64_t limit = budget();
  while (view.count(Queues::small) != 0) {
    const std::uint32_t node = view.oldest(Queues::small);
    const CacheItem item = item_of(view.at(node));
    if (evict_if_over(view, node, item)) {
      return true;
    }
    if (item.head->frequency.load(std::memory_order_relaxed) <= 1) {
      core.directory().unbind(item.handle.index());
      view.banish(node);
      count_up(board->evictions);
      return true;
    }
    // relaxed: hints, see the head of item_head.hpp; a reader's touch at this moment may be lost.
    item.head->frequency.store(0, std::memory_order_relaxed);
    item.head->queue.store(Queues::main, std::memory_order_relaxed);
    item.head->sequence.store(view.promote(node), std::memory_order_relaxed);
    if (view.bytes(Queues::main) > limit - limit / small_share && evict_from_main(view)) {
      return true;
    }
  }
  return false;
}

bool CacheParts::evict_from_main(Queues& view) {
  // Readers may touch values as fast as the hand passes them; after as many rounds as a frequency has steps it takes what it meets.
  std::uint64_t passes = (CacheItemHead::max_frequency + 1) * view.count(Queues::main);
  while (view.count(Queues::main) != 0) {
    const std::uint32_t node = view.oldest(Queues::main);
    const CacheItem item = item_of(view.at(node));
    if (evict_if_over(view, node, item)) {
      return true;
    }
    const std::uint8_t frequency = item.head->frequency.load(std::memory_order_relaxed);
    if (frequency == 0 || passes == 0) {
      drop(view, node, item);
      count_up(board->evictions);
      return true;
    }
    --passes;
    item.head->frequency.store(static_cast<std::uint8_t>(frequency - 1), std::memory_order_relaxed);
    item.head->sequence.store(view.promote(node), std::memory_order_relaxed);
  }
  return false;
}

bool CacheParts::evict(Queues& view) {
  const bool small_is_full = view.bytes(Queues::small) >= budget() / small_share;
  return small_is_full || view.count(Queues::main) == 0
             ? evict_from_small(view) || evict_from_main(view)
             : evict_from_main(view);
}

void CacheParts::make_room(Queues& view, std::uint64_t bytes) {
  while (view.bytes() + bytes > budget() && evict(view)) {
  }
}

std::uint32_t CacheParts::take_node(Queues& view) {
  for (;;) {
    try {
      return view.take();
    } catch (const Error& error) {
      if (error.code() != Errc::out_of_memory || !evict(view)) {
        throw;
      }
      if (view.count(Queues::ghosts) != 0) {
        view.release(view.oldest(Queues::ghosts));  // the node of what was evicted
      }
    }
  }
}

std::vector<CacheItem> CacheParts::bound_items() const {
  std::vector<CacheItem> items;
  const std::uint32_t count = core.directory().committed_entries();
  for (std::uint32_t index = 0; index < count; ++index) {
    if (CacheItem item = item_at(index)) {
      items.push_back(std::move(item));
    }
  }
  return items;
}

void CacheParts::rebuild(Queues& view) {
  std::vector<CacheItem> items = bound_items();
  const auto sequence = [](const CacheItem& item) {
    return item.head->sequence.load(std::memory_order_relaxed);
  };
  std::sort(items.begin(), items.end(),
            [&](const CacheItem& a, const CacheItem& b) { return sequence(a) < sequence(b); });
  view.clear();
  for (const CacheItem& item : items) {
    const std::uint32_t index = item.handle.index();
    std::uint32_t node;
    try {
      node = view.take();
    } catch (const Error& error) {
      if (error.code() != Errc::out_of_memory) {
        throw;
      }
      core.directory().unbind(index);  // one that cannot be counted does not stay
      continue;
    }
    const bool is_main = item.head->queue.load(std::memory_order_relaxed) == Queues::main;
    const CacheNode entry = node_for(index, core.directory().state(index).generation());
    item.head->node.store(node, std::memory_order_relaxed);
    view.push(is_main ? Queues::main : Queues::small, node, entry);
  }
  view.set_sequence(items.empty() ? 0 : sequence(items.back()));
  make_room(view, 0);
  view.set_sound(true);
}

void CacheParts::make_anew() {
  for (;;) {
    try {
      queues.reset();
      return;
    } catch (const Error& error) {
      if (error.code() != Errc::out_of_memory) {
        throw;
      }
    }
    // Not even room for empty queues: some values make it.
    bool dropped = false;
    constexpr std::size_t at_most = 16;
    std::vector<CacheItem> items = bound_items();
    for (std::size_t i = 0; i < std::min(at_most, items.size()); ++i) {
      dropped = core.directory().unbind(items[i].handle.index()) || dropped;
    }
    if (!dropped) {
      throw Error(Errc::out_of_memory, "registry \"" + core.name() + "\": cache \"" + name +
                                           "\": no memory for its eviction queues");
    }
  }
}

}  // namespace ipcarc::detail
