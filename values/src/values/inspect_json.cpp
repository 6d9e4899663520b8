// Values of a registry that this process is not attached to, read from its file.
//
// Nothing is locked and nothing held, so all may change meanwhile: an entry is read, then its value,
// then the entry again, and if it moved all is read anew. What is damaged for good stays so.
#include <sys/types.h>

#include <chrono>
#include <optional>
#include <thread>

#include "directory/name_key.hpp"
#include "directory/survey.hpp"
#include "heap/heap_check.hpp"
#include "ipcarc/detail/core_calls.hpp"
#include "ipcarc/detail/slot_copy.hpp"
#include "segment/registry_file.hpp"
#include "values/value_writer.hpp"

namespace ipcarc::detail {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;  // of an entry's private copy

class Inspection {
 public:
  Inspection(const RegistryPath& path, const SegmentReader& reader, std::string_view name,
             const JsonOptions& options)
      : reader_(reader),
        geometry_(reader.geometry()),
        standings_(reader, max_participants),
        findings_(unused_, {}, false),
        heap_(reader, standings_, findings_),
        name_(name),
        options_(options),
        about_("registry \"" + path.name + "\": object \"" + std::string(name) + "\"") {}

  std::string text() {
    const Deadline deadline = deadline_after(options_.timeout);
    for (;;) {
      std::optional<std::string> whole = attempt(std::chrono::steady_clock::now() >= deadline);
      if (whole) {
        return *std::move(whole);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

 private:
  /// Empty if it changed meanwhile; `last` throws instead.
  std::optional<std::string> attempt(bool last) {
    Entry entry;
    const std::uint32_t index = find(entry);
    const Version version{entry.version.load(relaxed)};
    if (version.changing() && !options_.damaged_too) {
      const bool held =
          version.owner() != 0 && standings_.of(version.owner() - 1) == Standing::alive;
      if (last || !held) {
        throw Error(held ? Errc::timed_out : Errc::poisoned,
                    about_ + (held ? ": expected a moment in which nobody changes it, found none"
                                   : " is poisoned: a process died while it changed it in place"));
      }
      return std::nullopt;
    }
    std::string text;
    try {
      text = read(entry, index, version);
    } catch (const Damage& damage) {
      if (!moved(entry, index)) {
        throw Error(Errc::corrupt_segment,
                    about_ + ": expected a value of its type, found that " + damage.what());
      }
      text.clear();
    }
    if (!moved(entry, index)) {
      return text;
    }
    if (last) {
      throw Error(Errc::timed_out, about_ +
                                       ": expected it to stand still for a moment, found it "
                                       "changed at every look");
    }
    return std::nullopt;
  }

  void read_entry(std::uint32_t index, Entry& entry) const {
    reader_.read(geometry_.entries + index * sizeof(Entry), static_cast<void*>(&entry),
                 sizeof entry);
  }

  bool moved(const Entry& before, std::uint32_t index) const {
    Entry now;
    read_entry(index, now);
    const auto value = [](const Entry& e) { return Version{e.version.load(relaxed)}.value(); };
    return State{now.state.load(relaxed)}.generation() !=
               State{before.state.load(relaxed)}.generation() ||
           value(now) != value(before);
  }

  /// The entry of the name: its index, and a copy of it. Throws not_found.
  std::uint32_t find(Entry& entry) const {
    const NameKey key(name_);
    const std::uint64_t shard =
        geometry_.shards + (key.hash & (geometry_.shard_count - 1)) * sizeof(Shard);
    const auto sequence = [&] {
      return reader_.at<std::uint32_t>(shard + offsetof(Shard, sequence));
    };
    for (int attempt = 0;; ++attempt) {
      const std::uint32_t before = sequence();
      auto link = reader_.at<std::uint32_t>(
          geometry_.buckets + (key.hash & (geometry_.bucket_count - 1)) * sizeof(std::uint32_t));
      for (std::uint32_t steps = 0; link != 0 && geometry_.index_of(link) < geometry_.max_objects &&
                                    steps < geometry_.max_objects;
           ++steps) {
        const std::uint32_t index = geometry_.index_of(link);
        read_entry(index, entry);
        if (State{entry.state.load(relaxed)}.phase() == Phase::live &&
            entry.hash.load(relaxed) == key.hash && name_of(index, entry) == name_) {
          return index;
        }
        link = reader_.at<std::uint32_t>(geometry_.link_behind(index));
      }
      if (sequence() == before || attempt == 100) {
        throw Error(Errc::not_found, about_ + ": expected an object of that name, found none");
      }
    }
  }

  std::string name_of(std::uint32_t index, const Entry& entry) const {
    const auto* bytes = reinterpret_cast<const unsigned char*>(entry.name);
    const std::size_t length = bytes[inline_name_bytes];
    if (length <= inline_name_bytes) {
      return {reinterpret_cast<const char*>(bytes), length};
    }
    std::string name(std::min<std::size_t>(length, name_tail_bytes), '\0');
    reader_.read(geometry_.name_tails + name_tail_bytes * index, name.data(), name.size());
    return name;
  }

  std::optional<std::string> link_name(const LinkWords& link) const {
    const std::uint32_t index = link.index_plus_1 - 1;
    if (index >= geometry_.max_objects ||
        link.registry != link_mark_of(reader_.at<std::uint64_t>(offsetof(Header, birth_id)))) {
      return std::nullopt;
    }
    Entry entry;
    read_entry(index, entry);
    const State state{entry.state.load(relaxed)};
    if (state.generation() != link.generation || state.phase() != Phase::live) {
      return std::nullopt;
    }
    return name_of(index, entry);
  }

  std::string read(const Entry& entry, std::uint32_t index, Version version) {
    const StoredLayout layout(stored_layout(reader_, entry.type.load(relaxed)), about_);
    const std::uint64_t size = layout.root().size;
    const auto kind = static_cast<PayloadKind>(entry.kind.load(relaxed));
    std::uint64_t offset = entry.payload.load(relaxed);
    if (kind == PayloadKind::two_slots) {
      offset += version.slot() * slot_stride(size);
    } else if (kind == PayloadKind::arena && !State{entry.state.load(relaxed)}.frozen()) {
      offset = entry.root[version.slot()].load(relaxed) + entry.payload_offset.load(relaxed);
    }
    FileBytes bytes(reader_, heap_, index + 1, !has_region(entry));
    if (size != entry.payload_bytes.load(relaxed) || !bytes.holds(offset, size)) {
      throw Damage("its value does not lie in it");
    }
    ValueWriter writer(about_, layout, bytes, options_,
                       [this](const LinkWords& link) { return link_name(link); });
    return writer.write(offset);
  }

  const SegmentReader& reader_;
  const Geometry& geometry_;
  Standings standings_;
  CheckReport unused_;
  Findings findings_;
  HeapCheck heap_;
  std::string_view name_;
  const JsonOptions& options_;
  std::string about_;
};

}  // namespace

std::string inspect_json(std::string_view registry, std::string_view name, const Options& options,
                         const JsonOptions& json) {
  const RegistryPath path = locate(registry, options.directory);
  const Descriptor file = open_to_look(path);
  const SegmentReader reader(file.get(), check_header(path, file.get()));
  if (name.empty() || name.size() > max_name_bytes) {
    throw Error(Errc::bad_name, "registry \"" + path.name +
                                    "\": expected an object's name of 1 to 200 bytes, found " +
                                    std::to_string(name.size()));
  }
  return Inspection(path, reader, name, json).text();
}

}  // namespace ipcarc::detail
