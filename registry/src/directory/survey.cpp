#include "directory/survey.hpp"

#include <linux/futex.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "directory/name_key.hpp"
#include "directory/type_log.hpp"
#include "heap/heap_check.hpp"

namespace ipcarc::detail {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;  // of private copies
constexpr int most_looks = 100;

// The lock word of a copied mutex: glibc keeps the holder's thread there, and as FUTEX_WAITERS that others sleep.
struct LockWord {
  explicit LockWord(const pthread_mutex_t& mutex)
      : word(static_cast<std::uint32_t>(mutex.__data.__lock)) {}
  bool held() const { return (word & FUTEX_TID_MASK) != 0; }
  bool waited_for() const { return held() && (word & FUTEX_WAITERS) != 0; }
  std::uint32_t word;
};

}  // namespace

std::optional<std::string> stored_name(const SegmentReader& reader, const Entry& entry,
                                       std::uint32_t index) {
  unsigned char bytes[32];
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint64_t word = entry.name[i].load(relaxed);
    std::memcpy(bytes + i * sizeof word, &word, sizeof word);
  }
  const std::size_t length = bytes[inline_name_bytes];
  std::string name(std::min(length, max_name_bytes), '\0');
  if (length <= inline_name_bytes) {
    std::memcpy(name.data(), bytes, length);
    return name;
  }
  const std::uint64_t tail = reader.geometry().name_tails + name_tail_bytes * std::uint64_t{index};
  if (length > max_name_bytes || !reader.committed(tail, name_tail_bytes)) {
    return std::nullopt;
  }
  reader.read(tail, name.data(), length);
  return name;
}

std::string stored_layout(const SegmentReader& reader, std::uint32_t type) {
  const Geometry& geometry = reader.geometry();
  const std::uint64_t offset = (std::uint64_t{type} - 1) * 8;
  const auto used =
      std::min(reader.at<std::uint64_t>(offsetof(Header, types_used)), geometry.types_bytes);
  if (type == 0 || offset > used || used - offset < sizeof(TypeRecord)) {
    return {};
  }
  const auto record = reader.at<TypeRecord>(geometry.types + offset);
  std::string text(std::min<std::uint64_t>(record.layout_bytes, used - offset - sizeof(TypeRecord)),
                   '\0');
  reader.read(geometry.types + offset + sizeof(TypeRecord), text.data(), text.size());
  return text;
}

std::uint32_t Survey::entry_count() const noexcept {
  return std::min(reader_.at<std::uint32_t>(offsetof(Header, entries_committed)),
                  geometry_.max_objects);
}

void Survey::read_entry(std::uint32_t index, Entry& entry) const noexcept {
  reader_.read(geometry_.entries + std::uint64_t{index} * sizeof(Entry), static_cast<void*>(&entry),
               sizeof entry);
}

bool Survey::stayed(const Copied& copied) const noexcept {
  const State now{reader_.at<std::uint64_t>(
      geometry_.entries + std::uint64_t{copied.index} * sizeof(Entry) + offsetof(Entry, state))};
  return now.generation() == copied.state.generation() && now.holdable();
}

std::map<std::uint32_t, std::uint64_t> Survey::owned_bytes(Stats& stats) {
  CheckReport unused;
  const CheckProgress nobody_waits;
  Findings findings(unused, nobody_waits, false);
  HeapCheck heap(reader_, standings_, findings);
  std::map<std::uint32_t, std::uint64_t> owned;
  heap.for_each_block([&](const BlockAt& block) {
    owned[block.owner] += block.bytes;
    stats.heap_bytes_used += block.bytes;
  });
  const std::uint64_t heap_end = geometry_.page_offset(heap.limit());
  stats.heap_bytes_committed = committed_bytes(geometry_.heap, heap_end);
  stats.heap_bytes_capacity = std::uint64_t{geometry_.page_count} * geometry_.page_bytes();
  return owned;
}

std::uint64_t Survey::committed_bytes(std::uint64_t begin, std::uint64_t end) const {
  constexpr std::uint64_t batch = 1024;  // words of the map
  std::array<std::uint64_t, batch> words{};
  std::uint64_t bytes = 0;
  std::uint64_t first_word = 0;
  bool any = false;
  for (std::uint64_t at = begin; at < end;) {
    const std::uint64_t step = at >> geometry_.commit_shift;
    if (!any || step / 64 - first_word >= batch) {
      any = true;
      first_word = step / 64;
      reader_.read(geometry_.commit_map + first_word * sizeof words[0], words.data(), sizeof words);
    }
    const std::uint64_t next = std::min(end, (step + 1) << geometry_.commit_shift);
    if ((words[step / 64 - first_word] >> (step % 64) & 1) != 0) {
      bytes += next - at;
    }
    at = next;
  }
  return bytes;
}

std::optional<EntryInfo> Survey::describe(const Entry& entry, std::uint32_t index) {
  const State state{entry.state.load(relaxed)};
  if (!state.holdable()) {
    return std::nullopt;
  }
  const Version version{entry.version.load(relaxed)};
  std::optional<std::string> name = stored_name(reader_, entry, index);
  EntryInfo info;
  info.type = type_name(entry.type.load(relaxed));
  if (!name || !stayed({index, state})) {
    return std::nullopt;
  }
  info.name = *std::move(name);
  info.fingerprint = entry.fingerprint.load(relaxed);
  info.payload_bytes = entry.payload_bytes.load(relaxed);
  info.version = version.count();
  info.created_ns = entry.created_s.load(relaxed) * std::uint64_t{1'000'000'000};
  info.creator_pid = entry.creator_pid.load(relaxed);
  for (const auto& word : entry.holders) {
    info.holders += static_cast<std::uint32_t>(std::popcount(word.load(relaxed)));
  }
  info.linked = !state.leaving();
  info.pinned = state.pinned();
  info.frozen = state.frozen();
  info.reserved = state.phase() == Phase::reserved;
  info.locked = version.owner() != 0 && standings_.of(version.owner() - 1) == Standing::alive;
  info.poisoned = version.changing() && !info.locked;
  info.lock_free =
      !state.frozen() && entry.kind.load(relaxed) == static_cast<std::uint32_t>(PayloadKind::plain);
  info.entry = index;
  info.generation = state.generation();
  return info;
}

std::vector<EntryInfo> Survey::entries() {
  std::vector<EntryInfo> all;
  Stats unused;
  const std::map<std::uint32_t, std::uint64_t> owned = owned_bytes(unused);
  reader_.for_each<Entry>(
      geometry_.entries, entry_count(),
      [&](std::uint64_t number, const Entry& copy) {
        const auto index = static_cast<std::uint32_t>(number);
        std::optional<EntryInfo> info = describe(copy, index);
        if (!info && State{copy.state.load(relaxed)}.holdable()) {
          Entry again;
          read_entry(index, again);
          info = describe(again, index);
        }
        if (info) {
          const auto bytes = owned.find(index + 1);
          info->memory_bytes = bytes != owned.end() ? bytes->second : 0;
          all.push_back(*std::move(info));
        }
      },
      [](std::uint64_t) {});
  return all;
}

std::optional<Survey::Copied> Survey::find(std::string_view name, Entry& entry) const {
  const NameKey key(name);
  const std::uint64_t sequence_at = geometry_.shards +
                                    (key.hash & (geometry_.shard_count - 1)) * sizeof(Shard) +
                                    offsetof(Shard, sequence);
  const std::uint64_t bucket_at =
      geometry_.buckets + (key.hash & (geometry_.bucket_count - 1)) * sizeof(std::uint32_t);
  for (int look = 0; look < most_looks; ++look) {
    const auto sequence = reader_.at<std::uint32_t>(sequence_at);
    auto link = reader_.at<std::uint32_t>(bucket_at);
    bool moved = false;
    for (std::uint32_t steps = 0; link != 0 && geometry_.index_of(link) < geometry_.max_objects &&
                                  steps < geometry_.max_objects;
         ++steps) {
      const std::uint32_t index = geometry_.index_of(link);
      read_entry(index, entry);
      const Copied copied{index, State{entry.state.load(relaxed)}};
      if (copied.state.holdable() && entry.hash.load(relaxed) == key.hash &&
          stored_name(reader_, entry, index) == name) {
        if (stayed(copied)) {
          return copied;
        }
        moved = true;
        break;
      }
      link = reader_.at<std::uint32_t>(geometry_.link_behind(index));
    }
    // A miss counts if the sequence stood still.
    if (!moved && reader_.at<std::uint32_t>(sequence_at) == sequence) {
      break;
    }
  }
  return std::nullopt;
}

std::optional<EntryInfo> Survey::find(std::string_view name) {
  for (int look = 0; look < most_looks; ++look) {
    Entry entry;
    const std::optional<Copied> copied = find(name, entry);
    if (!copied) {
      break;
    }
    if (std::optional<EntryInfo> info = describe(entry, copied->index)) {
      return info;
    }
  }
  return std::nullopt;
}

std::optional<std::string> Survey::layout(std::string_view name) const {
  Entry entry;
  if (!find(name, entry)) {
    return std::nullopt;
  }
  return stored_layout(reader_, entry.type.load(relaxed));
}

Stats Survey::stats() {
  Stats stats;
  owned_bytes(stats);
  reader_.for_each<Entry>(
      geometry_.entries, entry_count(),
      [&](std::uint64_t, const Entry& entry) {
        stats.objects += State{entry.state.load(relaxed)}.phase() == Phase::live ? 1 : 0;
      },
      [](std::uint64_t) {});
  stats.objects_capacity = geometry_.max_objects;
  for (std::uint32_t slot = 0; slot < max_participants; ++slot) {
    stats.participants += standings_.of(slot) != Standing::nobody ? 1 : 0;
  }
  const auto used =
      std::min(reader_.at<std::uint64_t>(offsetof(Header, types_used)), geometry_.types_bytes);
  for (std::uint64_t at = 0; at < used && used - at >= sizeof(TypeRecord);) {
    const auto record = reader_.at<TypeRecord>(geometry_.types + at);
    if (record.layout_bytes == 0) {
      break;  // no record
    }
    ++stats.types;
    at += (sizeof record + record.layout_bytes + 7) / 8 * 8;
  }
  return stats;
}

std::vector<ParticipantInfo> Survey::participants() const {
  std::vector<ParticipantInfo> all;
  std::array<std::uint32_t, max_participants> holds{};
  reader_.for_each<Entry>(
      geometry_.entries, entry_count(),
      [&](std::uint64_t, const Entry& entry) {
        for (std::uint32_t word = 0; word < max_participants / 64; ++word) {
          for (std::uint64_t bits = entry.holders[word].load(relaxed); bits != 0;
               bits &= bits - 1) {
            ++holds[word * 64 + static_cast<std::uint32_t>(std::countr_zero(bits))];
          }
        }
      },
      [](std::uint64_t) {});
  for (std::uint32_t slot = 0; slot < max_participants; ++slot) {
    const Standing standing = standings_.of(slot);
    if (standing == Standing::nobody) {
      continue;
    }
    Participant participant;
    reader_.read(geometry_.participants + slot * sizeof(Participant),
                 static_cast<void*>(&participant), sizeof participant);
    all.push_back({slot, participant.pid.load(relaxed), participant.attached_ns.load(relaxed),
                   holds[slot], standing == Standing::alive});
  }
  return all;
}

Activity Survey::activity() const {
  Activity activity;
  const auto count_lock = [&activity](const pthread_mutex_t& mutex) {
    const LockWord word(mutex);
    activity.locks_held += word.held() ? 1 : 0;
    activity.locks_waited_for += word.waited_for() ? 1 : 0;
  };
  count_lock(reader_.at<pthread_mutex_t>(offsetof(Header, heap) + offsetof(HeapHeader, run_mutex) +
                                         offsetof(RobustMutex, mutex)));
  count_lock(
      reader_.at<pthread_mutex_t>(offsetof(Header, types_mutex) + offsetof(RobustMutex, mutex)));
  reader_.for_each<Shard>(
      geometry_.shards, geometry_.shard_count,
      [&](std::uint64_t, const Shard& shard) {
        count_lock(shard.mutex.mutex);
        activity.name_changes += shard.sequence.load(relaxed);
      },
      [](std::uint64_t) {});
  reader_.for_each<Entry>(
      geometry_.entries, entry_count(),
      [&](std::uint64_t index, const Entry& entry) {
        const State state{entry.state.load(relaxed)};
        if (state.holdable()) {
          const LockWord word(entry.mutex);
          activity.objects.push_back({static_cast<std::uint32_t>(index), state.generation(),
                                      Version{entry.version.load(relaxed)}.count(), word.held(),
                                      word.waited_for()});
        }
      },
      [](std::uint64_t) {});
  return activity;
}

const std::string& Survey::type_name(std::uint32_t type) {
  const auto known = type_names_.find(type);
  return known != type_names_.end()
             ? known->second
             : type_names_.emplace(type, type_name_of(stored_layout(reader_, type))).first->second;
}

}  // namespace ipcarc::detail
