// A registry's pinned objects written to a file, each held and, unless it is frozen, locked meanwhile.
#include <map>

#include <boost/version.hpp>

#include <fmt/format.h>

#include "directory/image.hpp"
#include "heap/page_table.hpp"
#include "registry/building.hpp"
#include "segment/image_file.hpp"
#include "segment/system_retry.hpp"

namespace ipcarc::detail {
namespace {

class Dump {
 public:
  Dump(Core& core, const DumpOptions& options, const std::string& file)
      : core_(core), options_(options), pages_(core.segment()), writer_(file) {}

  ImageReport run();

 private:
  void choose();
  void scan();
  std::uint32_t name_changes() const;
  void write_head();
  void write_object(std::uint32_t index, const std::string& name);
  void write_chunks(std::uint32_t index, const std::vector<BlockAt>& chunks);
  std::vector<BlockAt> chunks_of(std::uint32_t index, std::uint64_t root, bool with_arena) const;

  Core& core_;
  const DumpOptions& options_;
  PageTable pages_;
  ImageWriter writer_;
  std::map<std::string, Handle> chosen_;
  std::vector<ImageGeneration> generations_;
  std::uint32_t entries_ = 0;
  ImageReport report_;
};

std::uint32_t Dump::name_changes() const {
  std::uint32_t sum = 0;
  for (std::uint32_t i = 0; i < core_.segment().geometry().shard_count; ++i) {
    // acquire: pairs with the release of who moved it; what it bound is seen by the next scan.
    sum += core_.segment().shards()[i].sequence.load(std::memory_order_acquire);
  }
  return sum;
}

// Holds what is to be dumped and is not held yet. One of each name: who is bound to a name that another had is linked after that one was
// marked as leaving.
void Dump::scan() {
  Directory& directory = core_.directory();
  const std::uint32_t count = directory.committed_entries();
  for (std::uint32_t index = 0; index < count; ++index) {
    const State seen = directory.state(index);
    const bool wanted = seen.phase() == Phase::live && seen.pinned() && !seen.leaving() &&
                        (seen.frozen() || !options_.frozen_only);
    if (!wanted || !directory.hold_generation(index, seen.generation())) {
      continue;
    }
    Handle handle(&core_, index, payload_at(core_, index));
    const std::optional<std::string> name = directory.name_at(index, seen.generation());
    if (!name) {
      continue;
    }
    const auto before = chosen_.find(*name);
    if (before == chosen_.end() || directory.state(before->second.index()).leaving()) {
      chosen_.insert_or_assign(*name, std::move(handle));
    }
  }
}

void Dump::choose() {
  // A name that moves to another entry while the table is walked can be missed, so the walk is made again; what was found stays.
  constexpr int most_scans = 16;
  for (int i = 0; i < most_scans; ++i) {
    const std::uint32_t before = name_changes();
    scan();
    if (name_changes() == before) {
      break;
    }
  }
  Directory& directory = core_.directory();
  const std::uint32_t count = directory.committed_entries();
  std::vector<bool> is_chosen(count);
  for (const auto& [name, handle] : chosen_) {
    is_chosen[handle.index()] = true;
  }
  for (std::uint32_t index = 0; index < count; ++index) {
    if (is_chosen[index]) {
      entries_ = index + 1;
      continue;
    }
    const State seen = directory.state(index);
    report_.left_out += seen.holdable() ? 1 : 0;
    // As free_entry() leaves it.
    const std::uint64_t next = seen.generation() + (seen.phase() == Phase::free ? 0 : 1);
    if (next != 0) {
      generations_.push_back({next, index, 0});
      entries_ = index + 1;
    }
  }
}

void Dump::write_head() {
  Segment& segment = core_.segment();
  const Header& header = segment.header();
  // acquire: pairs with the release of an append; the records below it are whole.
  const std::uint64_t types = header.types_used.load(std::memory_order_acquire);
  if (types > segment.geometry().types_bytes ||
      !segment.committed(segment.geometry().types, types)) {
    segment.corrupt("its type log has " + std::to_string(types) + " bytes");
  }
  ImageHead head{};
  head.magic = image_magic;
  head.version = image_version;
  head.layout_version = layout_version;
  head.boost_version = BOOST_VERSION;
  head.machine = image_machine();
  head.geometry = segment.geometry();
  head.birth_id = header.birth_id;
  head.dumped_ns = wall_clock_ns();
  head.types_bytes = types;
  head.page_limit = pages_.limit();
  head.entries = entries_;
  head.generations = static_cast<std::uint32_t>(generations_.size());
  head.objects = static_cast<std::uint32_t>(chosen_.size());
  head.name_bytes = static_cast<std::uint32_t>(core_.name().size());
  head.frozen_only = options_.frozen_only ? 1 : 0;
  writer_.put(head);
  writer_.write(core_.name().data(), core_.name().size());
  writer_.write(segment.at<std::byte>(segment.geometry().types), types);
  writer_.write(generations_.data(), generations_.size() * sizeof(ImageGeneration));
}

std::vector<BlockAt> Dump::chunks_of(std::uint32_t index, std::uint64_t root,
                                     bool with_arena) const {
  std::vector<BlockAt> chunks;
  std::uint64_t bytes = 0;
  for (std::uint64_t at = root; at != 0;) {
    const BlockAt block = pages_.locate(at);
    bytes += block.bytes;
    // A chain in a circle comes to more than the heap has.
    if (block.bytes == 0 || block.start != at || block.owner != index + 1 ||
        bytes > core_.heap_bytes) {
      core_.segment().corrupt("a region's chain leads to offset " + std::to_string(at) +
                              ", which is no block of its owner");
    }
    chunks.push_back(block);
    // acquire: pairs with the release of who linked the chunk.
    at = with_arena ? core_.segment().at<ChunkHeader>(at)->next.load(std::memory_order_acquire) : 0;
  }
  return chunks;
}

void Dump::write_chunks(std::uint32_t index, const std::vector<BlockAt>& chunks) {
  for (const BlockAt& chunk : chunks) {
    const PageWord word =
        chunk.kind == PageKind::small
            ? PageWord::small(chunk.size_class, 0)
            : PageWord::run(static_cast<std::uint32_t>(chunk.bytes / pages_.page_bytes()),
                            index + 1);
    writer_.put(ImageChunk{word.word, chunk.page, chunk.index});
    writer_.write(core_.segment().at<std::byte>(chunk.start), chunk.bytes);
  }
}

void Dump::write_object(std::uint32_t index, const std::string& name) {
  Directory& directory = core_.directory();
  const Entry& e = directory.entry(index);
  const State state = directory.state(index);
  // relaxed: written before the entry was live, which the hold has seen.
  constexpr auto relaxed = std::memory_order_relaxed;
  const Version version = Version{e.version.load(std::memory_order_acquire)}.owned_by(0);
  ImageObject object{};
  object.state = State::make(state.generation(), Phase::live,
                             State::pinned_bit | (state.frozen() ? State::frozen_bit : 0))
                     .word;
  object.version = version.word;
  object.payload = e.payload.load(relaxed);
  object.payload_bytes = e.payload_bytes.load(relaxed);
  object.fingerprint = e.fingerprint.load(relaxed);
  object.index = index;
  object.payload_offset = e.payload_offset.load(relaxed);
  object.type = e.type.load(relaxed);
  object.created_s = e.created_s.load(relaxed);
  object.creator_pid = e.creator_pid.load(relaxed);
  object.kind = e.kind.load(relaxed);
  object.name_bytes = static_cast<std::uint32_t>(name.size());
  const unsigned first = image_root(object.kind, object.payload_offset, version);
  object.root[0] = e.root[first].load(std::memory_order_acquire);
  std::vector<BlockAt> chunks;
  if (has_region(e)) {
    chunks = chunks_of(index, object.root[0], has_arena(e));
  } else {
    object.root[1] = e.root[1].load(std::memory_order_acquire);
  }
  object.chunks = chunks.size();
  writer_.put(object);
  writer_.write(name.data(), name.size());
  write_chunks(index, chunks);
}

ImageReport Dump::run() {
  choose();
  write_head();
  for (const auto& [name, handle] : chosen_) {
    const std::uint32_t index = handle.index();
    const Entry& e = core_.directory().entry(index);
    // Frozen, or without a guard: nothing to lock.
    const bool lockable =
        !core_.directory().state(index).frozen() &&
        e.kind.load(std::memory_order_relaxed) != static_cast<std::uint32_t>(PayloadKind::plain);
    if (!lockable) {
      write_object(index, name);
      continue;
    }
    if (!lock_entry(core_, index, deadline_after(options_.timeout))) {
      throw Error(Errc::timed_out,
                  core_.about(name) + ": expected its guard to be let go, found it held");
    }
    const auto unlock = [&] {
      unlock_entry(core_, index, Version{e.version.load(std::memory_order_relaxed)});
    };
    try {
      write_object(index, name);
    } catch (...) {
      unlock();
      throw;
    }
    unlock();
  }
  report_.objects = chosen_.size();
  report_.bytes = writer_.finish();
  return report_;
}

}  // namespace

ImageReport dump_registry(std::string_view name, const std::string& file, const DumpOptions& dump,
                          const Options& options) {
  const CoreReference core(&Core::of(*open_core(name, options, false)));
  core->enter();
  const NoCancel no_cancel;
  if (dump.frozen_only) {
    return Dump(*core, dump, file).run();
  }
  ImageReport report;
  if (!core->attachment().while_alone(*core, [&] { report = Dump(*core, dump, file).run(); })) {
    throw Error(std::make_error_code(std::errc::device_or_resource_busy),
                fmt::format("registry \"{}\": expected to be its only user, found {} others",
                            core->name(), core->attachment().participants() - 1),
                "end them, or dump frozen objects only");
  }
  return report;
}

}  // namespace ipcarc::detail
