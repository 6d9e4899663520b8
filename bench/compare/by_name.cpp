// A value of 64 bytes got and set by name: ipcarc against what others use for it, and against a map in one process, which is the limit.
#include <fmt/format.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "compare/local_map.hpp"
#include "compare/store.hpp"
#include "names.hpp"
#include "objects.hpp"
#include "own_registry.hpp"
#include "topic.hpp"
#include "topics.hpp"

namespace ipcarc::bench {
namespace {

using Value = Block<64>;

struct Rival {
  std::string name;
  std::unique_ptr<Shop> shop;
  std::unique_ptr<Store> store;
  double times_faster = 0;  // the goal, of a get
  std::size_t get = 0;      // runners
  std::size_t set = 0;
};

std::vector<Rival> open_rivals(const Bench& bench) {
  std::vector<Rival> rivals;
  for (const ShopKind& kind : shop_kinds()) {
    for (const Core core : {Core::first, Core::second}) {
      if (core == Core::second && (!kind.has_server || !bench.effort().two_cores)) {
        continue;
      }
      Rival rival;
      rival.name = kind.name;
      if (kind.has_server) {
        rival.name += core == Core::first ? ", same core" : ", other core";
      }
      if (rival.name.starts_with("Redis")) {
        rival.times_faster = core == Core::first ? 150 : 500;
      }
      try {
        rival.shop = kind.open(bench.effort().scratch, core);
        rival.store = rival.shop->connect();
      } catch (const std::runtime_error& error) {
        bench.skip(fmt::format("{}: {}", kind.name, error.what()));
        break;
      }
      rivals.push_back(std::move(rival));
    }
  }
  return rivals;
}

void among(const Bench& bench, std::uint32_t count) {
  std::vector<std::string> all;
  for (std::uint32_t i = 0; i < count; ++i) {
    all.push_back(object_name(i));
  }
  Value value{};
  std::vector<Rival> rivals = open_rivals(bench);
  for (Rival& rival : rivals) {
    rival.store->fill(all, std::as_bytes(std::span(&value, 1)));
  }
  Registry registry = own_registry(count + 64);
  LocalMap<Value> local;
  std::vector<IpcArc<Value>> held;
  for (const std::string& name : all) {
    held.push_back(registry.create<Value>(name, value));
    local.put(name, std::make_shared<Value>(value));
  }
  Names names(count);
  std::vector<std::string>().swap(all);

  Race race(bench.effort());
  const auto get = race.add(each([&] {
                              const Value got = registry.get<Value>(names.next()).load();
                              names.answer(got.words[0]);
                            }),
                            Clock::wall);
  const auto get_local = race.add(each([&] {
                                    const Value got = *local.get(names.next());
                                    names.answer(got.words[0]);
                                  }),
                                  Clock::wall);
  const auto set =
      race.add(each([&] { registry.get<Value>(names.next()).store(value); }), Clock::wall);
  const auto set_local =
      race.add(each([&] { local.put(names.next(), std::make_shared<Value>(value)); }), Clock::wall);
  for (Rival& rival : rivals) {
    Store* const store = rival.store.get();
    rival.get = race.add(
        [&names, store](benchmark::State& state) {
          Value got{};
          for ([[maybe_unused]] auto _ : state) {
            if (!store->get(names.next(), std::as_writable_bytes(std::span(&got, 1)))) {
              state.SkipWithError("a value is not there");
              break;
            }
            names.answer(got.words[0]);
          }
        },
        Clock::wall);
    rival.set = race.add(each([&names, &value, store] {
                           store->put(names.next(), std::as_bytes(std::span(&value, 1)));
                         }),
                         Clock::wall);
  }
  race.run();

  const auto plot = [&](const std::string& series, std::size_t runner) {
    bench.plot("by-name", series, count, race.of(runner));
  };
  const std::string get_row = fmt::format("{}, get a value of 64 B by name", counted(count));
  const std::string set_row = fmt::format("{}, set a value of 64 B by name", counted(count));
  plot("ipcarc", get);
  plot("map in one process", get_local);
  bench.report(race, get_row, get, "map + shared_mutex + shared_ptr", get_local);
  for (const Rival& rival : rivals) {
    plot(rival.name, rival.get);
    bench.report(
        race, get_row, get, rival.name, rival.get,
        rival.times_faster > 0 ? times_faster(rival.times_faster) : no_goal(Goal::Kind::faster));
  }
  bench.report(race, set_row, set, "map + shared_mutex + shared_ptr", set_local);
  for (const Rival& rival : rivals) {
    bench.report(race, set_row, set, rival.name, rival.set, no_goal(Goal::Kind::faster));
  }
}

}  // namespace

void by_name(const Bench& bench) {
  for (const std::uint32_t count : {10U, 10'000U, 1'000'000U}) {
    if (count <= bench.effort().most_objects) {
      among(bench, count);
    }
  }
}

}  // namespace ipcarc::bench
