// A cache shared by processes: one budget, one computation, and deaths at any moment.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <new>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "ipcarc/cache.hpp"
#include "ipcarc/ipcarc.hpp"
#include "support/child_process.hpp"
#include "support/real_bytes.hpp"
#include "support/registry_name.hpp"

namespace shared_cache {

/// Tells by itself whether it is whole.
struct Record {
  std::uint64_t seed = 0;
  ipcarc::string text;
  ipcarc::vector<std::uint64_t> words;
};

}  // namespace shared_cache

namespace {

using ipcarc::Cache;
using ipcarc::Errc;
using ipcarc::Error;
using ipcarc::IpcArc;
using ipcarc::Options;
using ipcarc::Registry;
using ipcarc::test::Child;
using ipcarc::test::real_bytes;
using ipcarc::test::RegistryName;
using ipcarc::test::Signal;
using shared_cache::Record;
using namespace std::chrono_literals;

Record record(std::uint64_t seed) {
  Record made;
  made.seed = seed;
  made.text = ipcarc::string(seed * 37 % 400, static_cast<char>('a' + seed % 26));
  for (std::uint64_t i = 0; i < seed % 50; ++i) {
    made.words.push_back(seed + i);
  }
  return made;
}

bool is_whole(const Record& value) {
  const Record same = record(value.seed);
  return value.text == same.text && value.words == same.words;
}

Options options() {
  Options made;
  made.capacity_bytes = 16 << 20;
  made.max_objects = 4096;
  return made;
}

constexpr std::uint64_t budget = 150'000;

Cache<Record> open_cache(const Registry& registry) {
  return {registry, "records", {.budget_bytes = budget}};
}

/// Uses the cache as it comes, `steps` times; 0: until it is killed. What it gets is whole, and the budget kept.
void use(const Cache<Record>& cache, unsigned seed, int steps) {
  std::mt19937 random(seed);
  for (int step = 0; steps == 0 || step < steps; ++step) {
    const std::uint64_t number = random() % 30 * (random() % 30);
    const std::string key = "key " + std::to_string(number);
    switch (random() % 8) {
      case 0:
        cache.erase(key);
        break;
      case 1:
        ASSERT_TRUE(is_whole(*cache.put(key, record(number))));
        break;
      case 2:
        cache.put_for(1us, key, record(number));
        break;
      case 3: {
        const auto computed = cache.get_or_compute(key, [&] { return record(number); });
        ASSERT_TRUE(is_whole(*computed) && computed->seed == number);
        break;
      }
      default:
        if (const auto got = cache.get(key)) {
          ASSERT_TRUE(is_whole(*got) && got->seed == number);
        }
    }
    ASSERT_LE(cache.stats().bytes, budget);
  }
}

void expect_whole(Registry& registry) {
  registry.reap();
  const auto report = registry.check();
  EXPECT_TRUE(report.ok()) << report.errors.front();
  EXPECT_TRUE(report.leftovers.empty()) << report.leftovers.front();
}

void expect_sound(Registry& registry, const Cache<Record>& cache) {
  expect_whole(registry);
  cache.erase("nothing of that name");
  cache.put("one more", record(5));  // locks the queues, and mends them
  EXPECT_EQ(cache.stats().bytes, real_bytes(registry, "records"));
  EXPECT_LE(cache.stats().bytes, budget);
  EXPECT_TRUE(is_whole(*cache.get("one more")));
}

TEST(ProcessesOfACache, KeepsItsBudgetUnderAnyLoad) {
  const RegistryName name("cache.load");
  Registry registry = Registry::open(name, options());
  const Cache<Record> cache = open_cache(registry);
  std::vector<Child> children;
  for (unsigned i = 0; i < 4; ++i) {
    children.emplace_back([&, i] { use(open_cache(Registry::attach(name)), i, 3000); });
  }
  for (Child& child : children) {
    EXPECT_TRUE(child.wait().ok());
  }
  expect_sound(registry, cache);
  EXPECT_GT(cache.stats().evictions, 100U);
}

TEST(ProcessesOfACache, KeepsItsBudgetAmongThreads) {
  const RegistryName name("cache.threads");
  Registry registry = Registry::open(name, options());
  const Cache<Record> cache = open_cache(registry);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] { use(cache, i, 1000); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  expect_sound(registry, cache);
  EXPECT_GT(cache.stats().evictions, 100U);
}

/// A number that this process and its children see.
class Tally {
 public:
  Tally()
      : page_(::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0)),
        count_(::new (page_) std::atomic<int>(0)) {}
  ~Tally() { ::munmap(page_, sizeof(std::atomic<int>)); }
  Tally(const Tally&) = delete;
  Tally& operator=(const Tally&) = delete;
  std::atomic<int>& operator*() const { return *count_; }

 private:
  void* page_;
  std::atomic<int>* count_;
};

TEST(ProcessesOfACache, OneOfFourComputes) {
  const RegistryName name("cache.once");
  const Registry registry = Registry::open(name, options());
  const Cache<Record> cache = open_cache(registry);
  const Tally computed;
  const Signal go;
  std::vector<Child> children;
  for (int i = 0; i < 4; ++i) {
    children.emplace_back([&] {
      ASSERT_TRUE(go.await());
      const auto got = cache.get_or_compute("key", [&] {
        ++*computed;
        std::this_thread::sleep_for(50ms);
        return record(77);
      });
      EXPECT_EQ(got->seed, 77U);
    });
  }
  for (int i = 0; i < 4; ++i) {
    go.give();
  }
  for (Child& child : children) {
    EXPECT_TRUE(child.wait().ok());
  }
  EXPECT_EQ(*computed, 1);
}

TEST(ProcessesOfACache, WhoWaitsForADeadOneComputesItself) {
  const RegistryName name("cache.dead");
  Registry registry = Registry::open(name, options());
  const Cache<Record> cache = open_cache(registry);
  const Signal computing;
  Child victim([&] {
    cache.get_or_compute("key", [&] {
      computing.give();
      ::pause();
      return record(1);
    });
  });
  ASSERT_TRUE(computing.await());
  try {
    cache.get_or_compute(
        "key", [] { return record(2); }, 20ms);
    ADD_FAILURE() << "it was computed beside another computation";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::timed_out) << error.what();
  }
  EXPECT_FALSE(cache.get("key"));  // who reads does not wait
  std::thread killer([&] {
    std::this_thread::sleep_for(20ms);
    victim.send(SIGKILL);
  });
  EXPECT_EQ(cache.get_or_compute("key", [] { return record(3); })->seed, 3U);
  killer.join();
  EXPECT_TRUE(victim.wait().killed_by(SIGKILL));
  expect_sound(registry, cache);
}

// An object and an item of one type lie in different places: in the entry, and behind the item's head.
TEST(ProcessesOfACache, TakesOverWhatWasToBeAnObjectAndTheOtherWayRound) {
  const RegistryName name("cache.other");
  Registry registry = Registry::open(name, options());
  const Cache<std::int32_t> cache(registry, "c");
  const auto die_computing = [&](auto&& compute, auto&& take_over) {
    const Signal computing;
    Child victim([&] {
      compute([&] {
        computing.give();
        ::pause();
        return std::int32_t{1};
      });
    });
    ASSERT_TRUE(computing.await());
    std::thread killer([&] {
      std::this_thread::sleep_for(20ms);
      victim.send(SIGKILL);
    });
    take_over([] { return std::int32_t{7}; });
    killer.join();
    EXPECT_TRUE(victim.wait().killed_by(SIGKILL));
    expect_whole(registry);
  };
  const auto as_object = [&](auto&& compute) {
    EXPECT_EQ(*registry.get_or_compute<std::int32_t>("c/key", compute), 7);
  };
  const auto as_item = [&](auto&& compute) { EXPECT_EQ(*cache.get_or_compute("key", compute), 7); };
  cache.put("other", 1);
  cache.erase("other");
  const std::uint64_t before = registry.stats().heap_bytes_used;
  for (int round = 0; round < 3; ++round) {
    die_computing(as_object, as_item);
    EXPECT_TRUE(cache.get("key"));
    EXPECT_TRUE(cache.erase("key"));
    die_computing(as_item, as_object);
    EXPECT_EQ(registry.value_json("c/key"), "7");
    EXPECT_TRUE(registry.remove("c/key"));
    // Without a death: who computes throws.
    EXPECT_THROW(registry.get_or_compute<std::int32_t>(
                     "c/key", []() -> std::int32_t { throw std::runtime_error("no"); }),
                 std::runtime_error);
    as_item([] { return std::int32_t{7}; });
    EXPECT_TRUE(cache.erase("key"));
    EXPECT_THROW(
        cache.get_or_compute("key", []() -> std::int32_t { throw std::runtime_error("no"); }),
        std::runtime_error);
    as_object([] { return std::int32_t{7}; });
    EXPECT_TRUE(registry.remove("c/key"));
  }
  EXPECT_EQ(registry.stats().heap_bytes_used, before);
  expect_whole(registry);
}

TEST(ProcessesOfACache, BearsDeathsAtAnyMoment) {
  const RegistryName name("cache.kills");
  Registry registry = Registry::open(name, options());
  const Cache<Record> cache = open_cache(registry);
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (unsigned round = 0; round < 80; ++round) {
    std::vector<Child> children;
    for (unsigned i = 0; i < 2; ++i) {
      children.emplace_back([&, i] { use(cache, seed + round * 2 + i, 0); });
    }
    std::this_thread::sleep_for(std::chrono::microseconds(500 + random() % 2000));
    EXPECT_TRUE(children[0].kill().killed_by(SIGKILL));
    use(cache, seed + round, 20);  // beside one that lives
    EXPECT_TRUE(children[1].kill().killed_by(SIGKILL));
    if (round % 4 == 3) {
      expect_sound(registry, cache);
    }
    if (testing::Test::HasFailure()) {
      return;
    }
  }
  cache.clear();
  EXPECT_EQ(real_bytes(registry, "records"), 0U);
}

TEST(ProcessesOfACache, OrderAndFrequencySurviveADeath) {
  const RegistryName name("cache.order");
  const Registry registry = Registry::open(name, options());
  const Cache<std::uint64_t> cache(registry, "numbers", {.budget_bytes = 64 * 200});
  const auto key = [](int i) { return "hot" + std::to_string(i); };
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 100; ++i) {
      cache.get_or_compute(key(i), [] { return std::uint64_t{1}; });
    }
  }
  for (std::uint64_t i = 0; i < 500; ++i) {
    cache.put("scan" + std::to_string(i), i);
  }
  const auto before = cache.stats();
  // Poisoned by one that dies while it constructs a value that is bound under the guard: a kill of it at about that moment, again and again,
  // until it was.
  bool poisoned = false;
  for (int i = 0; i < 200 && !poisoned; ++i) {
    Child victim([&] {
      for (;;) {
        cache.put("scan499", std::uint64_t{1});
      }
    });
    std::this_thread::sleep_for(1ms);
    victim.kill();
    for (const auto& entry : registry.entries()) {
      poisoned = poisoned || (entry.name == "numbers.queues" && entry.poisoned);
    }
  }
  ASSERT_TRUE(poisoned);
  for (std::uint64_t i = 0; i < 2000; ++i) {
    cache.put("later" + std::to_string(i), i);
  }
  EXPECT_EQ(cache.stats().objects, before.objects);
  int left = 0;
  for (int i = 0; i < 100; ++i) {
    left += cache.contains(key(i)) ? 1 : 0;
  }
  EXPECT_EQ(left, 100);
}

}  // namespace
