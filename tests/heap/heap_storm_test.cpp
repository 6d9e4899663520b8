// Many threads of many processes on one small heap, some of them killed: no block is anybody's
// twice, and none is lost.
#include <random>
#include <thread>

#include "heap_user.hpp"
#include "support/child_process.hpp"

namespace ipcarc::test {
namespace {

/// One thread's random use of the heap, with a check of every byte pattern and tag.
class Hammer {
 public:
  Hammer(HeapUser& user, std::uint32_t owner, std::uint64_t seed)
      : user_(user), owner_(owner), random_(seed), mark_(seed << 32) {}

  void run(std::uint64_t operations, std::uint64_t most_bytes) {
    for (std::uint64_t i = 0; i < operations; ++i) {
      if (live_.empty() || random_() % 2 == 0) {
        allocate(1 + random_() % (std::uint64_t{1} << random_() % std::bit_width(most_bytes)));
      } else {
        free_one();
      }
    }
  }
  void free_all() {
    while (!live_.empty()) {
      free_one();
    }
  }
  std::uint64_t wrong() const { return wrong_; }
  std::uint64_t refused() const { return refused_; }

 private:
  struct Block {
    std::uint64_t offset;
    std::uint64_t bytes;
    std::uint64_t mark;
  };

  void allocate(std::uint64_t bytes) {
    try {
      std::uint64_t usable = 0;
      const std::uint64_t offset = user_.heap().allocate(bytes, owner_, usable);
      Pattern::write(user_.memory(offset), usable, ++mark_);
      live_.push_back({offset, usable, mark_});
    } catch (const Error& error) {
      wrong_ += error.code() != Errc::out_of_memory ? 1 : 0;
      ++refused_;
      if (!live_.empty()) {
        free_one();
      }
    }
  }
  void free_one() {
    std::swap(live_[random_() % live_.size()], live_.back());
    const Block block = live_.back();
    live_.pop_back();
    wrong_ += Pattern::matches(user_.memory(block.offset), block.bytes, block.mark) ? 0 : 1;
    wrong_ += user_.heap().owner_of(block.offset + block.bytes / 2) == owner_ ? 0 : 1;
    user_.heap().free(block.offset);
  }

  HeapUser& user_;
  std::uint32_t owner_;
  std::mt19937_64 random_;
  std::uint64_t mark_;
  std::vector<Block> live_;
  std::uint64_t wrong_ = 0;
  std::uint64_t refused_ = 0;
};

std::uint64_t seed_of_run() {
  const std::uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

/// Two threads of a participant, each with an owner of its own.
void hammer_with_two_threads(HeapUser& user, std::uint64_t seed, std::uint64_t operations,
                             std::uint64_t most_bytes) {
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> wrong{0};
  for (std::uint32_t i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      Hammer hammer(user, user.owner() + i, seed * 2 + i);
      hammer.run(operations, most_bytes);
      hammer.free_all();
      wrong += hammer.wrong();
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(wrong, 0U);
}

void hammer_with_processes(HeapUser& user, std::uint64_t operations, std::uint64_t most_bytes) {
  const std::uint64_t seed = seed_of_run();
  std::vector<Child> children;
  for (std::uint64_t i = 0; i < 3; ++i) {
    children.emplace_back(
        [&, i] { hammer_with_two_threads(user, seed + i, operations, most_bytes); });
  }
  hammer_with_two_threads(user, seed + 3, operations, most_bytes);
  for (Child& child : children) {
    EXPECT_TRUE(child.wait().ok());
  }
  EXPECT_EQ(user.reap(), 3U);
  EXPECT_EQ(user.used_bytes(), 0U);
  user.expect_clean();
}

TEST(HeapStorm, FourProcessesOfTwoThreadsShareAHeap) {
  const RegistryName name("heap_storm");
  HeapUser user(name, std::uint64_t{32} << 20);
  hammer_with_processes(user, 40'000, 100'000);
}

// Small pages and little room: pages are recycled between classes and runs all the time, and the
// heap is full often.
TEST(HeapStorm, FourProcessesOfTwoThreadsShareATinyHeap) {
  const RegistryName name("heap_storm");
  HeapUser user(name, 320 * 1024);
  hammer_with_processes(user, 20'000, 8'000);
}

void survive_kills(HeapUser& user, int rounds, std::uint64_t most_bytes) {
  const std::uint64_t seed = seed_of_run();
  std::mt19937_64 random(seed);
  Hammer survivor(user, user.owner(), seed);
  for (int round = 0; round < rounds; ++round) {
    std::vector<Child> victims;
    for (std::uint64_t i = 0; i < 2; ++i) {
      victims.emplace_back([&, i] {
        Hammer(user, user.owner(), seed + 2 * static_cast<std::uint64_t>(round) + i)
            .run(~std::uint64_t{0}, most_bytes);
      });
    }
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::microseconds(100 + random() % 2000);
    while (std::chrono::steady_clock::now() < end) {
      survivor.run(10, most_bytes);
    }
    for (Child& victim : victims) {
      ASSERT_TRUE(victim.kill().killed_by(SIGKILL));
    }
    ASSERT_EQ(user.reap(), 2U);
    std::uint64_t foreign = 0;
    user.heap().for_each_block([&](std::uint64_t, std::uint64_t, std::uint32_t owner) {
      foreign += owner != user.owner() ? 1 : 0;
    });
    ASSERT_EQ(foreign, 0U);
    user.expect_clean();
    ASSERT_FALSE(testing::Test::HasFailure()) << "round " << round;
  }
  survivor.free_all();
  EXPECT_EQ(survivor.wrong(), 0U);
  EXPECT_EQ(user.used_bytes(), 0U);
}

TEST(HeapStorm, TheDeadLeaveNothingBehind) {
  const RegistryName name("heap_storm");
  HeapUser user(name, std::uint64_t{32} << 20);
  survive_kills(user, 150, 100'000);
}

TEST(HeapStorm, TheDeadLeaveNothingBehindOnATinyHeap) {
  const RegistryName name("heap_storm");
  HeapUser user(name, 320 * 1024);
  survive_kills(user, 250, 8'000);
}

}  // namespace
}  // namespace ipcarc::test
