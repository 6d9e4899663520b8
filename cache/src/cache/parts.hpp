// One open cache: its two objects, and the eviction over the directory's entries.
//
// Lock order: the entry that is being computed, then the queues' guard, then whatever the directory takes. Nothing takes an entry's mutex under
// the queues' guard.
#pragma once

#include <string>
#include <vector>

#include "cache/board.hpp"
#include "cache/queues.hpp"
#include "ipcarc/cache/detail/cache_core.hpp"
#include "ipcarc/cache/detail/item_head.hpp"
#include "registry/core.hpp"
#include "segment/system_retry.hpp"

namespace ipcarc::detail {

/// A value of the cache, held, and its head; or none.
struct CacheItem {
  Handle handle;
  CacheItemHead* head = nullptr;

  explicit operator bool() const noexcept { return head != nullptr; }
};

/// The steady clock, which all processes of a machine read alike.
inline std::int64_t steady_ns() noexcept {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

struct CacheParts {
  CacheParts(const Registry& opened, std::string_view cache_name, const CacheOptions& options,
             const TypeKey& item);

  CacheName name_of(std::string_view key) const;
  /// The head of a held object, if it was made by this cache.
  CacheItemHead* head_of(const Handle& handle) const noexcept;
  bool is_fresh(const CacheItemHead* head) const noexcept {
    // The clock is asked only where there is a time to compare.
    return head != nullptr && (head->expires_ns == 0 || !head->is_expired(steady_ns()));
  }
  CacheItem find(std::string_view object) const;
  /// The value that a node stands for, if it is bound.
  CacheItem item_of(const CacheNode& node) const;
  /// What the queues keep of the value in `index`, built or held by the caller: in no queue yet.
  CacheNode node_for(std::uint32_t index, std::uint64_t generation) const;
  /// The value in that entry, if it is one of this cache and bound.
  CacheItem item_at(std::uint32_t index) const;
  void count(std::atomic<std::uint64_t> CacheCountLine::*which) const noexcept;

  /// Calls `change` with the queues, locked and sound, then says on the board what they are.
  template <class F>
  auto with_queues(F&& change) {
    const NoCancel no_cancel;
    for (;;) {
      try {
        Guard<CacheQueues> guard = queues.acquire();
        Queues view(*guard);
        if (!view.is_sound()) {
          rebuild(view);
        }
        const Shown shown(*board, view);
        return change(view);
      } catch (const Error& error) {
        if (error.code() != Errc::poisoned) {
          throw;
        }
      }
      make_anew();
    }
  }

  /// Binds the value in `index`, built and not yet bound, by `bind`, which gives its handle.
  template <class F>
  Handle admit(std::string_view object, std::uint32_t index, std::byte* payload,
               std::chrono::nanoseconds time_to_live, F&& bind);

  std::uint64_t budget() const noexcept {
    return board->budget_bytes.load(std::memory_order_relaxed);
  }
  void make_room(Queues& view, std::uint64_t bytes);
  /// Unbinds one value, or forgets one that is bound no more. False if there is none.
  bool evict(Queues& view);
  /// Unbinds an item and gives its node back.
  void drop(Queues& view, std::uint32_t node, const CacheItem& item);
  /// Evicts for it if there is no memory for nodes.
  std::uint32_t take_node(Queues& view);
  /// The queues as the directory has them: order, queue and frequency by the heads, bytes by the regions.
  void rebuild(Queues& view);
  /// After a death under the queues' guard.
  void make_anew();

  const Registry registry;
  Core& core;
  const std::string name;
  const TypeKey& type;
  IpcArc<CacheBoard> board;
  IpcArc<CacheQueues> queues;

 private:
  /// Copies the queues' figures to the board at the end of a scope.
  class Shown {
   public:
    Shown(CacheBoard& board, const Queues& view) noexcept : board_(board), view_(view) {}
    ~Shown() {
      board_.bytes.store(view_.bytes(), std::memory_order_relaxed);
      board_.objects.store(view_.count(), std::memory_order_relaxed);
    }
    Shown(const Shown&) = delete;
    Shown& operator=(const Shown&) = delete;

   private:
    CacheBoard& board_;
    const Queues& view_;
  };

  // False if the queue is empty, perhaps because all that was in it moved on.
  bool evict_from_small(Queues& view);
  bool evict_from_main(Queues& view);
  /// If the value's time has passed, or it is bound no more: there is none any longer, and the node is free. Else false.
  bool evict_if_over(Queues& view, std::uint32_t node, const CacheItem& item);
  std::vector<CacheItem> bound_items() const;
};

/// Counts one more. Under the queues' guard, so nobody else writes it.
inline void count_up(std::atomic<std::uint64_t>& counter) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

template <class F>
Handle CacheParts::admit(std::string_view object, std::uint32_t index, std::byte* payload,
                         std::chrono::nanoseconds time_to_live, F&& bind) {
  const std::uint64_t generation = core.directory().state(index).generation();
  const CacheNode entry = node_for(index, generation);
  auto* head = ::new (static_cast<void*>(payload - sizeof(CacheItemHead))) CacheItemHead{};
  head->stamp = CacheItemHead::stamp_of(index, generation);
  head->expires_ns = time_to_live.count() > 0 ? steady_ns() + time_to_live.count() : 0;
  return with_queues([&](Queues& view) {
    const std::uint64_t limit = budget();
    CacheItem old = find(object);
    std::uint32_t node = Queues::none;
    const auto old_has_node = [&] {
      return old && view.is_node_of(node = old.head->node.load(std::memory_order_relaxed),
                                    old.handle.index(),
                                    core.directory().state(old.handle.index()).generation());
    };
    // Whether the value took its name: one that is computed does not, if another was put meanwhile.
    const auto is_bound = [&] { return !core.directory().state(index).leaving(); };
    if (entry.bytes > limit) {
      Handle handle = bind();
      if (is_bound()) {
        core.directory().unbind(index);
        if (old_has_node()) {
          view.release(node);
        }
      }
      count_up(board->insertions);
      count_up(board->evictions);
      return handle;
    }
    if (old_has_node()) {
      const std::uint64_t had = view.at(node).bytes;
      make_room(view, entry.bytes > had ? entry.bytes - had : 0);
    }
    // Asked again: the value in whose place it comes may have been evicted to make room.
    if (old_has_node()) {
      head->node.store(node, std::memory_order_relaxed);
      head->queue.store(static_cast<std::uint8_t>(view.at(node).queue), std::memory_order_relaxed);
      head->sequence.store(old.head->sequence.load(std::memory_order_relaxed),
                           std::memory_order_relaxed);
      head->frequency.store(old.head->frequency.load(std::memory_order_relaxed),
                            std::memory_order_relaxed);
      head->touch();
      Handle handle = bind();
      // Killed here: bound, and the node is of the old one; the queues are poisoned, and rebuild() makes them anew.
      if (is_bound()) {
        view.replace(node, entry);
        count_up(board->insertions);
      }
      return handle;
    }
    const Queues::Which which = view.recall(entry.hash) ? Queues::main : Queues::small;
    make_room(view, entry.bytes);
    node = take_node(view);
    head->node.store(node, std::memory_order_relaxed);
    head->queue.store(static_cast<std::uint8_t>(which), std::memory_order_relaxed);
    Handle handle;
    try {
      handle = bind();
    } catch (...) {
      view.release(node);
      throw;
    }
    if (!is_bound()) {
      view.release(node);
      return handle;
    }
    // Killed here: bound, and without a node; as above.
    head->sequence.store(view.push(which, node, entry), std::memory_order_relaxed);
    count_up(board->insertions);
    return handle;
  });
}

}  // namespace ipcarc::detail
