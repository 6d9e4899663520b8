// Looking at the directory: lists and counts. Takes no hold and changes nothing.
#include "directory/directory.hpp"

#include <nlohmann/json.hpp>
#include <unordered_map>

namespace ipcarc::detail {

std::string type_name_of(std::string_view layout) {
  const auto json = nlohmann::json::parse(layout, nullptr, false);
  if (!json.is_object()) {
    return {};
  }
  const auto wanted = json.find("root");
  const std::size_t root =
      wanted != json.end() && wanted->is_number_unsigned() ? wanted->get<std::size_t>() : 0;
  const auto types = json.find("types");
  if (types == json.end() || !types->is_array() || root >= types->size() ||
      !(*types)[root].is_object()) {
    return {};
  }
  const auto name = (*types)[root].find("name");
  return name != (*types)[root].end() && name->is_string() ? name->get<std::string>()
                                                           : std::string();
}

std::optional<std::string> Directory::name_at(std::uint32_t index, std::uint64_t generation) const {
  const Entry& e = entries_[index];
  std::uint64_t words[4];
  for (std::size_t i = 0; i < 4; ++i) {
    words[i] = e.name[i].load(std::memory_order_acquire);
  }
  unsigned char bytes[sizeof words];
  std::memcpy(bytes, words, sizeof words);
  const std::size_t length = bytes[inline_name_bytes];
  std::string name;
  if (length <= inline_name_bytes) {
    name.assign(reinterpret_cast<const char*>(bytes), length);
  } else if (length <= max_name_bytes &&
             segment_.committed(
                 segment_.geometry().name_tails + name_tail_bytes * std::uint64_t{index},
                 name_tail_bytes)) {
    const std::atomic<std::uint64_t>* tail = tail_of(segment_, index);
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
  std::unordered_map<std::uint32_t, std::uint64_t> owned;
  heap_.for_each_block(
      [&owned](std::uint64_t, std::uint64_t bytes, std::uint32_t owner) { owned[owner] += bytes; });
  for (std::uint32_t index = 0; index < count; ++index) {
    const State seen = state(index);
    if (!seen.holdable()) {
      continue;
    }
    const Entry& e = entries_[index];
    EntryInfo info;
    info.fingerprint = e.fingerprint.load(std::memory_order_relaxed);
    info.payload_bytes = e.payload_bytes.load(std::memory_order_relaxed);
    const Version version{e.version.load(std::memory_order_relaxed)};
    info.version = version.count();
    info.created_ns = e.created_s.load(std::memory_order_relaxed) * std::uint64_t{1'000'000'000};
    info.creator_pid = e.creator_pid.load(std::memory_order_relaxed);
    info.holders = holders(index);
    info.linked = !seen.leaving();
    info.pinned = seen.pinned();
    info.frozen = seen.frozen();
    info.poisoned = version.changing();
    info.reserved = seen.phase() == Phase::reserved;
    info.locked = version.owner() != 0;
    info.lock_free = !seen.frozen() && e.kind.load(std::memory_order_relaxed) ==
                                           static_cast<std::uint32_t>(PayloadKind::plain);
    info.entry = index;
    info.generation = seen.generation();
    if (const auto bytes = owned.find(index + 1); bytes != owned.end()) {
      info.memory_bytes = bytes->second;
    }
    info.type = type_name_of(types_.layout(e.type.load(std::memory_order_relaxed)));
    if (auto name = name_at(
            index, seen.generation())) {  // last: it tells whether all was of one generation
      info.name = std::move(*name);
      all.push_back(std::move(info));
    }
  }
  return all;
}

void Directory::add_stats(Stats& stats) const {
  const std::uint32_t count = committed_entries();
  for (std::uint32_t index = 0; index < count; ++index) {
    if (state(index).phase() == Phase::live) {
      ++stats.objects;
    }
  }
  stats.objects_capacity = segment_.geometry().max_objects;
  stats.types = types_.count();
}

}  // namespace ipcarc::detail
