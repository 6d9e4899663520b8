// Entries: claiming a free one, and giving one back.
#include "directory/directory.hpp"

namespace ipcarc::detail {

void Directory::commit_entries(std::uint32_t count) {
  const Geometry& g = segment_.geometry();
  std::uint32_t have = committed_entries();
  if (count <= have) {
    return;
  }
  segment_.commit(g.entries + std::uint64_t{have} * sizeof(Entry),
                  std::uint64_t{count - have} * sizeof(Entry));
  // What the last step holds beyond `count` is there as well.
  const std::uint64_t step = g.commit_bytes();
  const std::uint64_t end =
      (g.entries + std::uint64_t{count} * sizeof(Entry) + step - 1) / step * step;
  const auto whole = static_cast<std::uint32_t>(
      std::min<std::uint64_t>((end - g.entries) / sizeof(Entry), g.max_objects));
  segment_.commit(g.links, Geometry::links_bytes(whole));
  std::atomic<std::uint32_t>& word = segment_.header().entries_committed;
  have = word.load(std::memory_order_relaxed);
  // release: pairs with committed_entries(). Killed before it: committed memory that nobody knows of; the next to need it finds its bits set.
  while (have < whole && !word.compare_exchange_weak(have, whole, std::memory_order_release,
                                                     std::memory_order_relaxed)) {
  }
}

bool Directory::try_claim(std::uint32_t index) {
  std::atomic<std::uint64_t>& word = entries_[index].state;
  std::uint64_t seen = word.load(std::memory_order_relaxed);
  if (State{seen}.phase() != Phase::free) {
    return false;
  }
  // acq_rel: acquire pairs with the release in free_entry(): its regions are gone. Killed here: building by the dead; its reaper frees it.
  return word.compare_exchange_strong(
      seen, State::make(State{seen}.generation(), Phase::building, 0, attachment_.id()).word,
      std::memory_order_acq_rel, std::memory_order_relaxed);
}

std::optional<std::uint32_t> Directory::claim_freed_entry() {
  for (;;) {
    std::uint32_t index;
    {
      const std::lock_guard lock(freed_lock_);
      if (freed_.empty()) {
        return std::nullopt;
      }
      index = freed_.back();
      freed_.pop_back();
    }
    if (try_claim(index)) {
      return index;
    }
  }
}

std::optional<std::uint32_t> Directory::claim_other_entry() {
  Header& header = segment_.header();
  const std::uint32_t max = segment_.geometry().max_objects;
  while (header.entries_fresh.load(std::memory_order_relaxed) < max) {
    // relaxed: a hint; the CAS on the state decides. Killed after it: the index is skipped until a scan finds it.
    const std::uint32_t index = header.entries_fresh.fetch_add(1, std::memory_order_relaxed);
    if (index >= max) {
      break;
    }
    commit_entries(index + 1);
    if (try_claim(index)) {
      return index;
    }
  }
  const std::uint32_t count = committed_entries();
  const std::uint32_t start = header.entries_scan.load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto index = static_cast<std::uint32_t>((std::uint64_t{start} + i) % count);
    if (try_claim(index)) {
      header.entries_scan.store(index + 1, std::memory_order_relaxed);  // a hint
      return index;
    }
  }
  return std::nullopt;
}

std::optional<std::uint32_t> Directory::claim_entry() {
  // Hints first: what this process freed, then what was never used.
  std::optional<std::uint32_t> index = claim_freed_entry();
  if (!index) [[unlikely]] {
    index = claim_other_entry();
    if (!index) {
      return std::nullopt;
    }
  }
  Entry& e = entries_[*index];
  // Nobody else sees a building entry but by chance, in a walk that its generation ends; these words need no order among themselves.
  e.version.store(0, std::memory_order_relaxed);
  e.waiters.store(0, std::memory_order_relaxed);
  if (!is_fresh_robust(e.mutex)) {
    init_robust(e.mutex);  // nobody waits for it: that takes a hold
  }
  return index;
}

void Directory::write_tail(std::uint32_t index, std::string_view name) {
  segment_.commit(segment_.geometry().name_tails + name_tail_bytes * std::uint64_t{index},
                  name_tail_bytes);
  std::atomic<std::uint64_t>* tail = tail_of(segment_, index);
  for (std::size_t at = 0; at < name.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, name.data() + at, std::min(sizeof word, name.size() - at));
    tail[at / sizeof word].store(word, std::memory_order_release);
  }
}

void Directory::write_name(std::uint32_t index, const NameKey& key) {
  Entry& e = entries_[index];
  if (key.name.size() > inline_name_bytes) {
    write_tail(index, key.name);
  }
  for (std::size_t i = 0; i < key.words.size(); ++i) {
    // release: pairs with same_name(): who reads it sees this generation's state.
    e.name[i].store(key.words[i], std::memory_order_release);
  }
  e.hash.store(key.hash, std::memory_order_release);
}

void Directory::abandon(std::uint32_t index) {
  free_entry(index);
}

void Directory::free_regions(std::uint32_t index) {
  Entry& e = entries_[index];
  if (has_region(e)) {
    free_region(heap_, e.root[0], index + 1, has_arena(e));
    free_region(heap_, e.root[1], index + 1, has_arena(e));
  }
}

void Directory::free_entry(std::uint32_t index) {
  Entry& e = entries_[index];
  const Version version{e.version.load(std::memory_order_relaxed)};
  bool whole = !has_region(e) || (version.owner() == 0 && !version.changing());
  if (whole) {
    try {
      free_regions(index);
    } catch (const Error&) {
      whole = false;  // a chain that leads nowhere: the tags know
    }
  }
  if (!whole) {
    // A holder died inside: a block may be tagged and on no chain.
    const std::uint32_t owner[] = {index + 1};
    heap_.free_owned_by(owner);
    e.root[0].store(0, std::memory_order_relaxed);
    e.root[1].store(0, std::memory_order_relaxed);
  }
  const State now = state(index);
  // release: pairs with try_claim(): the regions are gone before the entry is free.
  e.state.store(State::make(now.generation() + 1, Phase::free).word, std::memory_order_release);
  const std::lock_guard lock(freed_lock_);
  if (freed_.size() < freed_.capacity()) {
    freed_.push_back(index);
  }
}

}  // namespace ipcarc::detail
