// A small named object made and dropped, with many others there: the name bound and unbound, the memory taken and given back.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "boost_segment.hpp"
#include "names.hpp"
#include "objects.hpp"
#include "own_registry.hpp"
#include "topic.hpp"
#include "topics.hpp"

namespace ipcarc::bench {
namespace {

void among(const Bench& bench, std::uint32_t others) {
  Registry registry = own_registry(others + 1024);
  BoostSegment boost(1024 * 1024 + std::size_t{others} * 320);
  std::vector<IpcArc<Point>> held;
  for (std::uint32_t i = 0; i < others; ++i) {
    const std::string name = object_name(i);
    held.push_back(registry.create<Point>(name, Point{i, i}));
    boost->construct<Point>(name.c_str())(Point{i, i});
  }
  Names names(512, "new");
  Race race(bench.effort());
  const auto mine = race.add(each([&] {
    benchmark::DoNotOptimize(registry.create<Point>(names.next(), Point{1, 2}));
  }));
  const auto in_entry = race.add(each([&] {
    benchmark::DoNotOptimize(registry.create<std::uint64_t>(names.next(), std::uint64_t{1}));
  }));
  const auto with_arena = race.add(
      each([&] { benchmark::DoNotOptimize(registry.create<Note>(names.next(), 1U, "short")); }));
  const auto theirs = race.add(each([&] {
    const char* name = names.next().data();
    benchmark::DoNotOptimize(boost->construct<Point>(name)(Point{1, 2}));
    boost->destroy<Point>(name);
  }));
  const auto their_number = race.add(each([&] {
    const char* name = names.next().data();
    benchmark::DoNotOptimize(boost->construct<std::uint64_t>(name)(std::uint64_t{1}));
    boost->destroy<std::uint64_t>(name);
  }));
  race.run();
  const std::string where = fmt::format("among {} others", others);
  bench.report(race, "create + destroy, 8 B, " + where, in_entry, "Boost construct + destroy",
               their_number, times_faster(5));
  bench.report(race, "create + destroy, 16 B, " + where, mine, "Boost construct + destroy", theirs,
               times_faster(5));
  bench.report(race, "create + destroy, with a string, " + where, with_arena,
               "Boost construct + destroy", theirs, no_goal(Goal::Kind::faster));
}

}  // namespace

void create(const Bench& bench) {
  among(bench, 10);
  among(bench, std::min(10'000U, bench.effort().most_objects));
}

}  // namespace ipcarc::bench
