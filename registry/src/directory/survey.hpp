// What lies in a segment, as who only looks sees it: from the file, without a
// slot, a lock or a mapping, whatever its bytes are.
//
// What is read may change meanwhile: an entry is copied, and the copy is
// believed if the state's generation is the same afterwards. An entry that
// moves at every look is left out.
//
// Thread and process safety: an object is one survey, by one thread; changes
// nothing.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipcarc/detail/entry_layout.hpp"
#include "ipcarc/options.hpp"
#include "participants/standing.hpp"
#include "segment/segment_reader.hpp"

namespace ipcarc::detail {

/// The entry's name; empty if the words that tell where it is can be no
/// name's.
std::optional<std::string> stored_name(const SegmentReader& reader, const Entry& entry,
                                       std::uint32_t index);

/// The layout that an entry's `type` word leads to; empty if it leads to none.
std::string stored_layout(const SegmentReader& reader, std::uint32_t type);

class Survey {
 public:
  explicit Survey(const SegmentReader& reader) noexcept
      : reader_(reader), geometry_(reader.geometry()), standings_(reader, max_participants) {}

  /// Every object there is, one after another; not of one moment.
  std::vector<EntryInfo> entries();
  /// The object of that name, but for its `memory_bytes`.
  std::optional<EntryInfo> find(std::string_view name);
  Stats stats();
  std::vector<ParticipantInfo> participants() const;
  Activity activity() const;
  /// The layout of the object's type; empty if there is no such object.
  std::optional<std::string> layout(std::string_view name) const;

 private:
  struct Copied {
    std::uint32_t index;
    State state;
  };

  /// Bytes of the heap that each entry owns, by its tag.
  std::map<std::uint32_t, std::uint64_t> owned_bytes(Stats& stats);
  std::uint64_t committed_bytes(std::uint64_t begin, std::uint64_t end) const;
  std::uint32_t entry_count() const noexcept;
  void read_entry(std::uint32_t index, Entry& entry) const noexcept;
  /// Whether the entry is still the one that was copied.
  bool stayed(const Copied& copied) const noexcept;
  /// Copies the entry of that name.
  std::optional<Copied> find(std::string_view name, Entry& entry) const;
  std::optional<EntryInfo> describe(const Entry& entry, std::uint32_t index);
  const std::string& type_name(std::uint32_t type);

  const SegmentReader& reader_;
  const Geometry& geometry_;
  Standings standings_;
  std::map<std::uint32_t, std::string> type_names_;  // by where the layout stands
};

}  // namespace ipcarc::detail
