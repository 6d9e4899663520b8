// Looking at the directory: lists and counts. Takes no hold and changes
// nothing.
#include "directory/directory.hpp"

#include <nlohmann/json.hpp>

namespace ipcarc::detail {
namespace {

/// The name of the type at the root of a layout (see layout_text.hpp); empty if
/// the text is none.
std::string type_name_of(std::string_view layout) {
  const auto json = nlohmann::json::parse(layout, nullptr, false);
  if (!json.is_object()) {
    return {};
  }
  const auto wanted = json.find("root");
  const std::size_t root = wanted != json.end() && wanted->is_number_unsigned()
                               ? wanted->get<std::size_t>()
                               : 0;
  const auto types = json.find("types");
  if (types == json.end() || !types->is_array() || root >= types->size() ||
      !(*types)[root].is_object()) {
    return {};
  }
  const auto name = (*types)[root].find("name");
  return name != (*types)[root].end() && name->is_string()
             ? name->get<std::string>()
             : std::string();
}

} // namespace

std::optional<std::string> Directory::name_at(std::uint32_t index,
                                              std::uint64_t generation) const {
  const Entry &e = entries_[index];
  std::uint64_t words[4];
  for (std::size_t i = 0; i < 4; ++i) {
    words[i] = e.name[i].load(std::memory_order_acquire);
  }
  unsigned char bytes[sizeof words];
  std::memcpy(bytes, words, sizeof words);
  const std::size_t length = bytes[inline_name_bytes];
  std::string name;
  if (length <= inline_name_bytes) {
    name.assign(reinterpret_cast<const char *>(bytes), length);
  } else if (length <= max_name_bytes &&
             segment_.committed(segment_.geometry().name_tails +
                                    name_tail_bytes * std::uint64_t{index},
                                name_tail_bytes)) {
    const std::atomic<std::uint64_t> *tail = tail_of(segment_, index);
    char text[name_tail_bytes];
    for (std::uint32_t i = 0; i < tail_words; ++i) {
      const std::uint64_t word = tail[i].load(std::memory_order_acquire);
      std::memcpy(text + i * sizeof word, &word, sizeof word);
    }
    name.assign(text, length);
  } else {
    return std::nullopt;
  }
  if (state(index).generation() != generation) {
    return std::nullopt;
  }
  return name;
}

std::vector<EntryInfo> Directory::list() const {
  std::vector<EntryInfo> all;
  const std::uint32_t count = committed_entries();
  for (std::uint32_t index = 0; index < count; ++index) {
    const State seen = state(index);
    if (!seen.holdable()) {
      continue;
    }
    const Entry &e = entries_[index];
    EntryInfo info;
    info.fingerprint = e.fingerprint.load(std::memory_order_relaxed);
    info.payload_bytes = e.payload_bytes.load(std::memory_order_relaxed);
    const Version version{e.version.load(std::memory_order_relaxed)};
    info.version = version.count();
    info.created_ns = e.created_s.load(std::memory_order_relaxed) *
                      std::uint64_t{1'000'000'000};
    info.creator_pid = e.creator_pid.load(std::memory_order_relaxed);
    info.holders = holders(index);
    info.linked = !seen.leaving();
    info.pinned = seen.pinned();
    info.frozen = seen.frozen();
    info.poisoned = version.changing();
    info.reserved = seen.phase() == Phase::reserved;
    info.type =
        type_name_of(types_.layout(e.type.load(std::memory_order_relaxed)));
    if (auto name =
            name_at(index, seen.generation())) { // last: it tells whether all
                                                 // was of one generation
      info.name = std::move(*name);
      all.push_back(std::move(info));
    }
  }
  return all;
}

void Directory::add_stats(Stats &stats) const {
  const std::uint32_t count = committed_entries();
  for (std::uint32_t index = 0; index < count; ++index) {
    if (state(index).phase() == Phase::live) {
      ++stats.objects;
    }
  }
  stats.objects_capacity = segment_.geometry().max_objects;
  stats.types = types_.count();
}

<<<<<<< /tmp/check-tree/./registry/src/directory/listing.cpp
=======
void Directory::check_chains(CheckReport &report,
                             std::vector<bool> &linked) const {
  const Geometry &g = segment_.geometry();
  const auto count = static_cast<std::uint32_t>(linked.size());
  for (std::uint32_t b = 0; b < g.bucket_count; ++b) {
    for (std::uint32_t link =
             segment_.buckets()[b].load(std::memory_order_acquire);
         link != 0;) {
      const std::uint32_t index = link - 1;
      if (index >= count) {
        report.errors.push_back("bucket " + std::to_string(b) +
                                ": a link to entry " + std::to_string(index) +
                                " of " + std::to_string(count));
        break;
      }
      if (linked[index]) {
        report.errors.push_back(at(index) + "met twice in the chains");
        break;
      }
      linked[index] = true;
      const Entry &e = entries_[index];
      const State now = state(index);
      if (now.holdable()) {
        const std::uint32_t hash = e.hash.load(std::memory_order_relaxed);
        if ((hash & (g.bucket_count - 1)) != b) {
          report.errors.push_back(at(index) + "linked in bucket " +
                                  std::to_string(b) +
                                  ", its hash belongs to another");
        }
        const auto name = name_at(index, now.generation());
        if (name && NameKey(*name).hash != hash) {
          report.errors.push_back(at(index) + "its hash is not its name's");
        }
      } else if (now.phase() == Phase::destroying) {
        report.leftovers.push_back(at(index) + "destroying and still linked");
      } else {
        report.errors.push_back(at(index) + "linked, but free or building");
      }
      link = e.next.load(std::memory_order_acquire);
    }
  }
}

void Directory::check_entries(CheckReport &report,
                              const std::vector<bool> &linked) const {
  for (std::uint32_t index = 0; index < linked.size(); ++index) {
    const Entry &e = entries_[index];
    const State now = state(index);
    ++report.entries;
    switch (now.phase()) {
    case Phase::free:
      break;
    case Phase::building:
    case Phase::destroying:
      if (now.participant() == 0 || now.participant() > max_participants) {
        report.errors.push_back(at(index) +
                                "built or destroyed by no participant");
      } else {
        report.leftovers.push_back(at(index) +
                                   "being built or destroyed by participant " +
                                   std::to_string(now.participant() - 1));
      }
      break;
    case Phase::reserved:
    case Phase::live:
      if (!linked[index] && !now.leaving()) {
        report.errors.push_back(at(index) +
                                "live, not leaving, and in no chain");
      }
      if (linked[index] && now.leaving()) {
        report.leftovers.push_back(at(index) + "leaving, and still linked");
      }
      if (now.doomed()) {
        report.leftovers.push_back(at(index) +
                                   "doomed by a change that did not end");
      }
      if (!any_holder(index) && (now.leaving() || !now.pinned())) {
        report.leftovers.push_back(at(index) + "held by nobody");
      }
      if (types_.layout(e.type.load(std::memory_order_relaxed)).empty()) {
        report.errors.push_back(at(index) + "its type is not in the type log");
      }
      break;
    default:
      report.errors.push_back(at(index) + "in no phase there is");
    }
  }
}

void Directory::check(CheckReport &report) const {
  std::vector<bool> linked(committed_entries());
  check_chains(report, linked);
  check_entries(report, linked);
  types_.check(report);
  // Every block belongs to an entry that can own one.
  heap_.for_each_block([&](std::uint64_t offset, std::uint64_t bytes,
                           std::uint32_t owner) {
    ++report.blocks;
    const std::string block = "block at " + std::to_string(offset) + " of " +
                              std::to_string(bytes) + " bytes: ";
    if (owner == 0 || owner > linked.size()) {
      report.errors.push_back(block + "owned by no entry");
    } else if (state(owner - 1).phase() == Phase::free) {
      report.errors.push_back(block + "owned by entry " +
                              std::to_string(owner - 1) + ", which is free");
    }
  });
}

>>>>>>> ./registry/src/directory/listing.cpp
} // namespace ipcarc::detail
