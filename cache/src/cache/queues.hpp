// The eviction queues of a cache: S3-FIFO's small and main queue, and the ghosts, which are hashes of keys that left the small one.
//
// The shared half, CacheQueues, is the value of a guarded object: whoever has its guard changes it, and a death inside leaves it poisoned, to be
// made anew. The private half, Queues, is a view of it. Nothing here knows of entries: a node has an index and a generation, which
// its user compares with the directory.
//
// 1. Each node is in one of the three queues, or on the list of free ones, or its taker's.
// 2. A queue's count and bytes are those of its nodes. A ghost has no bytes.
// 3. The chain of a bucket has the ghosts whose hash leads to it, and no others.
#pragma once

#include <cstdint>

#include "ipcarc/containers/vector.hpp"

namespace ipcarc::detail {

/// Lies in the segment.
struct CacheNode {
  std::uint64_t generation;  // of the entry
  std::uint64_t bytes;       // of its region
  std::uint32_t index;       // of the entry
  std::uint32_t hash;        // the low half of its name's
  std::uint32_t newer;       // free: the next free one
  std::uint32_t older;
  std::uint32_t chain;  // ghosts: the next of the bucket
  std::uint32_t queue;  // which one it is in
};
static_assert(sizeof(CacheNode) == 40);

/// Lies in the segment.
struct CacheQueue {
  std::uint32_t newest;
  std::uint32_t oldest;
  std::uint64_t count;
  std::uint64_t bytes;
};
static_assert(sizeof(CacheQueue) == 24);

/// Lies in the segment. New, it knows nothing: `sound` is set by who made it say what the directory says.
struct CacheQueues {
  std::uint32_t sound;
  std::uint32_t free;      // the first free node
  std::uint64_t sequence;  // of the last arrival
  CacheQueue small;
  CacheQueue main;
  CacheQueue ghosts;
  vector<CacheNode> nodes;
  vector<std::uint32_t> buckets;  // of ghosts: as many as there are nodes, a power of two
};

/// The view of one who has the guard.
class Queues {
 public:
  static constexpr std::uint32_t none = 0xFFFFFFFF;
  enum Which : std::uint32_t { nowhere = 0, small = 1, main = 2, ghosts = 3 };

  explicit Queues(CacheQueues& shared) noexcept : shared_(shared) {}

  bool is_sound() const noexcept { return shared_.sound != 0; }
  void set_sound(bool sound) noexcept { shared_.sound = sound ? 1 : 0; }
  /// No node, no ghost.
  void clear() noexcept;

  std::uint64_t bytes() const noexcept { return shared_.small.bytes + shared_.main.bytes; }
  std::uint64_t count() const noexcept { return shared_.small.count + shared_.main.count; }
  std::uint64_t bytes(Which which) const noexcept { return queue(which).bytes; }
  std::uint64_t count(Which which) const noexcept { return queue(which).count; }
  std::uint32_t oldest(Which which) const noexcept { return queue(which).oldest; }
  const CacheNode& at(std::uint32_t node) const noexcept { return shared_.nodes[node]; }
  /// Whether the node, any number, is of that entry.
  bool is_node_of(std::uint32_t node, std::uint32_t index, std::uint64_t generation) const noexcept;

  /// A node that is nowhere. Throws out_of_memory, and then nothing has changed.
  std::uint32_t take();
  /// Of one that is nowhere, or out of its queue.
  void release(std::uint32_t node) noexcept;
  /// Puts a node of an entry at the new end of `small` or `main`. The arrival's number.
  std::uint64_t push(Which which, std::uint32_t node, const CacheNode& entry) noexcept;
  /// Out of its queue and in at the new end of main.
  std::uint64_t promote(std::uint32_t node) noexcept;
  /// Another entry in the node's place.
  void replace(std::uint32_t node, const CacheNode& entry) noexcept;
  /// Out of its queue; a ghost of its hash from now on. As many of these are kept as there are values.
  void banish(std::uint32_t node) noexcept;
  /// Whether there was a ghost of that hash; it is no more.
  bool recall(std::uint32_t hash) noexcept;
  /// The last arrival's number, for who gives numbers of older ones.
  void set_sequence(std::uint64_t sequence) noexcept { shared_.sequence = sequence; }

 private:
  CacheQueue& queue(std::uint32_t which) const noexcept;
  CacheNode& node_at(std::uint32_t node) noexcept { return shared_.nodes[node]; }
  std::uint32_t& bucket_of(std::uint32_t hash) noexcept {
    return shared_.buckets[hash & (shared_.buckets.size() - 1)];
  }
  void grow();
  void link(Which which, std::uint32_t node) noexcept;
  void unlink(std::uint32_t node) noexcept;
  void unchain(std::uint32_t node) noexcept;

  CacheQueues& shared_;
};

}  // namespace ipcarc::detail
