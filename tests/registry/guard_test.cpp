// Guards: exclusion, versions, self-deadlock, limits.
#include <thread>

#include "registry/example.hpp"

namespace ipcarc::test {
namespace {

using namespace std::chrono_literals;

class GuardTest : public RegistryTest {
 protected:
  Registry registry_ = Registry::open(name_, small());
};

TEST_F(GuardTest, ChangesAreSeenAndCounted) {
  const auto config = registry_.create<Config>("cfg");
  EXPECT_EQ(config.version(), 0U);
  {
    auto guard = config.acquire();
    guard->port = 9090;
    guard->peers.push_back("10.0.0.7");
  }
  EXPECT_EQ(config.version(), 1U);
  EXPECT_EQ(config.read()->port, 9090);
  EXPECT_EQ(config.version(), 1U);
}

TEST_F(GuardTest, AGuardThatOnlyReadsIsNoChange) {
  const auto config = registry_.create<Config>("cfg");
  {
    const auto guard = config.acquire();
    EXPECT_EQ(guard->port, 8080);
  }
  (void)config.acquire();
  EXPECT_EQ(config.version(), 0U);
}

TEST_F(GuardTest, ThreadsExcludeEachOther) {
  const auto pair = registry_.create<Pair>("pair");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        auto guard = pair.acquire();
        guard->a += 1;
        guard->b += 1;
        EXPECT_EQ(guard->a, guard->b);
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(pair.load().a, 8000U);
  EXPECT_EQ(pair.version(), 8000U);
}

TEST_F(GuardTest, AGuardOutlivesItsHandleAndItsRegistry) {
  const RegistryName other("other");
  {
    auto guard = Registry::open(other, small()).create<Config>("cfg").acquire();
    guard->host = "still here although nobody else holds it";
    EXPECT_TRUE(other.exists());
  }
  EXPECT_FALSE(other.exists());
}

TEST_F(GuardTest, WaitingForOneselfIsAnError) {
  const auto first = registry_.create<int>("a", 1);
  const auto second = registry_.create<int>("b", 1);
  const auto guard = first.acquire();
  EXPECT_EQ(error_of([&] { (void)first.acquire(); }), std::errc::resource_deadlock_would_occur);
  EXPECT_EQ(error_of([&] { (void)first.read(); }), std::errc::resource_deadlock_would_occur);
  EXPECT_EQ(error_of([&] { first.store(2); }), std::errc::resource_deadlock_would_occur);
  EXPECT_FALSE(first.try_acquire());
  const auto another = second.acquire();
  EXPECT_EQ(*another, 1);
}

TEST_F(GuardTest, TheThousandAndTwentyFifthGuardOfAThreadIsRefused) {
  Options options = small();
  options.max_objects = 2048;
  const RegistryName many("many");
  Registry registry = Registry::open(many, options);
  std::vector<Guard<int>> guards;
  for (int i = 0; i < 1024; ++i) {
    guards.push_back(registry.create<int>(std::to_string(i), i).acquire());
  }
  const auto last = registry.create<int>("last", 1);
  EXPECT_EQ(error_of([&] { (void)last.acquire(); }), std::errc::no_lock_available);
  guards.pop_back();
  EXPECT_EQ(*last.acquire(), 1);
  std::reverse(guards.begin(), guards.end());  // NOLINT: released in another order than taken
  guards.clear();
  EXPECT_EQ(registry.stats().objects, 1U);
}

TEST_F(GuardTest, AcquireForAndTryAcquireDoNotBlockForEver) {
  const auto value = registry_.create<int>("n", 1);
  auto guard = value.acquire();
  std::thread other([&] {
    EXPECT_EQ(error_of([&] { (void)value.acquire_for(10ms); }), Errc::timed_out);
    EXPECT_FALSE(value.try_acquire());
  });
  other.join();
  guard.release();
  EXPECT_TRUE(value.try_acquire());
  EXPECT_EQ(*value.acquire_for(1s), 1);
}

TEST_F(GuardTest, WaitersWakeWhenTheVersionMoves) {
  const auto value = registry_.create<int>("n", 1);
  EXPECT_FALSE(value.wait_changed(value.version(), 5ms));
  std::thread changer([&] {
    std::this_thread::sleep_for(30ms);
    value.store(2);
  });
  EXPECT_TRUE(value.wait_changed(0, 30s));
  EXPECT_EQ(value.load(), 2);
  changer.join();
  EXPECT_TRUE(value.wait_changed(0, 0ns));
}

}  // namespace
}  // namespace ipcarc::test
