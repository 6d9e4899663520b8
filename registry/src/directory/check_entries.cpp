// The check of each entry: its words against each other, and against what they
// name.
#include <bit>

#include "directory/check.hpp"
#include "directory/name_key.hpp"
#include "directory/survey.hpp"
#include "participants/robust_lock.hpp"

namespace ipcarc::detail {
namespace {

constexpr std::uint64_t spare_bits = 0xFU << 7;

std::string at(std::uint32_t index) {
  return "entry " + std::to_string(index) + ": ";
}

}  // namespace

void DirectoryCheck::entries() {
  reader_.for_each<Entry>(
      geometry_.entries, count_,
      [this](std::uint64_t number, const Entry& e) {
        const auto index = static_cast<std::uint32_t>(number);
        const Seen* const before = seen(index);
        Look look;
        look_at_entry(e, index, before != nullptr && before->linked, look);
        if (!look.nothing()) {
          findings_.settle(seen_.size() / geometry_.bucket_count + 12, [&](Look& again) {
            const std::uint64_t state = read_entry(index).state.load(std::memory_order_relaxed);
            const Entry& now = entry_;
            const std::optional<bool> linked =
                State{state}.holdable() ? is_linked(now, index, before != nullptr && before->linked)
                                        : false;
            if (!linked) {
              return false;
            }
            look_at_entry(now, index, *linked, again);
            return read_entry(index).state.load(std::memory_order_relaxed) == state;
          });
        }
        if (State{e.state.load(std::memory_order_relaxed)}.holdable()) {
          mark_regions(e, index);
        }
      },
      [this](std::uint64_t passed) { findings_.passed(passed); });
}

void DirectoryCheck::look_at_entry(const Entry& e, std::uint32_t index, bool linked,
                                   Look& look) const {
  const State state{e.state.load(std::memory_order_relaxed)};
  const bool owned = state.phase() == Phase::building || state.phase() == Phase::destroying;
  const bool known = (state.word & spare_bits) == 0 && state.phase() <= Phase::destroying &&
                     (owned ? state.participant() != 0 && state.participant() <= max_participants
                            : state.participant() == 0);
  if (!known) {
    look.error(at(index) + "no such state " + std::to_string(state.word));
    return;
  }
  look_at_holders(e, index, look);
  if (owned) {
    const std::string what =
        at(index) + (state.phase() == Phase::building ? "being built" : "being destroyed") +
        " by participant " + std::to_string(state.participant() - 1);
    switch (standings_.of(state.participant() - 1)) {
      case Standing::alive:
        look.add(Severity::unsettled, what);
        break;
      case Standing::dead:
        look.leftover(what + ", which is dead");
        break;
      case Standing::nobody:
        look.error(what + ", which there is not");
    }
  } else if (state.holdable()) {
    look_at_holdable(e, index, linked, look);
  }
}

void DirectoryCheck::look_at_holdable(const Entry& e, std::uint32_t index, bool linked,
                                      Look& look) const {
  const State state{e.state.load(std::memory_order_relaxed)};
  if (!linked && !state.leaving()) {
    look.error(at(index) + "live, not leaving, and in no chain");
  }
  if (state.doomed()) {
    look.add(of_the_lock(shard_owner(e.hash.load(std::memory_order_relaxed))),
             at(index) + "doomed by a change that did not end");
  }
  std::uint64_t holders = 0;
  for (const auto& word : e.holders) {
    holders |= word.load(std::memory_order_relaxed);
  }
  if (holders == 0 && (state.leaving() || !state.pinned())) {
    look.leftover(at(index) + "held by nobody");
  }
  if (e.kind.load(std::memory_order_relaxed) > static_cast<std::uint32_t>(PayloadKind::arena)) {
    look.error(at(index) + "its payload is of no kind there is");
  }
  look_at_name(e, index, look);
  look_at_type(e, index, look);
  look_at_mutex(e, index, look);
}

void DirectoryCheck::look_at_holders(const Entry& e, std::uint32_t index, Look& look) const {
  for (std::uint32_t word = 0; word < max_participants / 64; ++word) {
    for (std::uint64_t bits = e.holders[word].load(std::memory_order_relaxed); bits != 0;
         bits &= bits - 1) {
      const std::uint32_t slot = word * 64 + static_cast<std::uint32_t>(std::countr_zero(bits));
      if (standing_[slot] == Standing::nobody && standings_.of(slot) == Standing::nobody) {
        look.error(at(index) + "held by participant " + std::to_string(slot) +
                   ", which there is not");
      }
    }
  }
}

void DirectoryCheck::look_at_name(const Entry& e, std::uint32_t index, Look& look) const {
  const std::optional<std::string> name = stored_name(reader_, e, index);
  if (!name || name->empty() || name->find('\0') != std::string::npos) {
    look.error(at(index) + "has no name that could be");
    return;
  }
  const NameKey key(*name);
  bool same = key.hash == e.hash.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < key.words.size(); ++i) {
    same = same && key.words[i] == e.name[i].load(std::memory_order_relaxed);
  }
  if (!same) {
    look.error(at(index) + "its hash is not its name's");
  }
}

void DirectoryCheck::look_at_type(const Entry& e, std::uint32_t index, Look& look) const {
  const std::uint32_t type = e.type.load(std::memory_order_relaxed);
  TypeSeen seen{};
  if (const auto it = types_.find(type); it != types_.end()) {
    seen = it->second;
  } else {
    // One that was appended since the log was read.
    const auto used = reader_.at<std::uint64_t>(offsetof(Header, types_used));
    const std::uint64_t offset = (std::uint64_t{type} - 1) * 8;
    if (type == 0 || used > geometry_.types_bytes || used < sizeof(TypeRecord) ||
        offset > used - sizeof(TypeRecord)) {
      look.error(at(index) + "its type is not in the type log");
      return;
    }
    const auto record = reader_.at<TypeRecord>(geometry_.types + offset);
    seen = {record.fingerprint, record.size};
  }
  if (seen.fingerprint != e.fingerprint.load(std::memory_order_relaxed) ||
      seen.size != e.payload_bytes.load(std::memory_order_relaxed)) {
    look.error(at(index) + "is not of the type that it names");
  }
}

void DirectoryCheck::look_at_mutex(const Entry& e, std::uint32_t index, Look& look) const {
  if (e.mutex.__data.__kind != robust_kind) {
    look.error(at(index) + "its lock is no robust mutex");
    return;
  }
  if (e.mutex.__data.__owner == given_up_owner) {
    look.error(at(index) + "its lock was given up, nobody can lock it any more");
  }
  const std::uint32_t owner = Version{e.version.load(std::memory_order_relaxed)}.owner();
  if (owner == 0) {
    return;
  }
  switch (standings_.of(owner - 1)) {
    case Standing::alive:
      break;
    case Standing::dead:
      look.leftover(at(index) + "locked by participant " + std::to_string(owner - 1) +
                    ", which is dead");
      break;
    case Standing::nobody:
      look.error(at(index) + "locked by participant " + std::to_string(owner - 1) +
                 ", which there is not");
  }
}

}  // namespace ipcarc::detail
