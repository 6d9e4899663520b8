// Objects by name: create, get, find, get_or_create, get_or_compute, publish, remove, contains, wait.
#include <atomic>
#include <thread>

#include "registry/example.hpp"

namespace ipcarc::test {
namespace {

using namespace std::chrono_literals;

class NamesTest : public RegistryTest {
 protected:
  Registry registry_ = Registry::open(name_, small());
};

TEST_F(NamesTest, CreateTakesAValueMembersArgumentsOrAFactory) {
  const Config value{1, "copied", {"a", "b"}};
  const auto copied = registry_.create<Config>("copied", value);
  EXPECT_EQ(copied.read()->peers[1], "b");
  const auto members = registry_.create<Config>("members", 2, "host");
  EXPECT_EQ(members.read()->port, 2);
  EXPECT_EQ(members.read()->host, "host");
  const auto defaults = registry_.create<Config>("defaults");
  EXPECT_EQ(defaults.read()->port, 8080);
  const auto arguments = registry_.create<ipcarc::string>("arguments", 40U, 'x');
  EXPECT_EQ(*arguments.read(), std::string(40, 'x'));
  const auto made = registry_.create<Config>("factory", [] { return Config{3, "made", {}}; });
  EXPECT_EQ(made.read()->host, "made");
  expect_clean(registry_);
}

TEST_F(NamesTest, CreateThrowsAlreadyExistsAndLeavesTheFirst) {
  const auto first = registry_.create<int>("n", 1);
  const Stats before = registry_.stats();
  EXPECT_EQ(error_of([&] { registry_.create<int>("n", 2); }), Errc::already_exists);
  EXPECT_EQ(first.load(), 1);
  EXPECT_EQ(registry_.stats().heap_bytes_used, before.heap_bytes_used);
  expect_clean(registry_);
}

TEST_F(NamesTest, AConstructionThatThrowsLeavesNothing) {
  struct Trouble {};
  EXPECT_THROW(registry_.create<Config>("cfg", []() -> Config { throw Trouble(); }), Trouble);
  EXPECT_FALSE(registry_.contains("cfg"));
  EXPECT_EQ(registry_.stats().heap_bytes_used, 0U);
  expect_clean(registry_);
  const auto config = registry_.create<Config>("cfg");
  EXPECT_TRUE(config);
}

TEST_F(NamesTest, AnObjectGoesWithItsLastHandle) {
  auto first = registry_.create<int>("n", 1);
  auto second = first;
  first = {};
  EXPECT_TRUE(registry_.contains("n"));
  second = {};
  EXPECT_FALSE(registry_.contains("n"));
  EXPECT_FALSE(registry_.find<int>("n"));
  EXPECT_EQ(error_of([&] { registry_.get<int>("n"); }), Errc::not_found);
}

TEST_F(NamesTest, NamesOfEveryLengthAndByteAreFound) {
  std::vector<IpcArc<std::size_t>> held;
  for (std::size_t length = 1; length <= 200; ++length) {
    held.push_back(registry_.create<std::size_t>(std::string(length, 'a'), length));
    std::string binary(length, '\xFF');
    binary.back() = '/';
    held.push_back(registry_.create<std::size_t>(binary, length + 1000));
  }
  for (std::size_t length = 1; length <= 200; ++length) {
    const auto found = registry_.get<std::size_t>(std::string(length, 'a'));
    EXPECT_EQ(found.load(), length);
    EXPECT_EQ(found.name(), std::string(length, 'a'));
  }
  std::string tail(200, 'a');
  tail.back() = 'b';
  EXPECT_FALSE(registry_.contains(tail));
  expect_clean(registry_);
}

TEST_F(NamesTest, BadNamesAreRefused) {
  for (const std::string& bad : {std::string(), std::string(201, 'a'), std::string("a\0b", 3)}) {
    EXPECT_EQ(error_of([&] { registry_.create<int>(bad, 1); }), Errc::bad_name);
    EXPECT_EQ(error_of([&] { registry_.contains(bad); }), Errc::bad_name);
    EXPECT_EQ(error_of([&] { registry_.remove(bad); }), Errc::bad_name);
    EXPECT_EQ(error_of([&] { registry_.publish<int>(bad, 1); }), Errc::bad_name);
  }
  for (const std::string& bad : {std::string(), std::string(201, 'a'), std::string("a/b")}) {
    EXPECT_EQ(error_of([&] { Registry::open(bad, small()); }), Errc::bad_name);
  }
}

TEST_F(NamesTest, GetOrCreateGivesTheOneThatIsThere) {
  const auto made = registry_.get_or_create<int>("n", 1);
  const auto found = registry_.get_or_create<int>("n", 2);
  EXPECT_EQ(found.load(), 1);
  EXPECT_EQ(made, found);
}

TEST_F(NamesTest, GetOrComputeComputesOnceAmongThreads) {
  std::atomic<int> computed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto value = registry_.get_or_compute<Config>("cfg", [&] {
        ++computed;
        std::this_thread::sleep_for(20ms);
        return Config{7, "computed by one, seen by all of them", {}};
      });
      EXPECT_EQ(value->host, "computed by one, seen by all of them");
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(computed, 1);
  EXPECT_TRUE(registry_.contains("cfg"));  // pinned
  registry_.remove("cfg");
  EXPECT_EQ(registry_.stats().heap_bytes_used, 0U);
  expect_clean(registry_);
}

TEST_F(NamesTest, GetOrComputeThatThrowsLetsTheNextCompute) {
  struct Trouble {};
  EXPECT_THROW(registry_.get_or_compute<Config>(
                   "cfg",
                   []() -> Config {
                     Config half{1, "half of a value that never came to be one", {}};
                     throw Trouble();
                   }),
               Trouble);
  EXPECT_FALSE(registry_.contains("cfg"));
  EXPECT_EQ(registry_.stats().heap_bytes_used, 0U);
  const auto value = registry_.get_or_compute<Config>("cfg", [] { return Config{2, "whole", {}}; });
  EXPECT_EQ(value->host, "whole");
  registry_.remove("cfg");
  expect_clean(registry_);
}

TEST_F(NamesTest, WhatIsBeingComputedIsAbsent) {
  registry_.get_or_compute<int>("n", [&] {
    EXPECT_FALSE(registry_.contains("n"));
    EXPECT_FALSE(registry_.find<const int>("n"));
    EXPECT_FALSE(registry_.remove("n"));
    EXPECT_EQ(error_of([&] { registry_.create<int>("n", 1); }), Errc::already_exists);
    return 5;
  });
  EXPECT_EQ(*registry_.get<const int>("n"), 5);
  registry_.remove("n");
}

TEST_F(NamesTest, ComputingAnObjectFromItselfIsToldNotWaitedFor) {
  EXPECT_THROW(registry_.get_or_compute<int>(
                   "n", [&] { return *registry_.get_or_compute<int>("n", [] { return 1; }); }),
               Error);
  EXPECT_FALSE(registry_.contains("n"));
  expect_clean(registry_);
}

TEST_F(NamesTest, PublishReplacesAndReadersKeepTheirs) {
  const auto first = registry_.publish<Config>("cfg", 1, "first");
  const auto held = registry_.get<const Config>("cfg");
  const std::uint64_t seen = held.version();
  const auto second = registry_.publish<Config>("cfg", 2, "second");
  EXPECT_EQ(held->host, "first");
  EXPECT_EQ(registry_.get<const Config>("cfg")->host, "second");
  EXPECT_NE(held.version(), seen);
  EXPECT_TRUE(held.wait_changed(seen, 0ms));
  EXPECT_FALSE(second.wait_changed(second.version(), 1ms));
  EXPECT_EQ(registry_.stats().objects, 2U);
  registry_.remove("cfg");
}

TEST_F(NamesTest, ThePublishedVersionThatNobodyHoldsIsFreed) {
  registry_.publish<Config>("cfg", 1, "a version that nobody holds when the next one comes");
  const Stats one = registry_.stats();
  for (int i = 0; i < 100; ++i) {
    registry_.publish<Config>("cfg", i, "a version that nobody holds when the next one comes");
  }
  EXPECT_EQ(registry_.stats().heap_bytes_used, one.heap_bytes_used);
  EXPECT_EQ(registry_.stats().objects, 1U);
  EXPECT_TRUE(registry_.remove("cfg"));
  EXPECT_FALSE(registry_.remove("cfg"));
  EXPECT_EQ(registry_.stats().heap_bytes_used, 0U);
  expect_clean(registry_);
}

TEST_F(NamesTest, RemoveUnbindsAndHoldersKeepTheObject) {
  const auto held = registry_.create<int>("n", 1);
  EXPECT_TRUE(registry_.remove("n"));
  EXPECT_FALSE(registry_.contains("n"));
  EXPECT_EQ(held.load(), 1);
  const auto other = registry_.create<int>("n", 2);
  EXPECT_EQ(registry_.get<int>("n").load(), 2);
  EXPECT_EQ(held.load(), 1);
  EXPECT_EQ(held.name(), "n");
  EXPECT_EQ(error_of([&] { held.pin(); }), Errc::not_found);
  expect_clean(registry_);
}

TEST_F(NamesTest, PinnedOutlivesItsHoldersUntilUnpinned) {
  registry_.create<int>("n", 3).pin();
  EXPECT_TRUE(registry_.contains("n"));
  {
    const auto held = registry_.get<int>("n");
    held.unpin();
    EXPECT_TRUE(registry_.contains("n"));
  }
  EXPECT_FALSE(registry_.contains("n"));
}

TEST_F(NamesTest, WaitGivesTheObjectOnceItIsCreated) {
  EXPECT_EQ(error_of([&] { registry_.wait<int>("n", 10ms); }), Errc::timed_out);
  std::thread creator([&] {
    std::this_thread::sleep_for(20ms);
    registry_.create<int>("n", 9).pin();
  });
  EXPECT_EQ(registry_.wait<int>("n", 30s).load(), 9);
  creator.join();
  registry_.remove("n");
}

TEST_F(NamesTest, ThousandsOfNamesAreFoundAndMissed) {
  std::vector<IpcArc<int>> held;
  for (int i = 0; i < 1000; ++i) {
    held.push_back(registry_.create<int>("object number " + std::to_string(i), i));
  }
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(registry_.get<int>("object number " + std::to_string(i)).load(), i);
    EXPECT_FALSE(registry_.contains("absent number " + std::to_string(i)));
  }
  for (int i = 0; i < 1000; i += 2) {
    held[static_cast<std::size_t>(i)] = {};
  }
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(registry_.contains("object number " + std::to_string(i)), i % 2 == 1);
  }
  expect_clean(registry_);
}

TEST_F(NamesTest, TheDefaultRegistryServesHandlesWithoutOne) {
  char folder[] = "/dev/shm/ipcarc_test_XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  ::setenv("IPCARC_DIR", folder, 1);
  {
    const auto made = IpcArc<int>::create("id", 4);
    EXPECT_EQ(IpcArc<int>::load("id").load(), 4);
    EXPECT_EQ(error_of([] { IpcArc<int>::load("other"); }), Errc::not_found);
  }
  ::unsetenv("IPCARC_DIR");
  EXPECT_EQ(::rmdir(folder), 0);
}

}  // namespace
}  // namespace ipcarc::test
