// The check of a segment: every invariant that a look at its bytes can tell, of
// the header, the participants, the locks, the types, the names, the entries,
// their regions and the heap.
//
// It reads the file, never a mapping, and takes no lock; so it serves an
// attached process and one that has no slot alike, and bears any bytes: what it
// follows was compared with the geometry, walks are bounded, and what is
// missing reads as zero.
//
// On a segment that others change, what is half changed shows for a moment. It
// is reported only if it stays through several looks, and then as unsettled if
// a living participant explains it. What such a participant does that is
// stopped for long, or whose last hold is just being let go, can still be among
// the leftovers; damage is never taken for anything else, and hardly ever the
// reverse.
//
// What each severity means: segment/findings.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heap/heap_check.hpp"
#include "layout/tables.hpp"
#include "participants/standing.hpp"
#include "segment/findings.hpp"
#include "segment/segment_reader.hpp"

namespace ipcarc::detail {

/// Checks the segment of an attached process. `own_slot`: its slot, locked
/// through `reader`'s description.
void check_segment(const SegmentReader& reader, std::uint32_t own_slot, CheckReport& report,
                   const CheckProgress& progress);

/// Checks the registry of that name without attaching: read permission is
/// enough, and nothing is changed. Throws bad_name, not_found,
/// permission_denied (not a regular file, no right to read); whatever else is
/// wrong is in the report.
CheckReport check_file(std::string_view name, const std::string& directory,
                       const CheckProgress& progress);

/// The walk of one segment. An object is one check, by one thread.
class DirectoryCheck {
 public:
  DirectoryCheck(const SegmentReader& reader, const Standings& standings, Findings& findings);
  void run();

 private:
  // What the walk of the chains needs of an entry that is not free.
  struct Seen {
    std::uint32_t index;
    std::uint32_t next;
    std::uint64_t state;
    std::uint32_t hash;
    bool linked;
  };
  struct TypeSeen {
    std::uint64_t fingerprint;
    std::uint64_t size;
  };

  // check.cpp
  void participants();
  void locks();
  void types();
  bool look_at_types(Look& look);
  void look_at_lock(const std::string& name, std::uint64_t offset, Look& look) const;
  /// What a thing is that only who holds this lock leaves like that.
  Severity of_the_lock(std::uint32_t owner) const noexcept;

  // check_names.cpp
  std::uint32_t committed_entries() const noexcept;
  Entry& read_entry(std::uint32_t index) const noexcept;
  /// The link from an entry to the next of its chain.
  std::uint32_t link_behind(std::uint32_t index) const noexcept;
  void collect();
  void chains();
  bool chain_is_odd(std::uint32_t bucket, std::uint32_t link);
  bool look_at_chain(std::uint32_t bucket, Look& look) const;
  void look_at_linked(const Entry& e, std::uint32_t index, std::uint32_t link, std::uint32_t bucket,
                      Severity half_changed, Look& look) const;
  std::uint64_t step() const noexcept;
  /// Whether the chain of the entry's hash leads to it now; empty if it moved
  /// meanwhile, and `otherwise` if there are no steps left to find out.
  std::optional<bool> is_linked(const Entry& e, std::uint32_t index, bool otherwise) const;
  Seen* seen(std::uint32_t index) noexcept;
  std::uint64_t shard_at(std::uint32_t hash) const noexcept;
  std::uint32_t sequence_of(std::uint32_t hash) const noexcept;
  std::uint32_t shard_owner(std::uint32_t hash) const noexcept;

  // check_entries.cpp
  void entries();
  void look_at_entry(const Entry& e, std::uint32_t index, bool linked, Look& look) const;
  void look_at_holdable(const Entry& e, std::uint32_t index, bool linked, Look& look) const;
  void look_at_holders(const Entry& e, std::uint32_t index, Look& look) const;
  void look_at_name(const Entry& e, std::uint32_t index, Look& look) const;
  void look_at_type(const Entry& e, std::uint32_t index, Look& look) const;
  void look_at_mutex(const Entry& e, std::uint32_t index, Look& look) const;

  // check_regions.cpp
  void mark_regions(const Entry& e, std::uint32_t index);
  void regions();
  bool look_at_regions(std::uint32_t index, const std::vector<std::uint64_t>& strays,
                       Look& look) const;
  /// Appends the chunks that a root leads to; else says what is wrong.
  std::string walk(std::uint32_t index, std::uint64_t root, bool with_arena,
                   std::vector<BlockAt>& chunks) const;
  struct RegionFault {
    std::string text;       // empty: none
    bool by_death = false;  // a kill can leave it
  };
  RegionFault fault_of_regions(const Entry& e, std::uint32_t index,
                               std::vector<BlockAt>& chunks) const;
  std::string fault_of_payload(const Entry& e, std::uint32_t index, std::uint64_t root) const;

  static constexpr std::uint64_t most_strays = 1'000'000;  // remembered

  const SegmentReader& reader_;
  const Geometry& geometry_;
  const Standings& standings_;
  Findings& findings_;
  HeapCheck heap_;
  bool same_pid_namespace_ = false;
  std::vector<Standing> standing_;  // of each slot, when the check began
  std::uint32_t count_ = 0;         // of entries
  std::vector<Seen> seen_;          // by index
  std::map<std::uint32_t, TypeSeen> types_;
  // Entries whose regions are to be looked at again: in use and on no chain, by
  // entry.
  std::map<std::uint32_t, std::vector<std::uint64_t>> doubtful_;
  std::uint64_t strays_ = 0;
  mutable std::uint64_t steps_left_ = 0;
  mutable Entry entry_;  // the one that read_entry() read last
};

}  // namespace ipcarc::detail
