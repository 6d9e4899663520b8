// The check of the regions: every block that names an entry lies on a chain of
// it, and every chain leads through blocks that name its entry.
#include <algorithm>

#include "directory/check.hpp"
#include "ipcarc/detail/arena_layout.hpp"
#include "ipcarc/detail/slot_copy.hpp"

namespace ipcarc::detail {
namespace {

std::string at(std::uint32_t index) {
  return "entry " + std::to_string(index) + ": ";
}

/// The bytes of the payload, of both slots if it has two. Saturates where the entry's word is damaged.
std::uint64_t footprint(const Entry& e) {
  const std::uint64_t bytes = e.payload_bytes.load(std::memory_order_relaxed);
  constexpr std::uint64_t most = std::uint64_t{1} << 62;
  return !has_two_slots(e) ? bytes : bytes < most ? 2 * slot_stride(bytes) : most;
}

}  // namespace

std::string DirectoryCheck::walk(std::uint32_t index, std::uint64_t root, bool with_arena,
                                 std::vector<BlockAt>& chunks) const {
  struct {
    std::uint64_t next;
    std::uint64_t arena;
  } header;
  static_assert(sizeof header == sizeof(ChunkHeader));
  // The walk of a circle meets the chunk that it passed at the last power of
  // two again.
  std::uint64_t steps = 0;
  std::uint64_t marked = 0;
  std::uint64_t mark_at = 1;
  for (std::uint64_t offset = root; offset != 0;) {
    const BlockAt block = heap_.locate(offset);
    if (block.start != offset || block.owner != index + 1 || block.bytes == 0) {
      return "its chain leads to offset " + std::to_string(offset) + ", which is no block of it";
    }
    if (offset == marked) {
      return "its chain runs in a circle";
    }
    if (++steps == mark_at) {
      marked = offset;
      mark_at *= 2;
    }
    chunks.push_back(block);
    if (!with_arena) {
      break;
    }
    reader_.read(offset, &header, sizeof header);
    if (header.arena != root + sizeof(ChunkHeader)) {
      return "its chunk at offset " + std::to_string(offset) + " is not of its arena";
    }
    offset = header.next;
  }
  return {};
}

std::string DirectoryCheck::fault_of_payload(const Entry& e, std::uint32_t index,
                                             std::uint64_t root) const {
  const std::uint64_t bytes = footprint(e);
  const std::uint64_t offset = e.payload_offset.load(std::memory_order_relaxed);
  const std::uint64_t room = heap_.locate(root).bytes;
  const std::uint64_t head = has_arena(e) ? sizeof(ChunkHeader) + sizeof(Arena) : 0;
  if (offset < head || offset > room || bytes > room - offset) {
    return "its payload of " + std::to_string(bytes) + " bytes does not lie in its first block";
  }
  const bool stays = !has_arena(e) || State{e.state.load(std::memory_order_relaxed)}.frozen();
  if (stays && e.payload.load(std::memory_order_relaxed) != root + offset) {
    return "its payload is not where it was built";
  }
  if (has_arena(e)) {
    const auto arena = reader_.at<Arena>(root + sizeof(ChunkHeader));
    if (arena.owner != index + 1) {
      return "its arena is of owner " + std::to_string(arena.owner);
    }
    if (arena.end != Arena::closed && arena.cursor > arena.end) {
      return "its arena gives memory behind its end";
    }
  }
  return {};
}

DirectoryCheck::RegionFault DirectoryCheck::fault_of_regions(const Entry& e, std::uint32_t index,
                                                             std::vector<BlockAt>& chunks) const {
  const State state{e.state.load(std::memory_order_relaxed)};
  const Version version{e.version.load(std::memory_order_relaxed)};
  RegionFault fault;
  if (!has_region(e)) {
    if (state.phase() == Phase::live &&
        (has_arena(e) || footprint(e) > in_entry_bytes ||
         e.payload.load(std::memory_order_relaxed) != place_in_entry(geometry_, index))) {
      fault = {"its payload does not lie in it", false};
    }
    return fault;
  }
  // Two slots share a region; all else has a region for each value.
  const unsigned slot = has_two_slots(e) ? 0 : version.slot();
  const std::uint64_t root = e.root[slot].load(std::memory_order_relaxed);
  const std::uint64_t other = e.root[1 - slot].load(std::memory_order_relaxed);
  if (root != 0) {
    fault.text = walk(index, root, has_arena(e), chunks);
    if (fault.text.empty() && state.phase() == Phase::live) {
      fault.text = fault_of_payload(e, index, root);
    }
  } else if (state.phase() == Phase::live) {
    fault.text = "live, and without a region";
  }
  // Each change of the current region of a live object is one store, of what is whole by then.
  fault.by_death = state.phase() != Phase::live;
  if (fault.text.empty() && other != 0) {
    fault.text = walk(index, other, has_arena(e), chunks);
    fault.by_death = true;
    if (fault.text.empty() && version.owner() == 0) {
      fault.text = "has a second region that nobody is building";
    }
  }
  return fault;
}

void DirectoryCheck::mark_regions(const Entry& e, std::uint32_t index) {
  std::vector<BlockAt> chunks;
  bool doubtful = !fault_of_regions(e, index, chunks).text.empty();
  for (const BlockAt& chunk : chunks) {
    doubtful = !heap_.mark(chunk) || doubtful;
  }
  if (doubtful) {
    doubtful_[index];
  }
}

void DirectoryCheck::regions() {
  for (const auto& [index, strays] : doubtful_) {
    findings_.settle(strays.size() * 3 + 64, [&, entry = index, &blocks = strays](Look& look) {
      return look_at_regions(entry, blocks, look);
    });
  }
  if (strays_ > most_strays) {
    findings_.error("heap: " + std::to_string(strays_ - most_strays) +
                    " more blocks that no chain leads to");
  }
}

bool DirectoryCheck::look_at_regions(std::uint32_t index, const std::vector<std::uint64_t>& strays,
                                     Look& look) const {
  if (index >= committed_entries()) {
    look.error("heap: " + std::to_string(strays.size()) + " blocks, the first at offset " +
               std::to_string(strays.front()) + ", of entry " + std::to_string(index) +
               ", which there is not");
    return true;
  }
  const auto words = [](const Entry& e) {
    // A small value of a sync type changes at any time.
    const bool roots = has_region(e);
    return std::array{e.state.load(std::memory_order_relaxed),
                      e.version.load(std::memory_order_relaxed),
                      roots ? e.root[0].load(std::memory_order_relaxed) : 0,
                      roots ? e.root[1].load(std::memory_order_relaxed) : 0};
  };
  const auto before = words(read_entry(index));
  const State state{before[0]};
  const Version version{before[1]};
  std::vector<BlockAt> chunks;
  RegionFault fault;
  if (state.holdable()) {
    fault = fault_of_regions(entry_, index, chunks);
  }
  std::vector<std::uint64_t> found;
  found.reserve(chunks.size());
  for (const BlockAt& chunk : chunks) {
    found.push_back(chunk.start);
  }
  std::sort(found.begin(), found.end());
  if (fault.text.empty() && std::adjacent_find(found.begin(), found.end()) != found.end()) {
    fault = {"its two regions share a chunk", false};
  }
  std::uint64_t missing = 0;
  for (const std::uint64_t stray : strays) {
    const BlockAt block = heap_.locate(stray);
    if (block.start == stray && block.owner == index + 1 &&
        !std::binary_search(found.begin(), found.end(), stray)) {
      ++missing;
    }
  }
  if (words(read_entry(index)) != before) {
    return false;
  }
  if (fault.text.empty() && missing != 0) {
    fault.by_death = true;
    fault.text = std::to_string(missing) +
                 " blocks of it are on no chain, the first about offset " +
                 std::to_string(strays.front());
  }
  if (fault.text.empty()) {
    return true;
  }
  // Only who has the entry leaves it like that: who builds or destroys it, or
  // has its mutex.
  const std::uint32_t owner = state.holdable() ? version.owner() : state.participant();
  const Standing standing = owner != 0 ? standings_.of(owner - 1) : Standing::nobody;
  look.add(standing == Standing::nobody  ? Severity::error
           : standing == Standing::alive ? Severity::unsettled
           : fault.by_death              ? Severity::leftover
                                         : Severity::error,
           at(index) + fault.text);
  return true;
}

}  // namespace ipcarc::detail
