// Handles: copies, moves, counts, frozen and sync access.
#include <sys/mman.h>

#include <atomic>
#include <thread>

#include "registry/example.hpp"

namespace ipcarc::test {
namespace {

template <class Arc>
concept lockable = requires(Arc arc) {
  arc.acquire();
};

class ArcTest : public RegistryTest {
 protected:
  Registry registry_ = Registry::open(name_, small());
};

TEST_F(ArcTest, CopiesAndMovesCountWithinTheProcessOnly) {
  auto first = registry_.create<int>("n", 1);
  const auto copy = first;
  const auto moved = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): it is empty
  EXPECT_EQ(copy, moved);
  EXPECT_EQ(copy.use_count(), 1U);
  EXPECT_EQ(copy.name(), "n");
}

TEST_F(ArcTest, CopyingTouchesNoSharedMemory) {
  const auto arc = registry_.publish<int>("n", 1);
  // A page of the segment that is written faults when it is mapped read-only; so do all writes of the entry's line.
  const auto* entry = reinterpret_cast<const std::byte*>(arc.name().data());
  const auto page = reinterpret_cast<std::uintptr_t>(entry) & ~std::uintptr_t{4095};
  ASSERT_EQ(::mprotect(reinterpret_cast<void*>(page), 4096, PROT_READ), 0);
  for (int i = 0; i < 100; ++i) {
    const auto copy = arc;
    const auto another = copy;
    EXPECT_EQ(*another, 1);
  }
  EXPECT_EQ(*registry_.get<const int>("n"), 1);  // held already: a lookup writes nothing either
  ASSERT_EQ(::mprotect(reinterpret_cast<void*>(page), 4096, PROT_READ | PROT_WRITE), 0);
  registry_.remove("n");
}

TEST_F(ArcTest, FrozenObjectsAreReadWithoutALock) {
  const auto arc = registry_.publish<Config>("cfg", 1, "a frozen string that lies in the arena");
  EXPECT_EQ(arc->host, "a frozen string that lies in the arena");
  EXPECT_EQ((*arc).port, 1);
  static_assert(std::is_same_v<decltype(*arc), const Config&>);
  static_assert(!lockable<IpcArc<const Config>> && lockable<IpcArc<Config>>);
  registry_.remove("cfg");
}

TEST_F(ArcTest, SyncTypesGiveDirectAccess) {
  const auto counter = registry_.create<std::atomic<std::uint64_t>>("counter", 0U);
  const auto same = registry_.get<std::atomic<std::uint64_t>>("counter");
  counter->fetch_add(2);
  ++*same;
  EXPECT_EQ(counter->load(), 3U);
  static_assert(!lockable<IpcArc<std::atomic<int>>>);
}

TEST_F(ArcTest, ThreadsShareAndDropHandlesWhileOthersLookUp) {
  auto arc = registry_.create<Pair>("pair");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5000; ++i) {
        if (t % 2 == 0) {
          const auto copy = arc;
          EXPECT_TRUE(copy);
        } else {
          EXPECT_TRUE(registry_.get<Pair>("pair"));
        }
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  arc = {};
  EXPECT_FALSE(registry_.contains("pair"));
  expect_clean(registry_);
}

TEST_F(ArcTest, ThreadsThatCreateAndDropTheSameNameNeverSeeAnotherObject) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string mine = "name " + std::to_string(t % 2);
      const std::uint64_t mark = static_cast<std::uint64_t>(t % 2) + 1;
      for (int i = 0; i < 3000; ++i) {
        const auto arc = registry_.get_or_create<Pair>(mine, mark, ~mark);
        const Pair pair = arc.load();
        ASSERT_EQ(pair.a, mark);
        ASSERT_EQ(pair.b, ~mark);
        ASSERT_EQ(arc.name(), mine);
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(registry_.stats().objects, 0U);
  EXPECT_EQ(registry_.stats().heap_bytes_used, 0U);
  expect_clean(registry_);
}

}  // namespace
}  // namespace ipcarc::test
