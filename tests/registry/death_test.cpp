// Processes that are killed at chosen moments, and what the others find.
#include <thread>

#include "registry/example.hpp"

namespace ipcarc::test {
namespace {

using namespace std::chrono_literals;

class DeathTest : public RegistryTest {
 protected:
  /// Runs `body` in another process, which then stays as it is until it is killed.
  void die_in(const std::function<void(Registry&)>& body) {
    Signal there;
    Child victim([&] {
      Registry mine = Registry::attach(name_);
      body(mine);
      there.give();
      std::this_thread::sleep_for(60s);
    });
    ASSERT_TRUE(there.await());
    EXPECT_TRUE(victim.kill().killed_by(SIGKILL));
  }
  /// As die_in(), for a body that never returns: `body` gives the signal.
  void die_inside(const std::function<void(Registry&, const Signal&)>& body) {
    Signal there;
    Child victim([&] {
      Registry mine = Registry::attach(name_);
      body(mine, there);
    });
    ASSERT_TRUE(there.await());
    victim.kill();
  }
  static void wait_for_death(const Signal& there) {
    there.give();
    std::this_thread::sleep_for(60s);
  }

  Registry registry_ = Registry::open(name_, small());
};

TEST_F(DeathTest, AHolderThatDiesInsideAGuardPoisons) {
  const auto config = registry_.create<Config>("cfg");
  die_inside([](Registry& mine, const Signal& there) {
    auto guard = mine.get<Config>("cfg").acquire();
    guard->port = 1;
    wait_for_death(there);
  });
  EXPECT_EQ(error_of([&] { (void)config.acquire(); }), Errc::poisoned);
  EXPECT_EQ(error_of([&] { (void)config.acquire(); }), Errc::poisoned);
  EXPECT_EQ(error_of([&] { (void)config.read(); }), Errc::poisoned);
  EXPECT_EQ(error_of([&] { (void)config.try_acquire(); }), Errc::poisoned);
  EXPECT_EQ(error_of([&] { config.update([](Config&) {}); }), Errc::poisoned);
  struct Trouble {};
  EXPECT_THROW(config.recover([](Config&) { throw Trouble(); }), Trouble);
  EXPECT_EQ(error_of([&] { (void)config.acquire(); }), Errc::poisoned);
  config.recover([](Config& torn) {
    EXPECT_EQ(torn.port, 1);
    torn.port = 2;
  });
  EXPECT_EQ(config.acquire()->port, 2);
  expect_clean(registry_);
}

TEST_F(DeathTest, LoadAndStoreOfAPoisonedValueThrow) {
  const auto pair = registry_.create<Pair>("pair", 1U, 1U);
  die_inside([](Registry& mine, const Signal& there) {
    auto guard = mine.get<Pair>("pair").acquire();
    guard->a = 2;
    wait_for_death(there);
  });
  EXPECT_EQ(error_of([&] { (void)pair.load(); }), Errc::poisoned);
  EXPECT_EQ(error_of([&] { pair.store({}); }), Errc::poisoned);
  pair.reset(5U, 5U);
  EXPECT_EQ(pair.load().a, 5U);
}

TEST_F(DeathTest, AReaderThatDiesPoisonsNothing) {
  const auto config = registry_.create<Config>("cfg");
  die_inside([](Registry& mine, const Signal& there) {
    const auto guard = mine.get<Config>("cfg").read();
    wait_for_death(there);
  });
  EXPECT_EQ(config.acquire()->port, 8080);
}

TEST_F(DeathTest, AnUpdateThatDiesChangesNothing) {
  const auto config = registry_.create<Config>("cfg", 1, "as it was before, and in the arena too");
  const auto pair = registry_.create<Pair>("pair", 1U, 1U);
  const std::uint64_t used = registry_.stats().heap_bytes_used;
  die_inside([](Registry& mine, const Signal& there) {
    mine.get<Config>("cfg").update([&](Config& c) {
      c.port = 2;
      c.peers.assign(1000, "a peer's name that is long enough for the arena");
      wait_for_death(there);
    });
  });
  die_inside([](Registry& mine, const Signal& there) {
    mine.get<Pair>("pair").update([&](Pair& p) {
      p.a = 2;
      wait_for_death(there);
    });
  });
  EXPECT_EQ(pair.load().a, 1U);
  EXPECT_EQ(config.read()->port, 1);
  EXPECT_TRUE(config.read()->peers.empty());
  config.acquire()->port = 3;
  registry_.reap();
  EXPECT_EQ(registry_.stats().heap_bytes_used, used);
  expect_clean(registry_);
}

TEST_F(DeathTest, WhatTheDeadHeldAloneIsReaped) {
  die_in([](Registry& mine) {
    static const auto alone =
        mine.create<Config>("alone", 1, "a string that is in the arena as well");
    static const auto twice = alone;
    mine.create<int>("pinned", 6).pin();
  });
  EXPECT_TRUE(registry_.contains("alone"));
  const ReapReport report = registry_.reap();
  EXPECT_EQ(report.participants, 1U);
  EXPECT_EQ(report.entries, 1U);
  EXPECT_FALSE(registry_.contains("alone"));
  EXPECT_EQ(registry_.get<int>("pinned").load(), 6);
  EXPECT_EQ(registry_.stats().participants, 1U);
  registry_.remove("pinned");
  EXPECT_EQ(registry_.stats().heap_bytes_used, 0U);
  expect_clean(registry_);
}

TEST_F(DeathTest, ABuilderThatDiesLeavesNoNameAndNoMemory) {
  die_inside([](Registry& mine, const Signal& there) {
    mine.create<Config>("cfg", [&] {
      const Config half{1, "a string of an object that is never finished", {}};
      wait_for_death(there);
      return half;
    });
  });
  EXPECT_FALSE(registry_.contains("cfg"));
  registry_.reap();
  EXPECT_EQ(registry_.stats().heap_bytes_used, 0U);
  expect_clean(registry_);
}

TEST_F(DeathTest, WhenTheOneWhoComputesDiesTheNextComputes) {
  Signal computing;
  Child victim([&] {
    Registry::attach(name_).get_or_compute<Config>("cfg", [&]() -> Config {
      const Config half{1, "a string of an object that is never finished", {}};
      wait_for_death(computing);
      return half;
    });
  });
  ASSERT_TRUE(computing.await());
  std::thread waiter([&] {
    const auto value = registry_.get_or_compute<Config>("cfg", [] {
      return Config{2, "whole", {}};
    });
    EXPECT_EQ(value->host, "whole");
  });
  std::this_thread::sleep_for(20ms);
  victim.kill();
  waiter.join();
  registry_.remove("cfg");
  registry_.reap();
  EXPECT_EQ(registry_.stats().heap_bytes_used, 0U);
  expect_clean(registry_);
}

TEST_F(DeathTest, AWaiterForALockGetsItWhenTheHolderDies) {
  const auto value = registry_.create<int>("n", 1);
  Signal held;
  Child victim([&] {
    const auto arc = Registry::attach(name_).get<int>("n");
    const auto guard = arc.read();
    wait_for_death(held);
  });
  ASSERT_TRUE(held.await());
  std::thread waiter([&] { EXPECT_EQ(*value.acquire(), 1); });
  std::this_thread::sleep_for(20ms);
  victim.kill();
  waiter.join();
}

TEST_F(DeathTest, AStoppedHolderIsWaitedForNotRobbed) {
  const auto value = registry_.create<int>("n", 1);
  Signal held;
  Child holder([&] {
    const auto arc = Registry::attach(name_).get<int>("n");
    auto guard = arc.acquire();
    held.give();
    std::this_thread::sleep_for(200ms);
    *guard = 2;
  });
  ASSERT_TRUE(held.await());
  holder.send(SIGSTOP);
  EXPECT_EQ(error_of([&] { (void)value.acquire_for(1500ms); }), Errc::timed_out);
  EXPECT_EQ(registry_.reap().participants, 0U);
  holder.send(SIGCONT);
  EXPECT_EQ(*value.acquire(), 2);
  EXPECT_TRUE(holder.wait().ok());
}

TEST_F(DeathTest, AnOpenerReapsTheDead) {
  const RegistryName other("other");
  Signal there;
  Child victim([&] {
    Registry mine = Registry::open(other, small());
    mine.create<int>("pinned", 1).pin();
    const auto alone = mine.create<int>("alone", 1);
    wait_for_death(there);
  });
  ASSERT_TRUE(there.await());
  victim.kill();
  {
    Registry registry = Registry::attach(other);
    EXPECT_EQ(registry.stats().participants, 1U);
    EXPECT_FALSE(registry.contains("alone"));
    EXPECT_TRUE(registry.remove("pinned"));
  }
  EXPECT_FALSE(other.exists());
}

}  // namespace
}  // namespace ipcarc::test
