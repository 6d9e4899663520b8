// A described aggregate of 20 members, five of them strings, against the same of std.
#include <boost/describe.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "aggregates.hpp"
#include "own_registry.hpp"
#include "topic.hpp"
#include "topics.hpp"

namespace ipcarc::bench {
namespace {

using Shared = Record<ipcarc::string>;
using Private = Record<std::string>;

// Two that lie inside their string, three that do not.
template <class R>
R made(std::uint64_t number) {
  return R{number,
           1,
           2,
           3,
           4,
           5,
           6,
           0.5,
           1.5,
           2.5,
           true,
           false,
           'a',
           7,
           8,
           "short",
           "as short as that",
           "a text that does not fit inside of a string",
           "another one, which is of forty-two letters",
           "and one that is somewhat longer than those two before it: of 77 letters, spaces"};
}

/// Becomes the record where it is constructed, so that no string is first built elsewhere.
template <class R>
struct Recipe {
  std::uint64_t number;
  operator R() const { return made<R>(number); }
};

template <class R>
Loop build_and_drop(std::optional<R>& place) {
  return [&place](benchmark::State& state) {
    std::uint64_t number = 0;
    for ([[maybe_unused]] auto _ : state) {
      place.emplace(Recipe<R>{++number});
      benchmark::DoNotOptimize(&*place);
      place.reset();
    }
  };
}

template <class R>
Loop copy_and_drop(std::optional<R>& place, std::optional<R>& from) {
  return [&place, &from](benchmark::State& state) {
    from.emplace(made<R>(0));
    for ([[maybe_unused]] auto _ : state) {
      place.emplace(*from);
      benchmark::DoNotOptimize(&*place);
      place.reset();
    }
    from.reset();
  };
}

}  // namespace

void aggregates(const Bench& bench) {
  Registry registry = own_registry();
  const auto object = registry.create<Records>("records");
  const auto replaced = registry.create<Shared>("record");
  auto shared = object.acquire();
  std::optional<Private> here;
  std::optional<Private> there;

  Race race(bench.effort());
  const auto built = race.add(build_and_drop(shared->here));
  const auto built_std = race.add(build_and_drop(here));
  const auto copied = race.add(copy_and_drop(shared->here, shared->there));
  const auto copied_std = race.add(copy_and_drop(here, there));
  const auto reset = race.add([&replaced](benchmark::State& state) {
    std::uint64_t number = 0;
    for ([[maybe_unused]] auto _ : state) {
      replaced.reset([&number] { return made<Shared>(++number); });
    }
  });
  const auto renewed_std = race.add([](benchmark::State& state) {
    std::uint64_t number = 0;
    auto record = std::make_unique<Private>();
    for ([[maybe_unused]] auto _ : state) {
      record.reset(new Private(made<Private>(++number)));
      benchmark::DoNotOptimize(record.get());
    }
  });
  race.run();
  bench.report(race, "20 members, 5 strings, built + dropped", built, "std on malloc", built_std);
  bench.report(race, "20 members, 5 strings, copied + dropped", copied, "std on malloc",
               copied_std);
  bench.report(race, "20 members, 5 strings, a whole object reset", reset, "new + delete of std",
               renewed_std);
}

}  // namespace ipcarc::bench
