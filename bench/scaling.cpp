// One, two and eight processes at the same work, on two cores: what all of them do together. Eight share the cores by the scheduler's slices.
#include <fmt/format.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "compare/store.hpp"
#include "names.hpp"
#include "objects.hpp"
#include "own_registry.hpp"
#include "partner.hpp"
#include "topic.hpp"
#include "topics.hpp"

namespace ipcarc::bench {
namespace {

using Value = Block<64>;
using Crew = std::vector<std::unique_ptr<Partner>>;

constexpr std::uint32_t objects = 1000;
constexpr unsigned sizes[] = {1, 2, 8};

struct Rival {
  std::string name;
  std::unique_ptr<Shop> shop;
};

std::vector<Rival> open_rivals(const Bench& bench) {
  std::vector<std::string> all;
  for (std::uint32_t i = 0; i < objects; ++i) {
    all.push_back(object_name(i));
  }
  std::vector<Rival> rivals;
  for (const ShopKind& kind : shop_kinds()) {
    try {
      Rival rival{kind.name, kind.open(bench.effort().scratch, Core::any)};
      const Value value{};
      rival.shop->connect()->fill(all, std::as_bytes(std::span(&value, 1)));
      rivals.push_back(std::move(rival));
    } catch (const std::runtime_error& error) {
      bench.skip(fmt::format("{}: {}", kind.name, error.what()));
    }
  }
  return rivals;
}

}  // namespace

void scaling(const Bench& bench) {
  Registry registry = own_registry();
  std::vector<IpcArc<Value>> held;
  for (std::uint32_t i = 0; i < objects; ++i) {
    held.push_back(registry.create<Value>(object_name(i), Value{}));
  }
  const auto shared = registry.create<Counter>("shared");
  const std::vector<Rival> rivals = open_rivals(bench);
  std::vector<std::string> works = {"get + drop, held already", "load of 64 B, one object",
                                    "acquire + release, own object",
                                    "acquire + release, one object", "create + destroy"};
  for (const Rival& rival : rivals) {
    works.push_back(rival.name + " get");
  }

  const auto prepare = [&](unsigned number) {
    auto names = std::make_shared<Names>(objects);
    const std::string mine = fmt::format("own/{}", number);
    const auto own = registry.create<Counter>(mine);
    std::vector<Partner::Work> result;
    result.push_back(
        repeated([&, names] { names->answer(registry.get<Value>(names->next()).use_count()); }));
    result.push_back(repeated([&] {
      Value value = held[0].load();
      benchmark::DoNotOptimize(value);
    }));
    result.push_back(repeated([own] { ++own.acquire()->value; }));
    result.push_back(repeated([&] { ++shared.acquire()->value; }));
    result.push_back(repeated(
        [&registry, mine] { benchmark::DoNotOptimize(registry.create<Counter>(mine + "/new")); }));
    for (const Rival& rival : rivals) {
      std::shared_ptr<Store> store = rival.shop->connect();
      result.push_back(repeated([store, names] {
        Value value{};
        if (!store->get(names->next(), std::as_writable_bytes(std::span(&value, 1)))) {
          throw std::runtime_error("a value is not there");
        }
        names->answer(value.words[0]);
      }));
    }
    return result;
  };
  std::vector<Crew> crews;
  unsigned number = 0;
  for (const unsigned size : sizes) {
    Crew crew;
    for (unsigned i = 0; i < size; ++i, ++number) {
      crew.push_back(std::make_unique<Partner>([&, number] { return prepare(number); },
                                               bench.effort().two_cores ? i % 2 : 0));
    }
    crews.push_back(std::move(crew));
  }

  Effort effort = bench.effort();
  effort.rounds = std::min(effort.rounds, 5);
  Race race(effort);
  std::vector<std::size_t> runners;
  for (std::size_t work = 0; work < works.size(); ++work) {
    for (std::size_t i = 0; i < crews.size(); ++i) {
      // A round that slices of 100 ms do not distort, where processes share a core in real time.
      const double seconds = effort.round_seconds * (sizes[i] > 2 ? 12 : 2);
      runners.push_back(
          race.add(crowd(crews[i], static_cast<unsigned char>(work), seconds), Clock::wall));
    }
  }
  race.run();
  for (std::size_t work = 0; work < works.size(); ++work) {
    const std::size_t alone = runners[work * crews.size()];
    for (std::size_t i = 0; i < crews.size(); ++i) {
      const std::size_t runner = runners[work * crews.size() + i];
      Samples millions;
      for (const double ns : race.of(runner)) {
        millions.push_back(1000 / ns);
      }
      bench.plot("scaling", works[work], sizes[i], millions);
      if (i > 0) {
        bench.report(race, fmt::format("{}, {} processes together", works[work], sizes[i]), runner,
                     "one process", alone, no_goal(Goal::Kind::faster));
      }
    }
  }
}

}  // namespace ipcarc::bench
