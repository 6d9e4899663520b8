// Containers in a registry: changed by several processes, with every pointer at home in the
// segment.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <string>
#include <vector>

#include "containers/random_operations.hpp"
#include "ipcarc/detail/mapped_segments.hpp"
#include "ipcarc/registry.hpp"
#include "support/child_process.hpp"
#include "support/escape_checker.hpp"
#include "support/registry_name.hpp"

namespace ipcarc::test {
namespace {

using Tree = map<string, vector<string>>;
using Table = unordered_map<string, map<string, int>>;
// The containers that neither these nor Record have.
using Others = std::tuple<list<deque<string>>, stable_vector<string>,
                          flat_map<string, flat_set<string>>, set<string>, unordered_set<string>>;

// Where this process has mapped segments.
std::vector<Range> mapped_segments() {
  std::vector<Range> found;
  for (const auto* group = detail::mapped_segments.first.load(); group != nullptr;
       group = group->next.load()) {
    for (const detail::MappedSegment& place : group->places) {
      if (place.heap_bytes.load() != 0) {
        found.push_back({place.base.load(), place.bytes.load()});
      }
    }
  }
  return found;
}

class InARegistry : public testing::Test {
 protected:
  static Options small() {
    Options options;
    options.capacity_bytes = 16 << 20;
    return options;
  }

  // With no guard held: a locked mutex leads to its thread's list of robust mutexes. Words of 32
  // bits are the directory's hashes, which would be distances to whatever lies near.
  static void expect_no_escape() {
    const std::vector<Range> segments = mapped_segments();
    ASSERT_EQ(segments.size(), 1U);
    const auto outside = process_memory_except(segments);
    const auto escapes = scan(segments[0], segments[0], outside, std::int64_t{1} << 32);
    EXPECT_TRUE(escapes.empty()) << described(escapes);
  }
  template <class T>
  static void expect_at_home(const IpcArc<T>& arc) {
    const auto guard = arc.acquire();
    Walk walk(detail::arena_of(&*guard));
    walk(*guard);
    EXPECT_NE(detail::arena_of(&*guard), nullptr);
    EXPECT_TRUE(walk.escapes().empty()) << described(walk.escapes());
  }

  const RegistryName name_{"containers"};
};

template <class T>
void change_at_random(const IpcArc<T>& arc, std::uint64_t seed) {
  Random random(seed);
  auto guard = arc.acquire();
  Model<T> model = model_of(*guard);
  for (int i = 0; i != 2000; ++i) {
    mutate<T>(*guard, model, random);
    ASSERT_TRUE(same<T>(*guard, model)) << "seed " << seed << ", operation " << i;
  }
}

TEST_F(InARegistry, ProcessesChangeTheSameContainersInTurn) {
  // Forked before there is a registry, and with other memory in the way, so that each maps it at an
  // address of its own.
  constexpr std::size_t rounds = 3;
  std::array<Signal, rounds> turns;
  std::vector<Child> children;
  for (std::size_t round = 0; round != rounds; ++round) {
    children.emplace_back([&, round] {
      ASSERT_TRUE(turns[round].await());
      ASSERT_NE(::mmap(nullptr, (round + 1) << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                MAP_FAILED);
      Registry registry = Registry::attach(name_);
      change_at_random(registry.get<Record>("record"), round);
      change_at_random(registry.get<Tree>("tree"), round);
      change_at_random(registry.get<Table>("table"), round);
      change_at_random(registry.get<Others>("others"), round);
      expect_no_escape();
    });
  }
  Registry registry = Registry::open(name_, small());
  const auto record = registry.create<Record>("record");
  const auto tree = registry.create<Tree>("tree");
  const auto table = registry.create<Table>("table");
  const auto others = registry.create<Others>("others");
  for (std::size_t round = 0; round != rounds; ++round) {
    turns[round].give();
    const Exit exit = children[round].wait();
    ASSERT_TRUE(exit.ok()) << exit;
    change_at_random(record, 100 + round);
    change_at_random(tree, 100 + round);
    change_at_random(table, 100 + round);
    change_at_random(others, 100 + round);
    expect_at_home(record);
    expect_at_home(tree);
    expect_at_home(table);
    expect_at_home(others);
    expect_no_escape();
  }
}

TEST_F(InARegistry, ValuesCrossBetweenObjectsAndTheStack) {
  Registry registry = Registry::open(name_, small());
  Random random(7);
  const auto first = registry.create<Record>("first");
  const auto second = registry.create<Record>("second");
  for (int round = 0; round != 20; ++round) {
    const Model<Record> model = random_model<Record>(random);
    Record local = made_of<Record>(model);
    {
      auto here = first.acquire();
      auto there = second.acquire();
      *here = std::move(local);
      *there = *here;
      swap(here->tags, there->tags);
      std::swap(*here, *there);
      local = *there;
    }
    EXPECT_TRUE(same<Record>(local, model));
    expect_at_home(first);
    expect_at_home(second);
  }
  expect_no_escape();
}

TEST_F(InARegistry, DroppedObjectsGiveAllTheirMemoryBack) {
  Registry registry = Registry::open(name_, small());
  const auto used = registry.stats().heap_bytes_used;
  {
    const auto tree = registry.create<Tree>("tree");
    change_at_random(tree, 1);
    const auto texts = registry.create<vector<string>>(
        "texts", std::vector<std::string>(1000, "a text of some length"));
    EXPECT_GT(registry.stats().heap_bytes_used, used);
  }
  EXPECT_EQ(registry.stats().heap_bytes_used, used);
}

}  // namespace
}  // namespace ipcarc::test
