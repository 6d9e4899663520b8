// Each kind of damage is found, by an attached process and by one that only
// looks, and named.
#include <functional>

#include "directory/populated.hpp"
#include "participants/robust_lock.hpp"

namespace ipcarc::test {
namespace {

using detail::Entry;
using detail::Header;
using detail::PageKind;
using detail::PageWord;
using detail::State;

struct Damage {
  const char* what;
  std::function<void(const SegmentFile&)> plant;
  const char* said;
};

template <class T>
std::function<void(const SegmentFile&)> header_word(std::size_t offset, T value) {
  return [=](const SegmentFile& file) { file.put<T>(offset, value); };
}

void set_state(const SegmentFile& file, const char* name, State state) {
  file.put<std::uint64_t>(file.state(file.find(name)), state.word);
}

State state_of(const SegmentFile& file, const char* name) {
  return State{file.get<std::uint64_t>(file.state(file.find(name)))};
}

/// Of an object with an arena: the offset of its value's first chunk.
std::uint64_t current_root(const SegmentFile& file, const char* name) {
  const std::uint32_t index = file.find(name);
  const detail::Version version{file.get<std::uint64_t>(file.version(index))};
  return file.get<std::uint64_t>(file.root(index, version.slot()));
}

const std::vector<Damage>& damages() {
  static const std::vector<Damage> all = {
      {"checksum", header_word<std::uint64_t>(offsetof(Header, created_ns), 7), "header: checksum"},
      {"entries committed",
       header_word<std::uint32_t>(offsetof(Header, entries_committed), 0xFFFFFFFF), "entries: "},
      {"types used", header_word<std::uint64_t>(offsetof(Header, types_used), 1ULL << 40),
       "type log"},
      {"page limit",
       header_word<std::uint32_t>(offsetof(Header, heap) + offsetof(detail::HeapHeader, page_limit),
                                  0xFFFFFFF),
       "page limit"},
      {"run mutex's kind",
       header_word<int>(offsetof(Header, heap) + offsetof(pthread_mutex_t, __data.__kind), 1),
       "the run mutex: of kind 1"},
      {"shard mutex's owner",
       [](const SegmentFile& file) {
         file.put<std::uint32_t>(file.geometry().shards + offsetof(detail::RobustMutex, owner), 77);
       },
       "the lock of shard 0: owned by participant 76"},
      {"shard mutex given up",
       [](const SegmentFile& file) {
         file.put<int>(file.geometry().shards + offsetof(pthread_mutex_t, __data.__owner),
                       detail::given_up_owner);
       },
       "given up"},
      {"participant's word",
       [](const SegmentFile& file) { file.put<std::uint64_t>(file.participant(9), 0x100); },
       "participant 9: no such state"},
      {"commit map",
       [](const SegmentFile& file) { file.put<std::uint64_t>(file.geometry().commit_map, 0); },
       "commit map"},
      {"type record's length",
       [](const SegmentFile& file) {
         file.put<std::uint32_t>(file.geometry().types + offsetof(detail::TypeRecord, layout_bytes),
                                 0xFFFFFFFF);
       },
       "the record at byte 0"},
      {"type record's text",
       [](const SegmentFile& file) {
         file.put<char>(file.geometry().types + sizeof(detail::TypeRecord), '?');
       },
       "is not a type's"},
      {"bucket behind the entries",
       [](const SegmentFile& file) {
         file.put<std::uint32_t>(file.bucket_of(file.find("number")), 0x7FFFFFFF);
       },
       "a link to entry"},
      {"empty bucket",
       [](const SegmentFile& file) {
         file.put<std::uint32_t>(file.bucket_of(file.find("number")), 0);
       },
       "in no chain"},
      {"circle",
       [](const SegmentFile& file) {
         const std::uint32_t index = file.find("number");
         file.put<std::uint32_t>(file.link_behind(index), file.link_to(index));
       },
       "circle"},
      {"link with the bits of another hash",
       [](const SegmentFile& file) {
         const std::uint32_t index = file.find("number");
         file.put<std::uint32_t>(file.bucket_of(index), file.link_to(index) ^ (1U << 31));
       },
       "bits of another hash"},
      {"hash",
       [](const SegmentFile& file) {
         const std::uint64_t at = file.entry(file.find("number")) + offsetof(Entry, hash);
         file.put<std::uint32_t>(at, file.get<std::uint32_t>(at) + (1U << 30));
       },
       "its hash is not its name's"},
      {"hash of another bucket",
       [](const SegmentFile& file) {
         const std::uint64_t at = file.entry(file.find("number")) + offsetof(Entry, hash);
         file.put<std::uint32_t>(at, file.get<std::uint32_t>(at) + 1);
       },
       "its hash belongs to another"},
      {"name's length",
       [](const SegmentFile& file) {
         file.put<unsigned char>(
             file.entry(file.find("number")) + offsetof(Entry, name) + detail::inline_name_bytes,
             255);
       },
       "has no name"},
      {"phase",
       [](const SegmentFile& file) {
         set_state(file, "number", State{state_of(file, "number").word | 7});
       },
       "no such state"},
      {"freed while linked",
       [](const SegmentFile& file) {
         set_state(file, "number",
                   State::make(state_of(file, "number").generation() + 1, detail::Phase::free));
       },
       "linked, but free"},
      {"built by nobody",
       [](const SegmentFile& file) {
         set_state(
             file, "number",
             State::make(state_of(file, "number").generation(), detail::Phase::building, 0, 44));
       },
       "being built by participant 43, which there is not"},
      {"held by nobody there is",
       [](const SegmentFile& file) {
         file.put<std::uint64_t>(file.entry(file.find("number")) + offsetof(Entry, holders),
                                 1ULL << 50);
       },
       "held by participant 50"},
      {"payload's place",
       [](const SegmentFile& file) {
         file.put<std::uint64_t>(file.entry(file.find("triple")) + offsetof(Entry, payload), 64);
       },
       "not where it was built"},
      {"small payload's place",
       [](const SegmentFile& file) {
         file.put<std::uint64_t>(file.entry(file.find("number")) + offsetof(Entry, payload),
                                 file.root(file.find("sync")));
       },
       "does not lie in it"},
      {"small payload's kind",
       [](const SegmentFile& file) {
         file.put<std::uint32_t>(file.entry(file.find("number")) + offsetof(Entry, kind),
                                 static_cast<std::uint32_t>(detail::PayloadKind::arena));
       },
       "does not lie in it"},
      {"small payload's size",
       [](const SegmentFile& file) {
         file.put<std::uint64_t>(file.entry(file.find("number")) + offsetof(Entry, payload_bytes),
                                 ~std::uint64_t{0});
       },
       "does not lie in it"},
      {"payload said to be small",
       [](const SegmentFile& file) {
         file.put<std::uint32_t>(file.entry(file.find("triple")) + offsetof(Entry, payload_offset),
                                 detail::in_entry);
       },
       "does not lie in it"},
      {"kind of payload",
       [](const SegmentFile& file) {
         file.put<std::uint32_t>(file.entry(file.find("number")) + offsetof(Entry, kind), 9);
       },
       "of no kind"},
      {"type's reference",
       [](const SegmentFile& file) {
         file.put<std::uint32_t>(file.entry(file.find("number")) + offsetof(Entry, type), 0xFFFFFF);
       },
       "not in the type log"},
      {"fingerprint",
       [](const SegmentFile& file) {
         file.put<std::uint64_t>(file.entry(file.find("number")) + offsetof(Entry, fingerprint), 1);
       },
       "is not of the type"},
      {"entry's mutex",
       [](const SegmentFile& file) {
         file.put<int>(file.entry(file.find("number")) + offsetof(Entry, mutex) +
                           offsetof(pthread_mutex_t, __data.__kind),
                       128);
       },
       "no robust mutex"},
      {"locked by nobody there is",
       [](const SegmentFile& file) {
         const std::uint64_t at = file.version(file.find("number"));
         file.put<std::uint64_t>(at,
                                 detail::Version{file.get<std::uint64_t>(at)}.owned_by(200).word);
       },
       "locked by participant 199"},
      {"no region",
       [](const SegmentFile& file) { file.put<std::uint64_t>(file.root(file.find("triple")), 0); },
       "without a region"},
      {"region out of the heap",
       [](const SegmentFile& file) { file.put<std::uint64_t>(file.root(file.find("triple")), 64); },
       "its chain leads to offset 64"},
      {"region of another",
       [](const SegmentFile& file) {
         file.put<std::uint64_t>(file.root(file.find("triple")), current_root(file, "config"));
       },
       "which is no block of it"},
      {"second region",
       [](const SegmentFile& file) {
         file.put<std::uint64_t>(file.root(file.find("triple"), 1),
                                 file.get<std::uint64_t>(file.root(file.find("triple"))));
       },
       "second region"},
      {"payload behind its block",
       [](const SegmentFile& file) {
         file.put<std::uint32_t>(file.entry(file.find("triple")) + offsetof(Entry, payload_offset),
                                 0xFFFF);
       },
       "does not lie in its first block"},
      {"circle of chunks",
       [](const SegmentFile& file) {
         const std::uint64_t root = current_root(file, "config");
         file.put<std::uint64_t>(root, root);
       },
       "its chain runs in a circle"},
      {"chunk lost",
       [](const SegmentFile& file) { file.put<std::uint64_t>(current_root(file, "config"), 0); },
       "on no chain"},
      {"chunk of another arena",
       [](const SegmentFile& file) {
         file.put<std::uint64_t>(current_root(file, "config") + sizeof(std::uint64_t), 16);
       },
       "not of its arena"},
      {"page word",
       [](const SegmentFile& file) {
         file.put<std::uint64_t>(file.page(file.page_of_kind(PageKind::small)), 0xFF1);
       },
       "no such word"},
      {"claim of nobody there is",
       [](const SegmentFile& file) {
         const std::uint64_t at = file.page(file.page_of_kind(PageKind::small));
         const PageWord word{file.get<std::uint64_t>(at)};
         file.put<std::uint64_t>(at, PageWord::small(word.size_class(), 99).word);
       },
       "claimed by participant 98, which there is not"},
      {"run's tail",
       [](const SegmentFile& file) {
         file.put<std::uint64_t>(file.page(file.page_of_kind(PageKind::run) + 1), 0);
       },
       "and not its tail"},
      {"tag of an entry that is free",
       [](const SegmentFile& file) {
         file.put<std::uint32_t>(file.tag(file.page_of_kind(PageKind::small), 0), 30);
       },
       ""},
      {"tag beyond the entries",
       [](const SegmentFile& file) {
         file.put<std::uint32_t>(file.tag(file.page_of_kind(PageKind::small), 0), 0x7FFFFFFF);
       },
       ": tag 0 is 2147483647"},
      {"tag on a free page",
       [](const SegmentFile& file) {
         file.put<std::uint32_t>(file.tag(file.page_of_kind(PageKind::run), 1), 1);
       },
       ": tag 1 is 1"},
  };
  return all;
}

class DamageTest : public PopulatedTest {};

TEST_F(DamageTest, EachIsFoundByWhoLooks) {
  const SegmentFile file(name_.path());
  const auto good = file.bytes(0, file.size());
  for (const Damage& damage : damages()) {
    SCOPED_TRACE(damage.what);
    damage.plant(file);
    const CheckReport report = Registry::inspect(name_);
    EXPECT_FALSE(report.ok());
    EXPECT_TRUE(has_text(report.errors, damage.said)) << joined(report);
    file.put_bytes(0, good);
    const CheckReport whole = Registry::inspect(name_);
    EXPECT_TRUE(whole.ok() && whole.leftovers.empty()) << joined(whole);
  }
}

TEST_F(DamageTest, EachIsFoundByWhoIsAttached) {
  Registry registry = Registry::open(name_, tiny());
  const SegmentFile file(name_.path());
  const auto good = file.bytes(0, file.size());
  for (const Damage& damage : damages()) {
    SCOPED_TRACE(damage.what);
    damage.plant(file);
    const CheckReport report = registry.check();
    file.put_bytes(0, good);
    EXPECT_TRUE(has_text(report.errors, damage.said)) << joined(report);
  }
  const CheckReport whole = registry.check();
  EXPECT_TRUE(whole.ok() && whole.leftovers.empty()) << joined(whole);
}

TEST_F(DamageTest, TwoOfOneNameAreFound) {
  {
    Registry registry = Registry::open(name_, tiny());
    registry.create<int>("numbes", 1).pin();
  }
  const SegmentFile file(name_.path());
  const std::uint32_t one = file.find("number");
  const std::uint32_t two = file.find("numbes");
  const auto first = file.get<std::uint32_t>(file.bucket_of(one));
  file.put_bytes(file.entry(two) + offsetof(Entry, name),
                 file.bytes(file.entry(one) + offsetof(Entry, name), 32));
  file.put<std::uint32_t>(file.bucket_of(two), 0);
  file.put<std::uint32_t>(file.entry(two) + offsetof(Entry, hash),
                          file.get<std::uint32_t>(file.entry(one) + offsetof(Entry, hash)));
  file.put<std::uint32_t>(file.link_behind(two), first);
  file.put<std::uint32_t>(file.bucket_of(one), file.link_to(two));
  const CheckReport report = Registry::inspect(name_);
  EXPECT_TRUE(has_text(report.errors, "has the name of entry")) << joined(report);
}

TEST_F(DamageTest, ManyFindingsAreCounted) {
  const SegmentFile file(name_.path());
  const std::uint32_t page = file.page_of_kind(PageKind::small);
  for (std::uint32_t number = 0; number < page + 8; ++number) {
    file.put<std::uint64_t>(file.page(number), 0xFFFF);
  }
  for (std::uint32_t slot = 0; slot < detail::max_participants; ++slot) {
    file.put<std::uint64_t>(file.participant(slot), 0x100);
  }
  const CheckReport report = Registry::inspect(name_);
  EXPECT_EQ(report.errors.size(), 101U);
  EXPECT_TRUE(report.errors.back().starts_with("and ")) << report.errors.back();
}

}  // namespace
}  // namespace ipcarc::test
