// fork: the child is a participant of its own, and what the parent had in hand stays the parent's.
#include <thread>

#include "registry/example.hpp"

namespace ipcarc::test {
namespace {

using namespace std::chrono_literals;

class ForkTest : public RegistryTest {
 protected:
  Registry registry_ = Registry::open(name_, small());
};

TEST_F(ForkTest, TheChildHoldsWhatTheParentHeldAndOutlivesIt) {
  Signal child_there;
  Signal parent_dead;
  Signal child_done;
  {
    Child parent([&] {
      Registry mine = Registry::attach(name_);
      const auto config =
          mine.create<Config>("cfg", 1, "a string that the child reads after its parent's death");
      if (::fork() == 0) {
        child_there.give();
        parent_dead.await();
        const bool whole =
            config.read()->host == "a string that the child reads after its parent's death" &&
            config.use_count() == 1 && mine.contains("cfg");
        mine.create<int>("result", whole ? 1 : 2).pin();
        child_done.give();
        ::_exit(0);
      }
      std::this_thread::sleep_for(60s);
    });
    ASSERT_TRUE(child_there.await());
    EXPECT_EQ(registry_.stats().participants, 3U);
    parent.kill();
  }
  EXPECT_EQ(registry_.reap().participants, 1U);
  EXPECT_TRUE(registry_.contains("cfg"));
  parent_dead.give();
  ASSERT_TRUE(child_done.await());
  EXPECT_EQ(registry_.get<int>("result").load(), 1);
  registry_.remove("result");
  for (int tries = 0; registry_.contains("cfg") && tries < 1000; ++tries) {
    std::this_thread::sleep_for(10ms);
    registry_.reap();  // the child ended by _exit, so it left as the dead do
  }
  EXPECT_FALSE(registry_.contains("cfg"));
  expect_clean(registry_);
}

TEST_F(ForkTest, TheChildsEndLeavesTheParentsHolds) {
  const auto config = registry_.create<Config>("cfg");
  const Exit exit = run_in_child([&] {
    EXPECT_EQ(config.use_count(), 2U);
    config.acquire()->port = 5;
    const auto copy = config;
    Registry again = registry_;
    EXPECT_EQ(again.get<Config>("cfg").read()->port, 5);
  });
  EXPECT_TRUE(exit.ok()) << exit;
  registry_.reap();
  EXPECT_EQ(config.use_count(), 1U);
  EXPECT_EQ(config.read()->port, 5);
  expect_clean(registry_);
}

TEST_F(ForkTest, AGuardOfTheParentsDoesNothingInTheChild) {
  const auto config = registry_.create<Config>("cfg");
  auto guard = std::make_unique<Guard<Config>>(config.acquire());
  (*guard)->port = 7;
  const std::uint64_t version = config.version();
  const Exit exit = run_in_child([&] {
    guard.reset();
    EXPECT_FALSE(config.try_acquire());
  });
  EXPECT_TRUE(exit.ok()) << exit;
  EXPECT_EQ(config.version(), version);
  std::thread other([&] { EXPECT_FALSE(config.try_acquire()); });
  other.join();
  guard.reset();
  registry_.reap();
  EXPECT_EQ(config.acquire()->port, 7);
}

TEST_F(ForkTest, ForkWhileOtherThreadsUseTheRegistry) {
#ifdef IPCARC_SLOT_WORDS
  GTEST_SKIP() << "ThreadSanitizer takes locks that other threads held at the fork for held in the "
                  "child";
#endif
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; !stop; ++i) {
        const std::string name = "n" + std::to_string(t) + "." + std::to_string(i % 5);
        const auto value =
            registry_.get_or_create<Config>(name, i, "a host name long enough for the arena");
        value.acquire()->port = i;
      }
    });
  }
  for (int i = 0; i < 60; ++i) {
    const Exit exit = run_in_child([&] {
      const auto mine = registry_.create<Config>("child " + std::to_string(::getpid()), 1, "child");
      EXPECT_EQ(mine.read()->host, "child");
      EXPECT_TRUE(registry_.contains(mine.name()));
    });
    EXPECT_TRUE(exit.ok()) << exit;
  }
  stop = true;
  for (auto& thread : threads) {
    thread.join();
  }
  registry_.reap();
  EXPECT_EQ(registry_.stats().participants, 1U);
  EXPECT_EQ(registry_.stats().objects, 0U);
  EXPECT_EQ(registry_.stats().heap_bytes_used, 0U);
  expect_clean(registry_);
}

TEST_F(ForkTest, AChildThatFindsNoSlotIsToldSo) {
  std::vector<std::unique_ptr<Signal>> signals;
  std::vector<Child> others;
  while (registry_.stats().participants < 256) {
    signals.push_back(std::make_unique<Signal>());
    others.emplace_back([&] { std::this_thread::sleep_for(60s); });
  }
  const Exit exit = run_in_child([&] {
    EXPECT_EQ(error_of([&] { registry_.contains("x"); }), Errc::too_many_processes);
    EXPECT_EQ(error_of([&] { registry_.create<int>("x", 1); }), Errc::too_many_processes);
  });
  EXPECT_TRUE(exit.ok()) << exit;
  others.clear();
  registry_.reap();
  EXPECT_EQ(registry_.stats().participants, 1U);
  EXPECT_FALSE(registry_.contains("x"));
  expect_clean(registry_);
}

TEST_F(ForkTest, WhatIsBeingBuiltAtAForkIsTheParents) {
  Registry registry = Registry::open(name_, small());
  pid_t child = -1;
  bool in_child = false;
  std::error_code refused;
  try {
    registry.create<Pair>("pair", [&] {
      child = ::fork();
      in_child = child == 0;
      return Pair{1, 2};
    });
  } catch (const Error& error) {
    refused = error.code();
  }
  if (in_child) {
    ::_exit(refused == std::errc::operation_not_permitted ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_FALSE(refused);
  registry.reap();
  expect_clean(registry);
}

}  // namespace
}  // namespace ipcarc::test
