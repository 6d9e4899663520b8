// Several processes with one registry.
#include <thread>

#include "registry/example.hpp"

namespace ipcarc::test {
namespace {

using namespace std::chrono_literals;

class SharingTest : public RegistryTest {};

TEST_F(SharingTest, AnotherProcessFindsChangesAndKeepsAnObject) {
  Registry registry = Registry::open(name_, small());
  auto config = registry.create<Config>("cfg");
  Signal held;
  Signal let_go;
  // exec would be the same; fork before any attach is the nearest to it.
  Child other([&] {
    const auto same = Registry::attach(name_).get<Config>("cfg");
    same.acquire()->peers.push_back("a string that was put in by another process than its maker");
    held.give();
    let_go.await();
  });
  ASSERT_TRUE(held.await());
  EXPECT_EQ(config.read()->peers.at(0),
            "a string that was put in by another process than its maker");
  EXPECT_EQ(config.use_count(), 2U);
  config = {};
  EXPECT_TRUE(registry.contains("cfg"));
  let_go.give();
  EXPECT_TRUE(other.wait().ok());
  // The child held what its parent held at the fork, and ended by _exit: as the dead do.
  EXPECT_EQ(registry.reap().entries, 1U);
  EXPECT_FALSE(registry.contains("cfg"));
  expect_clean(registry);
}

TEST_F(SharingTest, ProcessesThatStartFromNothingAgreeOnWhoCreates) {
  std::vector<Child> children;
  for (int i = 0; i < 6; ++i) {
    children.emplace_back([&] {
      Registry registry = Registry::open(name_, small());
      const auto counter = registry.get_or_create<std::atomic<int>>("counter", 0);
      counter->fetch_add(1);
      for (int tries = 0; counter->load() < 6; ++tries) {
        ASSERT_LT(tries, 30000);
        std::this_thread::sleep_for(1ms);
      }
      (void)counter.wait_changed(counter.version(), 1ms);
    });
  }
  for (auto& child : children) {
    const Exit exit = child.wait();
    EXPECT_TRUE(exit.ok()) << exit;
  }
  EXPECT_FALSE(name_.exists());
}

TEST_F(SharingTest, OneProcessComputesAndTheRestWait) {
  Registry registry = Registry::open(name_, small());
  const auto computed = registry.create<std::atomic<int>>("computed", 0);
  std::vector<Child> children;
  for (int i = 0; i < 6; ++i) {
    children.emplace_back([&] {
      Registry mine = Registry::attach(name_);
      const auto value = mine.get_or_compute<Config>("cfg", [&] {
        ++*mine.get<std::atomic<int>>("computed");
        std::this_thread::sleep_for(30ms);
        return Config{1, "a value that took its time to be computed", {}};
      });
      EXPECT_EQ(value->host, "a value that took its time to be computed");
    });
  }
  for (auto& child : children) {
    EXPECT_TRUE(child.wait().ok());
  }
  EXPECT_EQ(computed->load(), 1);
  registry.remove("cfg");
  registry.reap();  // a forked child ends by _exit, without a leave
  expect_clean(registry);
}

TEST_F(SharingTest, ReadersSwitchToWhatIsPublished) {
  Registry registry = Registry::open(name_, small());
  registry.publish<Config>("cfg", 0, "version number 0 of the value");
  Signal ready;
  Child reader([&] {
    Registry mine = Registry::attach(name_);
    ready.give();
    int seen = 0;
    while (seen < 50) {
      const auto config = mine.get<const Config>("cfg");  // always bound
      EXPECT_EQ(config->host, "version number " + std::to_string(config->port) + " of the value");
      ASSERT_GE(config->port, seen);
      seen = config->port;
      if (seen < 50) {
        (void)config.wait_changed(config.version(), 10s);
      }
    }
  });
  ASSERT_TRUE(ready.await());
  for (int i = 1; i <= 50; ++i) {
    registry.publish<Config>("cfg", i, "version number " + std::to_string(i) + " of the value");
  }
  const Exit exit = reader.wait();
  EXPECT_TRUE(exit.ok()) << exit;
  registry.remove("cfg");
  EXPECT_EQ(registry.stats().heap_bytes_used, 0U);
}

TEST_F(SharingTest, TwoThreadsTimesTwoProcessesDoEverythingAtOnce) {
  Registry registry = Registry::open(name_, small());
  const auto total = registry.create<Pair>("total");
  std::vector<Child> children;
  constexpr int rounds = 1500;
  for (int p = 0; p < 2; ++p) {
    children.emplace_back([&] {
      Registry mine = Registry::attach(name_);
      const auto work = [&](int t) {
        const auto sum = mine.get<Pair>("total");
        for (int i = 0; i < rounds; ++i) {
          const std::string name = "object " + std::to_string((i + t) % 8);
          const auto object =
              mine.get_or_create<Config>(name, i, "a host name long enough for the arena");
          {
            auto guard = object.acquire();
            guard->peers.push_back("a peer's name that is long enough for the arena");
            if (guard->peers.size() > 20) {
              guard->peers.clear();
            }
          }
          if (i % 50 == 0) {
            mine.remove(name);
          }
          if (i % 16 == 0) {
            mine.publish<Config>("published", i, "a host name long enough for the arena");
          }
          sum.update([](Pair& pair) {
            ++pair.a;
            ++pair.b;
          });
          const Pair now = sum.load();
          ASSERT_EQ(now.a, now.b);
        }
      };
      std::thread other(work, 4);
      work(0);
      other.join();
    });
  }
  for (auto& child : children) {
    const Exit exit = child.wait();
    EXPECT_TRUE(exit.ok()) << exit;
  }
  EXPECT_EQ(total.load().a, 4U * rounds);
  registry.remove("published");
  registry.reap();
  EXPECT_EQ(registry.stats().objects, 1U);
  expect_clean(registry);
}

}  // namespace
}  // namespace ipcarc::test
