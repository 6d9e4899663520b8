// A race: loops that are measured against each other in interleaved rounds, by Google Benchmark.
//
// The first rounds find how many iterations fill the time of a round, and warm up; they are thrown away; a
// loop that becomes much slower than that, as where the partner loses its core, is shortened. In each of the others every
// loop runs once, in an order that turns from round to round, so that a drift of the machine meets all of them alike.
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <string>
#include <vector>

#include "row.hpp"

namespace ipcarc::bench {

/// How much is done. `most_objects`: the largest table. `scratch`: a folder in memory, gone when the bench ends, however it does.
struct Effort {
  int rounds = 15;
  double round_seconds = 0.02;
  std::uint32_t most_objects = 1'000'000;
  std::string scratch;
  bool two_cores = false;  // a partner process has a core of its own
};

/// cpu: time the thread ran; what others on the machine take is not counted. wall: where waiting is part of the operation.
enum class Clock { cpu, wall };

using Loop = std::function<void(benchmark::State&)>;

class Race {
 public:
  explicit Race(const Effort& effort) : effort_(effort) {}
  Race(const Race&) = delete;
  Race& operator=(const Race&) = delete;

  /// Adds a runner; its number. A loop that sets the counter `ns` has measured by itself, and that counts.
  std::size_t add(Loop loop, Clock clock = Clock::cpu);
  /// Runs all rounds. Throws what a loop reports by SkipWithError. Not to be called within a race.
  void run();
  const Samples& of(std::size_t runner) const { return runners_.at(runner).samples; }

 private:
  struct Runner {
    Loop loop;
    Clock clock;
    Samples samples;
  };

  Effort effort_;
  std::vector<Runner> runners_;
};

/// A loop of one operation.
template <class F>
Loop each(F operation) {
  return [operation](benchmark::State& state) mutable {
    for ([[maybe_unused]] auto _ : state) {
      operation();
    }
  };
}

}  // namespace ipcarc::bench
