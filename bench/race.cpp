#include "race.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace ipcarc::bench {
namespace {

/// Keeps the one run that a call of RunSpecifiedBenchmarks makes.
class Collector final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& /*context*/) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.error_occurred) {
        throw std::runtime_error(run.error_message);
      }
      if (run.run_type == Run::RT_Iteration) {
        last = run;
      }
    }
  }

  std::optional<Run> last;
};

double nanoseconds_of(const benchmark::BenchmarkReporter::Run& run, Clock clock) {
  const auto own = run.counters.find("ns");
  if (own != run.counters.end()) {
    return own->second.value;
  }
  // GetAdjusted...Time() is in the run's unit, which is nanoseconds unless set.
  return clock == Clock::cpu ? run.GetAdjustedCPUTime() : run.GetAdjustedRealTime();
}

void initialize(double round_seconds) {
  std::string program = "ipcarc_bench";
  std::string min_time = "--benchmark_min_time=" + std::to_string(round_seconds);
  char* arguments[] = {program.data(), min_time.data(), nullptr};
  int count = 2;
  benchmark::Initialize(&count, arguments);
}

}  // namespace

std::size_t Race::add(Loop loop, Clock clock) {
  runners_.push_back({std::move(loop), clock, {}});
  return runners_.size() - 1;
}

void Race::run() {
  initialize(effort_.round_seconds);
  std::vector<benchmark::internal::Benchmark*> registered;
  for (std::size_t i = 0; i < runners_.size(); ++i) {
    auto* benchmark = benchmark::RegisterBenchmark(
        ("runner" + std::to_string(i)).c_str(),
        [this, i](benchmark::State& state) { runners_[i].loop(state); });
    if (runners_[i].clock == Clock::wall) {
      benchmark->UseRealTime();
    }
    registered.push_back(benchmark);
  }
  const auto run_one = [&](std::size_t i) {
    Collector collector;
    benchmark::RunSpecifiedBenchmarks(&collector, "^runner" + std::to_string(i) + "(/.*)?$");
    if (!collector.last) {
      throw std::logic_error("a benchmark did not report");
    }
    return *collector.last;
  };
  try {
    for (std::size_t i = 0; i < runners_.size(); ++i) {
      // Twice: the first guess is bad if the machine was elsewhere at that moment.
      const benchmark::IterationCount first = run_one(i).iterations;
      registered[i]->Iterations(std::max(first, run_one(i).iterations));
    }
    for (int round = 0; round < effort_.rounds; ++round) {
      for (std::size_t turn = 0; turn < runners_.size(); ++turn) {
        const std::size_t i = (turn + static_cast<std::size_t>(round)) % runners_.size();
        const benchmark::BenchmarkReporter::Run run = run_one(i);
        runners_[i].samples.push_back(nanoseconds_of(run, runners_[i].clock));
        if (run.real_accumulated_time > 5 * effort_.round_seconds) {
          registered[i]->Iterations(std::max<benchmark::IterationCount>(1, run.iterations / 2));
        }
      }
    }
  } catch (...) {
    benchmark::ClearRegisteredBenchmarks();
    throw;
  }
  benchmark::ClearRegisteredBenchmarks();
}

}  // namespace ipcarc::bench
