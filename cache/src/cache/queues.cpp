#include "cache/queues.hpp"

#include <algorithm>

namespace ipcarc::detail {
namespace {

constexpr std::size_t first_nodes = 16;
constexpr CacheQueue no_nodes{Queues::none, Queues::none, 0, 0};

}  // namespace

void Queues::clear() noexcept {
  shared_.free = none;
  shared_.small = no_nodes;
  shared_.main = no_nodes;
  shared_.ghosts = no_nodes;
  shared_.nodes.clear();
  shared_.buckets.clear();
}

CacheQueue& Queues::queue(std::uint32_t which) const noexcept {
  return which == small ? shared_.small : which == main ? shared_.main : shared_.ghosts;
}

bool Queues::is_node_of(std::uint32_t node, std::uint32_t index,
                        std::uint64_t generation) const noexcept {
  return node < shared_.nodes.size() && (at(node).queue == small || at(node).queue == main) &&
         at(node).index == index && at(node).generation == generation;
}

void Queues::grow() {
  const std::size_t have = shared_.nodes.size();
  const std::size_t want = std::max(first_nodes, 2 * have);
  shared_.nodes.reserve(want);
  shared_.buckets.reserve(want);
  // From here on nothing allocates.
  shared_.nodes.resize(want);
  shared_.buckets.assign(want, none);
  for (std::size_t node = want; node-- > have;) {
    release(static_cast<std::uint32_t>(node));
  }
  for (std::uint32_t node = shared_.ghosts.oldest; node != none; node = at(node).newer) {
    std::uint32_t& bucket = bucket_of(at(node).hash);
    node_at(node).chain = bucket;
    bucket = node;
  }
}

std::uint32_t Queues::take() {
  if (shared_.free == none) {
    grow();
  }
  const std::uint32_t node = shared_.free;
  shared_.free = at(node).newer;
  return node;
}

void Queues::release(std::uint32_t node) noexcept {
  if (at(node).queue != nowhere) {
    unlink(node);
  }
  node_at(node) = {0, 0, 0, 0, shared_.free, none, none, nowhere};
  shared_.free = node;
}

void Queues::link(Which which, std::uint32_t node) noexcept {
  CacheQueue& q = queue(which);
  CacheNode& n = node_at(node);
  n.queue = which;
  n.newer = none;
  n.older = q.newest;
  (q.newest == none ? q.oldest : node_at(q.newest).newer) = node;
  q.newest = node;
  ++q.count;
  q.bytes += n.bytes;
}

void Queues::unlink(std::uint32_t node) noexcept {
  CacheNode& n = node_at(node);
  CacheQueue& q = queue(n.queue);
  if (n.queue == ghosts) {
    unchain(node);
  }
  (n.newer == none ? q.newest : node_at(n.newer).older) = n.older;
  (n.older == none ? q.oldest : node_at(n.older).newer) = n.newer;
  --q.count;
  q.bytes -= n.bytes;
  n.queue = nowhere;
}

void Queues::unchain(std::uint32_t node) noexcept {
  std::uint32_t* from = &bucket_of(at(node).hash);
  while (*from != node) {
    from = &node_at(*from).chain;
  }
  *from = at(node).chain;
}

std::uint64_t Queues::push(Which which, std::uint32_t node, const CacheNode& entry) noexcept {
  node_at(node) = entry;
  link(which, node);
  return ++shared_.sequence;
}

std::uint64_t Queues::promote(std::uint32_t node) noexcept {
  unlink(node);
  link(main, node);
  return ++shared_.sequence;
}

void Queues::replace(std::uint32_t node, const CacheNode& entry) noexcept {
  CacheNode& n = node_at(node);
  queue(n.queue).bytes += entry.bytes - n.bytes;
  n.index = entry.index;
  n.generation = entry.generation;
  n.bytes = entry.bytes;
}

void Queues::banish(std::uint32_t node) noexcept {
  unlink(node);
  CacheNode& n = node_at(node);
  n.bytes = 0;
  std::uint32_t& bucket = bucket_of(n.hash);
  n.chain = bucket;
  bucket = node;
  link(ghosts, node);
  while (count(ghosts) > count()) {
    release(oldest(ghosts));
  }
}

bool Queues::recall(std::uint32_t hash) noexcept {
  if (shared_.buckets.empty()) {
    return false;
  }
  for (std::uint32_t node = bucket_of(hash); node != none; node = at(node).chain) {
    if (at(node).hash == hash) {
      release(node);
      return true;
    }
  }
  return false;
}

}  // namespace ipcarc::detail
