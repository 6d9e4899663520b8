// Whole values: load without a lock, store, update; against plain copies, and a copy under a robust mutex.
#include <array>
#include <chrono>
#include <cstring>
#include <string>

#include "objects.hpp"
#include "own_registry.hpp"
#include "partner.hpp"
#include "shared_memory.hpp"
#include "topic.hpp"
#include "topics.hpp"

namespace ipcarc::bench {
namespace {

void rest(std::chrono::microseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) {
  }
}

template <std::size_t Bytes>
void of_size(const Bench& bench, double goal) {
  using Value = Block<Bytes>;
  Registry registry = own_registry();
  const auto object = registry.create<Value>("value", Value{});
  const SharedArray<Value> plain(1);
  const auto load = [&] {
    Value value = object.load();
    benchmark::DoNotOptimize(value);
  };

  Race race(bench.effort());
  const auto mine = race.add(each(load));
  const auto copy = race.add(each([&] {
    benchmark::ClobberMemory();
    Value value = plain[0];
    benchmark::DoNotOptimize(value);
  }));
  const auto locked = race.add(each([&] {
    Value value = *object.read();
    benchmark::DoNotOptimize(value);
  }));
  const auto store = race.add(each([&] { object.store(Value{}); }));
  const auto update =
      race.add(each([&] { object.update([](Value& value) { ++value.words[0]; }); }));
  race.run();
  const std::string size = std::to_string(Bytes) + " B";
  bench.report(race, "load, " + size, mine, "plain copy", copy,
               goal > 0 ? at_most(goal) : no_goal());
  bench.report(race, "load, " + size, mine, "copy under the guard", locked,
               Bytes == 64 ? times_faster(4) : no_goal(Goal::Kind::faster));
  bench.plot("values", "plain copy", Bytes, race.of(copy));
  bench.plot("values", "copy under the guard", Bytes, race.of(locked));
  bench.report(race, "store, " + size, store, "copy under the guard", locked);
  bench.report(race, "update, " + size, update, "copy under the guard", locked);

  if (bench.effort().two_cores) {
    Partner writer([&] {
      return std::vector<Partner::Work>{repeated([&] { object.store(Value{}); }), [&] {
                                          object.store(Value{});
                                          rest(std::chrono::microseconds(10));
                                        }};
    });
    Race busy(bench.effort());
    const auto quiet = busy.add(each(load), Clock::wall);
    const auto beside_writer = busy.add(beside(writer, 0, each(load)), Clock::wall);
    const auto beside_periodic = busy.add(beside(writer, 1, each(load)), Clock::wall);
    busy.run();
    bench.report(busy, "load, " + size + ", beside a writer each 10 µs", beside_periodic,
                 "load, no writer", quiet);
    bench.plot("values", "load, no writer", Bytes, busy.of(quiet));
    bench.plot("values", "load, a writer each 10 µs", Bytes, busy.of(beside_periodic));
    bench.plot("values", "load, a writer that never rests", Bytes, busy.of(beside_writer));
    bench.report(busy, "load, " + size + ", beside a writer that never rests", beside_writer,
                 "load, no writer", quiet);
  }
}

}  // namespace

void values(const Bench& bench) {
  of_size<8>(bench, 0);
  of_size<64>(bench, 2);
  of_size<1024>(bench, 0);
  of_size<4096>(bench, 0);
}

}  // namespace ipcarc::bench
