// The soak: processes of several threads that create, get, publish, update, remove, fork and die at random, round after round; after
// each round a survivor verifies every value, and that memory is what it was.
//
// IPCARC_SOAK_SECONDS (10), IPCARC_SOAK_PROCESSES (3), IPCARC_SOAK_THREADS (2), IPCARC_SOAK_SEED.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "registry/actor.hpp"
#include "support/sanitizers.hpp"

namespace ipcarc::test {
namespace {

constexpr std::uint64_t default_threads = address_sanitizer ? 1 : 2;

/// Counts that all processes of the soak share, beside the registry that is tested.
struct Counts {
  std::atomic<std::uint64_t> operations;
  std::atomic<std::uint64_t> forks;
};

class SharedCounts {
 public:
  SharedCounts()
      : counts_(static_cast<Counts*>(::mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE,
                                            MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~SharedCounts() { ::munmap(counts_, sizeof(Counts)); }
  SharedCounts(const SharedCounts&) = delete;
  SharedCounts& operator=(const SharedCounts&) = delete;
  Counts* operator->() const { return counts_; }

 private:
  Counts* counts_;
};

/// A process of the soak: `threads` actors, one of which forks now and then; the child acts too, and dies soon.
void act(const std::string& registry, std::uint64_t seed, std::uint64_t threads,
         const SharedCounts& counts) {
  std::mt19937_64 random(seed);
  std::vector<std::thread> others;
  for (std::uint64_t t = 1; t < threads; ++t) {
    others.emplace_back([&registry, &counts, thread_seed = random()] {
      Actor(registry, thread_seed).run([&] {
        counts->operations.fetch_add(1, std::memory_order_relaxed);
      });
    });
  }
  Actor(registry, random()).run([&] {
    counts->operations.fetch_add(1, std::memory_order_relaxed);
    if (random() % 2000 != 0) {
      return;
    }
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(60);  // an orphan that hangs fails the round, and is gone soon after
      std::uint64_t steps = random() % 300;
      Actor(registry, random()).run([&] {
        if (steps-- == 0) {
          ::raise(SIGKILL);
        }
      });
    }
    counts->forks.fetch_add(1, std::memory_order_relaxed);
    int status = 0;
    if (::waitpid(child, &status, 0) != child || !WIFSIGNALED(status) ||
        WTERMSIG(status) != SIGKILL) {
      std::cerr << "a forked actor ended with status " << status << '\n';
      std::abort();
    }
  });
}

TEST(Soak, MemoryIsFlatAndValuesAreWholeRoundAfterRound) {
  const RegistryName name("soak");
  const auto seconds = from_environment("IPCARC_SOAK_SECONDS", 10);
  const auto processes = from_environment("IPCARC_SOAK_PROCESSES", 3);
  const auto threads = from_environment("IPCARC_SOAK_THREADS", default_threads);
  const auto seed = from_environment("IPCARC_SOAK_SEED", std::random_device{}());
  std::cout << "seed " << seed << '\n';
  std::mt19937_64 random(seed);
  const SharedCounts counts;
  Registry registry = Registry::open(name, small());
  const auto witness = registry.create<Text>("witness", make_text(77));
  const std::uint64_t alone = registry.stats().heap_bytes_used;
  std::uint64_t most_committed = 0;
  std::uint64_t kills = 0;
  std::uint64_t rounds = 0;

  const auto start = std::chrono::steady_clock::now();
  const auto since_start = [&] { return std::chrono::steady_clock::now() - start; };
  const auto length = std::chrono::seconds(seconds);
  while (since_start() < length) {
    const auto round_end =
        since_start() + std::max<std::chrono::nanoseconds>(length / 10, std::chrono::seconds(1));
    std::vector<std::unique_ptr<Child>> running(processes);
    while (since_start() < round_end) {
      auto& victim = running[random() % processes];
      if (victim) {
        const Exit exit = victim->kill();
        ASSERT_TRUE(exit.killed_by(SIGKILL)) << exit << " in round " << rounds;
        ++kills;
      }
      victim = std::make_unique<Child>(
          [&, child_seed = random()] { act(name.str(), child_seed, threads, counts); });
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 40));
    }
    for (auto& child : running) {
      if (child) {
        ASSERT_TRUE(child->kill().killed_by(SIGKILL));
        ++kills;
        child.reset();
      }
    }
    // A grandchild may live a moment longer than its parent.
    for (int tries = 0; registry.stats().participants > 1 && tries < 500; ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      registry.reap();
    }
    ASSERT_TRUE(whole(*witness.read()));
    expect_everything_whole(registry);
    const Stats stats = registry.stats();
    ASSERT_EQ(stats.objects, 1U);
    ASSERT_EQ(stats.heap_bytes_used, alone) << "leaked in round " << rounds;
    most_committed = std::max(most_committed, stats.heap_bytes_committed);
    ++rounds;
  }
  std::cout << rounds << " rounds, " << counts->operations << " operations, " << counts->forks
            << " forks, " << kills << " kills survived, at most " << most_committed
            << " bytes committed\n";
  EXPECT_GT(counts->operations.load(), 1000U);
}

}  // namespace
}  // namespace ipcarc::test
