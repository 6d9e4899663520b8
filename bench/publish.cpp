// A frozen object replaced by a newer one, and a reader's way from the old to the new.
#include <atomic>
#include <memory>
#include <string>

#include "objects.hpp"
#include "own_registry.hpp"
#include "topic.hpp"
#include "topics.hpp"

namespace ipcarc::bench {
namespace {

template <std::size_t Bytes>
void of_size(const Bench& bench) {
  using Value = Block<Bytes>;
  Registry registry = own_registry();
  const Value value{};
  IpcArc<const Value> current = registry.publish<Value>("config", value);
  std::atomic<std::shared_ptr<const Value>> local = std::make_shared<const Value>(value);

  Race race(bench.effort());
  const auto look = race.add(each([&] { benchmark::DoNotOptimize(current.version()); }));
  const auto publish =
      race.add(each([&] { benchmark::DoNotOptimize(registry.publish<Value>("config", value)); }));
  const auto change = race.add([&](benchmark::State& state) {
    current = registry.get<const Value>("config");
    for ([[maybe_unused]] auto _ : state) {
      const std::uint64_t seen = current.version();
      registry.publish<Value>("config", value);
      if (current.version() == seen) {
        state.SkipWithError("the reader does not see that there is a newer one");
        break;
      }
      current = registry.get<const Value>("config");
    }
  });
  const auto store = race.add(each([&] { local.store(std::make_shared<const Value>(value)); }));
  const auto change_local = race.add(each([&] {
    std::shared_ptr<const Value> mine = local.load();
    local.store(std::make_shared<const Value>(value));
    mine = local.load();
    benchmark::DoNotOptimize(mine);
  }));
  race.run();
  const std::string size = std::to_string(Bytes) + " B";
  const std::string peer = "atomic<shared_ptr>, one process";
  bench.report(race, "a reader's look for a newer one, " + size, look);
  bench.report(race, "publish, " + size, publish, peer, store);
  bench.report(race, "publish + the reader's switch, " + size, change, peer, change_local);
}

}  // namespace

void publish(const Bench& bench) {
  of_size<64>(bench);
  of_size<4096>(bench);
}

}  // namespace ipcarc::bench
