// Readers of values against bytes that no program wrote: they answer or throw, and never reach out of the object.
#include <random>

#include "directory/segment_file.hpp"
#include "heap/heap_check.hpp"
#include "registry/example.hpp"
#include "values/everything.hpp"

namespace ipcarc::test {

struct Nodes {
  ipcarc::map<int, ipcarc::list<int>> tree;
  ipcarc::unordered_map<int, int> table;
  ipcarc::deque<int> queue;
};

struct Node {
  int number = 0;
  ipcarc::vector<Node> children;
};

namespace {

/// Where the object's value can be, and how long that is: its chunks behind their headers.
std::vector<std::pair<std::uint64_t, std::uint64_t>> blocks_of(const SegmentFile& file,
                                                               std::uint32_t index) {
  const detail::SegmentReader reader(file.descriptor(), file.geometry());
  const detail::Standings standings(reader, detail::max_participants);
  CheckReport unused;
  detail::Findings findings(unused, {}, false);
  const detail::HeapCheck heap(reader, standings, findings);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> blocks;
  for (unsigned slot = 0; slot < 2; ++slot) {
    for (auto at = file.get<std::uint64_t>(file.root(index, slot)); at != 0;
         at = file.get<std::uint64_t>(at)) {
      constexpr std::uint64_t header = sizeof(detail::ChunkHeader);
      blocks.emplace_back(at + header,
                          std::min<std::uint64_t>(heap.locate(at).bytes, 4096) - header);
    }
  }
  return blocks;
}

/// What a reader of damaged bytes may do: give JSON, or throw one of these.
void expect_bears(const std::function<std::string()>& read) {
  try {
    EXPECT_TRUE(nlohmann::json::accept(read()));
  } catch (const Error& error) {
    EXPECT_TRUE(error.code() == Errc::corrupt_segment || error.code() == Errc::poisoned ||
                error.code() == Errc::timed_out ||
                error.code() == std::make_error_code(std::errc::value_too_large))
        << error.what();
  }
}

class DamagedValue : public RegistryTest {
 protected:
  DamagedValue() {
    limits_.max_values = 20'000;
    limits_.max_bytes = 1 << 20;
    limits_.timeout = std::chrono::milliseconds(1);
  }

  /// Spoils a few words of the value, reads it in all ways, and mends it; many times.
  template <class T>
  void spoil(const T& value, int rounds) {
    const auto arc = registry_.create<T>("mutable", value);
    const auto frozen = registry_.publish<T>("frozen", value);
    const SegmentFile file(name_.path());
    const unsigned seed = std::random_device{}();
    std::mt19937_64 random(seed);
    SCOPED_TRACE("seed " + std::to_string(seed));
    for (const char* object : {"mutable", "frozen"}) {
      const auto blocks = blocks_of(file, file.find(object));
      for (int round = 0; round < rounds && !HasFailure(); ++round) {
        std::vector<std::pair<std::uint64_t, std::uint64_t>> old;
        for (std::uint64_t words = 1 + random() % 3; words != 0; --words) {
          const auto& [start, bytes] = blocks[random() % blocks.size()];
          const std::uint64_t at = start + random() % (bytes / 8) * 8;
          const auto word = file.get<std::uint64_t>(at);
          old.emplace_back(at, word);
          const std::uint64_t other = file.get<std::uint64_t>(start + random() % (bytes / 8) * 8);
          const std::uint64_t spoilt[] = {random(),
                                          random() % 4096,
                                          std::uint64_t{0} - random() % 65536,
                                          word ^ (std::uint64_t{1} << random() % 64),
                                          other,
                                          ~std::uint64_t{0},
                                          0};
          file.put(at, spoilt[random() % std::size(spoilt)]);
        }
        for (const bool too : {false, true}) {
          limits_.damaged_too = too;
          expect_bears([&] { return registry_.value_json(object, limits_); });
          expect_bears([&] { return Registry::inspect_json(name_, object, {}, limits_); });
        }
        for (auto last = old.rbegin(); last != old.rend(); ++last) {
          file.put(last->first, last->second);
        }
      }
    }
    limits_.damaged_too = false;
    EXPECT_EQ(registry_.value_json("mutable", limits_), registry_.value_json("frozen", limits_));
  }

  Registry registry_ = Registry::open(name_, small());
  JsonOptions limits_;
};

TEST_F(DamagedValue, OfContainersNeverCrashesItsReader) {
  Containers value = containers();
  value.queue.resize(20);
  spoil(value, 300);
}

TEST_F(DamagedValue, OfHashTablesNeverCrashesItsReader) {
  ipcarc::unordered_map<ipcarc::string, ipcarc::vector<ipcarc::string>> table;
  for (int i = 0; i < 40; ++i) {
    table[ipcarc::string(std::to_string(i))].assign(
        2, ipcarc::string(static_cast<std::size_t>(i), 'x'));
  }
  spoil(table, 300);
}

TEST_F(DamagedValue, OfTreesNeverCrashesItsReader) {
  ipcarc::map<int, ipcarc::list<int>> tree;
  for (int i = 0; i < 60; ++i) {
    tree[i].assign(2, i);
  }
  spoil(tree, 300);
}

TEST_F(DamagedValue, IsNotSetOutsideOfItself) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  Nodes nodes;
  for (int i = 0; i < 20; ++i) {
    nodes.tree[i].assign(2, i);
    nodes.table[i] = i;
    nodes.queue.push_back(i);
  }
  const auto before = registry_.publish<Nodes>("before", nodes);
  const SegmentFile file(name_.path());
  for (int round = 0; round < 300 && !HasFailure(); ++round) {
    const auto arc = registry_.create<Nodes>("nodes", nodes);
    const auto after = registry_.publish<Nodes>("after", nodes);
    const auto blocks = blocks_of(file, file.find("nodes"));
    for (int words = 0; words < 3; ++words) {
      // Behind the arena, which is not what this is about.
      const auto& [start, bytes] = blocks[random() % blocks.size()];
      const std::uint64_t at = start + 48 + random() % ((bytes - 48) / 8) * 8;
      file.put(at, random() % 2 == 0 ? file.get<std::uint64_t>(at) + random() % 8192 - 4096
                                     : random() % 4096);
    }
    for (const char* path : {"tree[5][1]", "table[5]", "queue[5]"}) {
      try {
        registry_.set_json("nodes", path, "-1");
      } catch (const Error& error) {
        EXPECT_TRUE(error.code() == Errc::corrupt_segment ||
                    error.code() == std::errc::invalid_argument)
            << error.what();
      }
    }
    EXPECT_EQ(before->queue, nodes.queue);
    EXPECT_EQ(after->table, nodes.table);
    EXPECT_EQ(after->tree, before->tree);
    registry_.remove("nodes");
    registry_.remove("after");
  }
}

TEST_F(DamagedValue, ThatContainsItselfIsRefused) {
  const auto arc = registry_.create<Node>("node");
  arc.acquire()->children.resize(1);
  const SegmentFile file(name_.path());
  const auto payload =
      file.get<std::uint64_t>(file.entry(file.find("node")) + offsetof(detail::Entry, payload));
  // The vector's link leads to the node that it lies in.
  file.put<std::int64_t>(payload + offsetof(Node, children),
                         -static_cast<std::int64_t>(offsetof(Node, children)));
  const auto too_large = std::make_error_code(std::errc::value_too_large);
  EXPECT_EQ(error_of([&] { registry_.value_json("node"); }), too_large);
  EXPECT_EQ(error_of([&] { Registry::inspect_json(name_, "node"); }), too_large);
}

TEST_F(DamagedValue, IsNamedByItsPath) {
  const auto arc = registry_.create<Config>("cfg");
  arc.acquire()->peers.resize(3);
  const auto other = registry_.create<ipcarc::string>("other", std::string(100, 's'));
  const SegmentFile file(name_.path());
  const auto payload_of = [&](const char* name) {
    return file.get<std::uint64_t>(file.entry(file.find(name)) + offsetof(detail::Entry, payload));
  };
  // The third peer's characters: those of another object.
  const std::uint64_t peers = payload_of("cfg") + offsetof(Config, peers);
  const std::uint64_t third = peers + file.get<std::uint64_t>(peers) + 2 * sizeof(ipcarc::string);
  file.put(third, payload_of("other") + 8 - third);
  file.put<std::uint64_t>(third + 8, 10);
  file.put<std::uint64_t>(third + 16, 15);
  try {
    registry_.value_json("cfg");
    ADD_FAILURE() << "another object's characters were shown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::corrupt_segment);
    EXPECT_NE(std::string(error.what()).find("\"peers[2]\""), std::string::npos) << error.what();
  }
  JsonOptions all;
  all.damaged_too = true;
  const auto shown = json_value(registry_, "cfg", all);
  EXPECT_EQ(shown["peers"][1], "");
  EXPECT_TRUE(shown["peers"][2].get<std::string>().starts_with("<damaged: ")) << shown;
  EXPECT_EQ(error_of([&] { registry_.set_json("cfg", "peers[2]", R"("x")"); }),
            Errc::corrupt_segment);
}

}  // namespace
}  // namespace ipcarc::test
