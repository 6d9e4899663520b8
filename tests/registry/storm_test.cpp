// A storm: processes that do everything, killed at random moments by the thousand, and a survivor who finds every invariant true.
//
// IPCARC_STORM_SECONDS sets how long it lasts, IPCARC_STORM_SEED what it does.
#include <iostream>
#include <random>
#include <thread>

#include "registry/actor.hpp"

namespace ipcarc::test {
namespace {

TEST(Storm, ThousandsOfKillsCostTheSurvivorsNothing) {
  const RegistryName name("storm");
  const std::uint64_t seed = from_environment("IPCARC_STORM_SEED", std::random_device{}());
  const auto length = std::chrono::seconds(from_environment("IPCARC_STORM_SECONDS", 8));
  std::cout << "seed " << seed << '\n';
  std::mt19937_64 random(seed);
  Registry registry = Registry::open(name, small());
  auto witness = registry.create<Text>("witness", make_text(77));

  constexpr std::size_t actors = 3;
  std::vector<std::unique_ptr<Child>> running(actors);
  std::uint64_t kills = 0;
  const auto end = std::chrono::steady_clock::now() + length;
  while (std::chrono::steady_clock::now() < end) {
    for (auto& child : running) {
      if (child) {
        const Exit exit = child->kill();
        ASSERT_TRUE(exit.killed_by(SIGKILL)) << exit << " after " << kills << " kills";
        ++kills;
      }
      const std::uint64_t child_seed = random();
      // The fork happens while the parent is attached; the child then opens the registry as its own participant.
      child = std::make_unique<Child>([&] { Actor(name.str(), child_seed).run(); });
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    }
    if (kills % 50 < actors) {
      ASSERT_TRUE(whole(*witness.read()));
    }
  }
  for (auto& child : running) {
    ASSERT_TRUE(child->kill().killed_by(SIGKILL));
    ++kills;
  }
  std::cout << kills << " kills survived\n";
  EXPECT_GT(kills, 100U);
  ASSERT_TRUE(whole(*witness.read()));
  witness = {};
  expect_everything_whole(registry);
  EXPECT_EQ(registry.stats().objects, 0U);
  EXPECT_EQ(registry.stats().heap_bytes_used, 0U);
}

}  // namespace
}  // namespace ipcarc::test
