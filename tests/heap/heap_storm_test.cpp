// Many processes, with threads, on one small heap, some of them killed: no block is anybody's
// twice, and none is lost.
#include "hammer.hpp"
#include "support/child_process.hpp"

namespace ipcarc::test {
namespace {

void hammer_with_processes(HeapUser& user, std::uint64_t operations, std::uint64_t most_bytes) {
  const std::uint64_t seed = seed_of_run();
  std::vector<Child> children;
  for (std::uint64_t i = 0; i < 3; ++i) {
    children.emplace_back(
        [&, i] { hammer_with_threads(user, 2, seed + i, operations, most_bytes); });
  }
  hammer_with_threads(user, 2, seed + 3, operations, most_bytes);
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
