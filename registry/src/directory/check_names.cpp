// The check of the names: which entries there are, and the chains that lead to
// them.
#include <bit>

#include "directory/check.hpp"
#include "directory/name_key.hpp"

namespace ipcarc::detail {
namespace {

std::string at(std::uint32_t index) {
  return "entry " + std::to_string(index) + ": ";
}

}  // namespace

std::uint32_t DirectoryCheck::committed_entries() const noexcept {
  const auto claimed = reader_.at<std::uint32_t>(offsetof(Header, entries_committed));
  if (claimed == count_) {
    return claimed;  // looked into before
  }
  return claimed <= geometry_.max_objects &&
                 reader_.committed(geometry_.entries, std::uint64_t{claimed} * sizeof(Entry)) &&
                 reader_.committed(geometry_.links, Geometry::links_bytes(claimed))
             ? claimed
             : 0;
}

Entry& DirectoryCheck::read_entry(std::uint32_t index) const noexcept {
  reader_.read(geometry_.entries + std::uint64_t{index} * sizeof(Entry),
               static_cast<void*>(&entry_), sizeof entry_);
  return entry_;
}

std::uint32_t DirectoryCheck::link_behind(std::uint32_t index) const noexcept {
  return reader_.at<std::uint32_t>(geometry_.link_behind(index));
}

std::uint64_t DirectoryCheck::shard_at(std::uint32_t hash) const noexcept {
  return geometry_.shards + (hash & (geometry_.shard_count - 1)) * sizeof(Shard);
}

std::uint32_t DirectoryCheck::sequence_of(std::uint32_t hash) const noexcept {
  return reader_.at<std::uint32_t>(shard_at(hash) + offsetof(Shard, sequence));
}

std::uint32_t DirectoryCheck::shard_owner(std::uint32_t hash) const noexcept {
  return reader_.at<std::uint32_t>(shard_at(hash) + offsetof(Shard, mutex) +
                                   offsetof(RobustMutex, owner));
}

DirectoryCheck::Seen* DirectoryCheck::seen(std::uint32_t index) noexcept {
  const auto it = std::lower_bound(
      seen_.begin(), seen_.end(), index,
      [](const Seen& entry, std::uint32_t wanted) { return entry.index < wanted; });
  return it != seen_.end() && it->index == index ? &*it : nullptr;
}

void DirectoryCheck::collect() {
  const auto claimed = reader_.at<std::uint32_t>(offsetof(Header, entries_committed));
  count_ = committed_entries();
  if (count_ != claimed) {
    findings_.error("entries: " + std::to_string(claimed) +
                    " said to be committed, which is not so or too many");
  }
  findings_.report().entries += count_;
  findings_.expect(std::uint64_t{count_} * 2 + geometry_.bucket_count);
  steps_left_ = std::uint64_t{count_} * 4 + 1'000'000;
  reader_.for_each<Entry>(
      geometry_.entries, count_,
      [this](std::uint64_t index, const Entry& e) {
        const State state{e.state.load(std::memory_order_relaxed)};
        if (state.phase() != Phase::free) {
          const auto place = static_cast<std::uint32_t>(index);
          seen_.push_back({place, link_behind(place), state.word,
                           e.hash.load(std::memory_order_relaxed), false});
        }
      },
      [this](std::uint64_t passed) { findings_.passed(passed); });
}

void DirectoryCheck::chains() {
  reader_.for_each<std::uint32_t>(
      geometry_.buckets, geometry_.bucket_count,
      [this](std::uint64_t number, std::uint32_t link) {
        const auto bucket = static_cast<std::uint32_t>(number);
        if (link != 0 && chain_is_odd(bucket, link)) {
          findings_.settle(seen_.size() / geometry_.bucket_count + 4,
                           [&](Look& look) { return look_at_chain(bucket, look); });
        }
      },
      [this](std::uint64_t passed) { findings_.passed(passed); });
}

/// Whether a chain, as it was seen, has something to look at twice.
bool DirectoryCheck::chain_is_odd(std::uint32_t bucket, std::uint32_t link) {
  bool odd = false;
  std::vector<std::uint32_t> hashes;
  while (link != 0) {
    Seen* const entry = seen(geometry_.index_of(link));
    if (entry == nullptr || entry->linked) {
      return true;
    }
    entry->linked = true;
    const State state{entry->state};
    odd = odd || !state.holdable() || state.leaving() ||
          (entry->hash & (geometry_.bucket_count - 1)) != bucket ||
          link != geometry_.link_to(entry->index, entry->hash);
    hashes.push_back(entry->hash);
    link = entry->next;
  }
  std::sort(hashes.begin(), hashes.end());
  return odd || std::adjacent_find(hashes.begin(), hashes.end()) != hashes.end();
}

/// Damaged chains can be walked for ever; so all that are walked again have so
/// many steps in all.
std::uint64_t DirectoryCheck::step() const noexcept {
  steps_left_ -= steps_left_ != 0 ? 1 : 0;
  return steps_left_;
}

bool DirectoryCheck::look_at_chain(std::uint32_t bucket, Look& look) const {
  const std::uint32_t sequence = sequence_of(bucket);
  const Severity half_changed = of_the_lock(shard_owner(bucket));
  const std::uint32_t count = committed_entries();
  const std::string name = "bucket " + std::to_string(bucket) + ": ";
  if (steps_left_ == 0) {
    look.error(name + "its chain is damaged, as many are");
    return true;
  }
  std::map<std::uint32_t, std::array<std::uint64_t, 4>> met;
  for (auto link = reader_.at<std::uint32_t>(geometry_.buckets + bucket * sizeof(std::uint32_t));
       link != 0;) {
    const std::uint32_t index = geometry_.index_of(link);
    if (index >= count) {
      look.error(name + "a link to entry " + std::to_string(index) + " of " +
                 std::to_string(count));
      break;
    }
    const Entry& e = read_entry(index);
    std::array<std::uint64_t, 4> words;
    for (std::size_t i = 0; i < words.size(); ++i) {
      words[i] = e.name[i].load(std::memory_order_relaxed);
    }
    if (!met.emplace(index, words).second) {
      look.error(name + "runs in a circle");
      break;
    }
    look_at_linked(e, index, link, bucket, half_changed, look);
    link = link_behind(index);
    if (step() == 0) {
      break;
    }
  }
  // Short names are told by their words; long ones, of which two alike are as
  // rare as damage, are not.
  std::map<std::array<std::uint64_t, 4>, std::uint32_t> names;
  for (const auto& [index, words] : met) {
    if ((words[3] >> 56) <= inline_name_bytes && !names.emplace(words, index).second) {
      look.add(half_changed == Severity::leftover ? Severity::error : half_changed,
               at(index) + "has the name of entry " + std::to_string(names[words]));
    }
  }
  return sequence_of(bucket) == sequence;
}

void DirectoryCheck::look_at_linked(const Entry& e, std::uint32_t index, std::uint32_t link,
                                    std::uint32_t bucket, Severity half_changed, Look& look) const {
  const State state{e.state.load(std::memory_order_relaxed)};
  if (state.phase() == Phase::destroying) {
    look.add(half_changed, at(index) + "destroying, and still linked");
  } else if (!state.holdable()) {
    look.error(at(index) + "linked, but free or building");
  } else {
    const std::uint32_t hash = e.hash.load(std::memory_order_relaxed);
    if ((hash & (geometry_.bucket_count - 1)) != bucket) {
      look.error(at(index) + "linked in bucket " + std::to_string(bucket) +
                 ", its hash belongs to another");
    } else if (link != geometry_.link_to(index, hash)) {
      look.error(at(index) + "the link to it has bits of another hash, so it is not found");
    }
    if (state.leaving()) {
      look.add(half_changed, at(index) + "leaving, and still linked");
    }
  }
}

std::optional<bool> DirectoryCheck::is_linked(const Entry& e, std::uint32_t wanted,
                                              bool otherwise) const {
  const std::uint32_t hash = e.hash.load(std::memory_order_relaxed);
  const std::uint32_t sequence = sequence_of(hash);
  const std::uint32_t bucket = hash & (geometry_.bucket_count - 1);
  const std::uint32_t count = committed_entries();
  bool linked = false;
  std::uint32_t steps = 0;
  for (auto link = reader_.at<std::uint32_t>(geometry_.buckets + bucket * sizeof(std::uint32_t));
       link != 0 && geometry_.index_of(link) < count && ++steps <= count && !linked;) {
    const std::uint32_t index = geometry_.index_of(link);
    linked = index == wanted;
    if (step() == 0) {
      return otherwise;
    }
    link = link_behind(index);
  }
  return sequence_of(hash) == sequence ? std::optional(linked) : std::nullopt;
}

}  // namespace ipcarc::detail
