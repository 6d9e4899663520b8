// check() beside others who create, change, publish, drop and die: it takes
// nothing of theirs for damage.
#include <random>
#include <thread>

#include "directory/populated.hpp"
#include "support/sanitizers.hpp"

namespace ipcarc::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

void work(const RegistryName& name, std::uint64_t seed, Clock::time_point end) {
  std::mt19937_64 random(seed);
  Registry registry = Registry::attach(name);
  const auto shared = registry.get_or_create<Config>("shared");
  while (Clock::now() < end) {
    const std::string own = "object." + std::to_string(random() % 8);
    try {
      switch (random() % 6) {
        case 0:
          registry.get_or_create<Config>(own);
          break;
        case 1:
          registry.publish<Pair>("news", random(), random());
          break;
        case 2: {
          auto guard = shared.acquire();
          guard->peers.emplace_back(std::string(random() % 200, 'x'));
          if (guard->peers.size() > 50) {
            guard->peers.clear();
          }
          break;
        }
        case 3:
          shared.update([&](Config& value) { value.port = static_cast<int>(random() % 1000); });
          break;
        case 4:
          registry.find<Config>(own);
          break;
        default:
          registry.remove(own);
      }
    } catch (const Error& error) {
      if (error.code() == Errc::poisoned) {
        shared.recover([](Config& value) { value = Config{}; });
      } else if (error.code() != Errc::out_of_memory) {
        throw;
      }
    }
  }
}

TEST(CheckStorm, NothingThatLivesIsTakenForDamage) {
  const RegistryName name("check_storm");
  Options options;
  options.capacity_bytes = std::uint64_t{4} << 20;
  options.max_objects = 256;
  Registry registry = Registry::open(name, options);
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto end = Clock::now() + 3s;
  std::vector<Child> others;
  const auto start = [&] { others.emplace_back([&, own = random()] { work(name, own, end); }); };
  std::thread mine;
  if (address_sanitizer) {
    start();
  } else {
    mine = std::thread([&] { work(name, seed, end); });
  }
  start();
  start();
  int checks = 0;
  while (Clock::now() < end) {
    const CheckReport report = ++checks % 2 == 0 ? registry.check() : Registry::inspect(name);
    EXPECT_TRUE(report.ok()) << joined(report);
    if (checks % 8 == 0) {
      others.back().kill();
      others.pop_back();
      start();
    }
  }
  if (mine.joinable()) {
    mine.join();
  }
  for (Child& other : others) {
    EXPECT_TRUE(other.wait().ok());
  }
  EXPECT_GT(checks, 0);
  registry.reap();
  expect_clean(registry);
}

}  // namespace
}  // namespace ipcarc::test
