// docs/SEGMENT-FORMAT.md says what the code does: every offset, size, mask and constant on the page, and none is missing.
#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <map>
#include <regex>
#include <string>

#include "ipcarc/detail/arena_layout.hpp"
#include "ipcarc/detail/core_calls.hpp"
#include "ipcarc/detail/page_word.hpp"
#include "ipcarc/detail/type_key.hpp"
#include "ipcarc/serialization/detail/blob.hpp"
#include "layout/geometry.hpp"
#include "layout/tables.hpp"

namespace ipcarc::detail {
namespace {

struct Place {
  std::uint64_t offset;
  std::uint64_t bytes;
};
using Fields = std::map<std::string, Place>;

// What the page says, by the names it uses.
struct Format {
  std::map<std::string, std::uint64_t> sizes;
  std::map<std::string, Fields> fields;
  std::map<std::string, std::map<std::string, std::uint64_t>> masks;
  std::map<std::string, std::uint64_t> constants;
};

bool starts_with(const std::string& line, std::smatch& match, const std::regex& pattern) {
  return std::regex_search(line, match, pattern, std::regex_constants::match_continuous);
}

Format read_page() {
  std::ifstream file(IPCARC_SOURCE_DIR "/docs/SEGMENT-FORMAT.md");
  const std::regex heading(R"(### (\w+): (\d+) bytes)");
  const std::regex field(R"(\| (\d+) \| (\d+) \| `(\w+)` \|)");
  const std::regex bits_heading(R"(\| bits of `([\w:]+)` \|)");
  const std::regex bits(R"(\| (\d+)(?:-(\d+))? \| `(\w+)` \|)");
  const std::regex constant(R"(\| `(\w+)` \| (\w+) \|)");
  Format page;
  std::string of;
  std::string bits_of;
  std::smatch match;
  for (std::string line; std::getline(file, line);) {
    if (starts_with(line, match, heading)) {
      of = match[1];
      page.sizes[of] = std::stoull(match[2]);
    } else if (starts_with(line, match, field)) {
      page.fields[of][match[3]] = {std::stoull(match[1]), std::stoull(match[2])};
    } else if (starts_with(line, match, bits_heading)) {
      bits_of = match[1];
    } else if (starts_with(line, match, bits)) {
      const auto low = std::stoul(match[1]);
      const auto high = match[2].matched ? std::stoul(match[2]) : low;
      page.masks[bits_of][match[3]] = (~std::uint64_t{0} >> (63 - (high - low))) << low;
    } else if (starts_with(line, match, constant)) {
      page.constants[match[1]] = std::stoull(match[2], nullptr, 0);
    }
  }
  return page;
}

#define FIELD(type, name)                      \
  {                                            \
#name, {                                   \
      offsetof(type, name), sizeof(type::name) \
    }                                          \
  }

struct Struct {
  std::uint64_t bytes;
  Fields fields;
};

std::map<std::string, Struct> structs_of_the_code() {
  return {
      {"Header",
       {sizeof(Header),
        {FIELD(Header, magic), FIELD(Header, version), FIELD(Header, boost_version),
         FIELD(Header, birth_id), FIELD(Header, pid_namespace), FIELD(Header, creator_uid),
         FIELD(Header, max_objects), FIELD(Header, created_ns), FIELD(Header, geometry),
         FIELD(Header, checksum), FIELD(Header, heap), FIELD(Header, types_mutex),
         FIELD(Header, types_used), FIELD(Header, reserved0), FIELD(Header, entries_committed),
         FIELD(Header, entries_fresh), FIELD(Header, entries_scan), FIELD(Header, reserved1)}}},
      {"Geometry",
       {sizeof(Geometry), {FIELD(Geometry, file_bytes),   FIELD(Geometry, commit_map),
                           FIELD(Geometry, participants), FIELD(Geometry, shards),
                           FIELD(Geometry, buckets),      FIELD(Geometry, committed_at_birth),
                           FIELD(Geometry, types),        FIELD(Geometry, types_bytes),
                           FIELD(Geometry, entries),      FIELD(Geometry, links),
                           FIELD(Geometry, name_tails),   FIELD(Geometry, page_table),
                           FIELD(Geometry, free_map),     FIELD(Geometry, tags),
                           FIELD(Geometry, heap),         FIELD(Geometry, max_objects),
                           FIELD(Geometry, bucket_count), FIELD(Geometry, shard_count),
                           FIELD(Geometry, page_count),   FIELD(Geometry, page_shift),
                           FIELD(Geometry, commit_shift)}}},
      {"HeapHeader",
       {sizeof(HeapHeader),
        {FIELD(HeapHeader, run_mutex), FIELD(HeapHeader, page_limit), FIELD(HeapHeader, run_hint),
         FIELD(HeapHeader, reserved)}}},
      {"RobustMutex",
       {sizeof(RobustMutex),
        {FIELD(RobustMutex, mutex), FIELD(RobustMutex, owner), FIELD(RobustMutex, reserved)}}},
      {"Participant",
       {sizeof(Participant),
        {FIELD(Participant, state), FIELD(Participant, pid), FIELD(Participant, reserved0),
         FIELD(Participant, attached_ns), FIELD(Participant, reserved)}}},
      {"Shard",
       {sizeof(Shard),
        {FIELD(Shard, mutex), FIELD(Shard, reserved0), FIELD(Shard, sequence),
         FIELD(Shard, waiters), FIELD(Shard, reserved1)}}},
      {"TypeRecord",
       {sizeof(TypeRecord),
        {FIELD(TypeRecord, fingerprint), FIELD(TypeRecord, size), FIELD(TypeRecord, alignment),
         FIELD(TypeRecord, layout_bytes)}}},
      {"Entry",
       {sizeof(Entry),
        {FIELD(Entry, state), FIELD(Entry, payload), FIELD(Entry, fingerprint), FIELD(Entry, hash),
         FIELD(Entry, reserved), FIELD(Entry, name), FIELD(Entry, mutex), FIELD(Entry, version),
         FIELD(Entry, root), FIELD(Entry, holders), FIELD(Entry, payload_bytes),
         FIELD(Entry, payload_offset), FIELD(Entry, waiters), FIELD(Entry, type),
         FIELD(Entry, created_s), FIELD(Entry, creator_pid), FIELD(Entry, kind)}}},
      {"Page",
       {sizeof(Page),
        {FIELD(Page, word), FIELD(Page, maybe_free), FIELD(Page, scan_hint),
         FIELD(Page, reserved)}}},
      {"ChunkHeader", {sizeof(ChunkHeader), {FIELD(ChunkHeader, next), FIELD(ChunkHeader, arena)}}},
      {"ChunkLink", {sizeof(ChunkLink), {FIELD(ChunkLink, previous), FIELD(ChunkLink, reserved)}}},
      {"Arena",
       {sizeof(Arena),
        {FIELD(Arena, cursor), FIELD(Arena, end), FIELD(Arena, lists), FIELD(Arena, loose),
         FIELD(Arena, owner), FIELD(Arena, loose_count), FIELD(Arena, chunk_shift),
         FIELD(Arena, reserved0), FIELD(Arena, reserved1)}}},
      {"LinkWords",
       {sizeof(LinkWords),
        {FIELD(LinkWords, index_plus_1), FIELD(LinkWords, registry),
         FIELD(LinkWords, generation)}}},
      {"BlobHead",
       {sizeof(BlobHead),
        {FIELD(BlobHead, magic), FIELD(BlobHead, fingerprint), FIELD(BlobHead, length),
         FIELD(BlobHead, checksum), FIELD(BlobHead, place)}}},
  };
}

constexpr std::uint64_t from(unsigned shift) {
  return ~std::uint64_t{0} << shift;
}

const std::map<std::string, std::map<std::string, std::uint64_t>> masks_of_the_code = {
    {"Participant::state",
     {{"active", Participant::active_bit}, {"incarnation", from(Participant::incarnation_shift)}}},
    {"Entry::state",
     {{"phase", State::phase_mask},
      {"pinned", State::pinned_bit},
      {"doomed", State::doomed_bit},
      {"leaving", State::leaving_bit},
      {"frozen", State::frozen_bit},
      {"participant", State::participant_mask},
      {"generation", from(State::generation_shift)}}},
    {"Entry::version",
     {{"slot", Version::slot_bit},
      {"changing", Version::changing_bit},
      {"owner", Version::owner_mask},
      {"count", from(Version::count_shift)}}},
    {"Page::word",
     {{"kind", PageWord::kind_mask},
      {"class", PageWord::class_mask << PageWord::class_shift},
      {"claimant", PageWord::claimant_mask << PageWord::claimant_shift},
      {"count", PageWord::count_mask << PageWord::count_shift},
      {"owner", from(PageWord::owner_shift)}}},
};

#define CONSTANT(name) \
  { #name, name }

const std::map<std::string, std::uint64_t> constants_of_the_code = {
    CONSTANT(layout_version),    CONSTANT(segment_magic),     CONSTANT(header_bytes),
    CONSTANT(min_segment_bytes), CONSTANT(max_segment_bytes), CONSTANT(max_participants),
    CONSTANT(max_name_bytes),    CONSTANT(inline_name_bytes), CONSTANT(name_tail_bytes),
    CONSTANT(min_block_bytes),   CONSTANT(max_slot_bytes),    {"robust_kind", robust_kind},
    CONSTANT(in_entry),          CONSTANT(in_entry_bytes),
};

TEST(SegmentFormat, StructsAreAsThePageSays) {
  const Format page = read_page();
  const auto structs = structs_of_the_code();
  EXPECT_EQ(page.sizes.size(), structs.size());
  for (const auto& [name, expected] : structs) {
    ASSERT_TRUE(page.sizes.contains(name)) << name;
    EXPECT_EQ(page.sizes.at(name), expected.bytes) << name;
    const Fields& said = page.fields.at(name);
    EXPECT_EQ(said.size(), expected.fields.size()) << name;
    for (const auto& [field, place] : expected.fields) {
      ASSERT_TRUE(said.contains(field)) << name << "::" << field;
      EXPECT_EQ(said.at(field).offset, place.offset) << name << "::" << field;
      EXPECT_EQ(said.at(field).bytes, place.bytes) << name << "::" << field;
    }
  }
}

TEST(SegmentFormat, FieldsLeaveNoGapButBeforeTheNextLine) {
  for (const auto& [name, expected] : structs_of_the_code()) {
    std::map<std::uint64_t, std::uint64_t> by_offset;
    for (const auto& [field, place] : expected.fields) {
      by_offset[place.offset] = place.bytes;
    }
    std::uint64_t end = 0;
    for (const auto& [offset, bytes] : by_offset) {
      EXPECT_TRUE(offset == end || (offset % 64 == 0 && offset - end < 64))
          << name << " at " << end;
      end = offset + bytes;
    }
    EXPECT_LT(expected.bytes - end, 64U) << name;
  }
}

TEST(SegmentFormat, BitsAreAsThePageSays) {
  EXPECT_EQ(read_page().masks, masks_of_the_code);
}

TEST(SegmentFormat, ConstantsAreAsThePageSays) {
  EXPECT_EQ(read_page().constants, constants_of_the_code);
}

}  // namespace
}  // namespace ipcarc::detail
