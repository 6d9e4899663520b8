// A process that held a tenth of all objects is killed: how long reaping it takes, and what readers notice of that.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "names.hpp"
#include "own_registry.hpp"
#include "partner.hpp"
#include "shared_memory.hpp"
#include "topic.hpp"
#include "topics.hpp"

namespace ipcarc::bench {
namespace {

using Number = std::atomic<std::uint64_t>;
using Monotonic = std::chrono::steady_clock;

/// What the reader has seen in one phase: the ns of each of its lookups, the last ones first overwritten.
struct Log {
  static constexpr std::size_t most = 1 << 20;
  std::uint64_t count;
  std::uint32_t ns[most];
};

double p99_of(const Log& log) {
  const std::size_t count = std::min<std::size_t>(log.count, Log::most);
  std::vector<std::uint32_t> sorted(log.ns, log.ns + count);
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(count * 99 / 100);
  std::nth_element(sorted.begin(), at, sorted.end());
  return *at;
}

/// Gets and drops by name, each timed.
Partner::Work reader(const Registry& registry, std::shared_ptr<Names> names, Log& log) {
  return [registry, names, &log] {
    auto before = Monotonic::now();
    for (std::uint64_t i = 0; i < Partner::batch; ++i) {
      names->answer(registry.get<Number>(names->next()).get());
      const auto now = Monotonic::now();
      log.ns[log.count++ % Log::most] = static_cast<std::uint32_t>((now - before).count());
      before = now;
    }
  };
}

/// A process that holds every tenth object, and is killed.
void hold_a_tenth_and_die(const Registry& registry, std::uint32_t objects) {
  std::vector<IpcArc<Number>> held;
  Partner holder([&] {
    held.reserve(objects / 10);
    for (std::uint32_t i = 0; i < objects; i += 10) {
      held.push_back(registry.get<Number>(object_name(i)));
    }
    return std::vector<Partner::Work>();
  });
  holder.kill();
}

void among(const Bench& bench, std::uint32_t objects) {
  Registry registry = own_registry(objects + 64);
  for (std::uint32_t i = 0; i < objects; ++i) {
    registry.create<Number>(object_name(i), i).pin();
  }
  const SharedArray<Log> logs(2);
  std::unique_ptr<Partner> partner;
  if (bench.effort().two_cores) {
    const auto names = std::make_shared<Names>(objects);
    partner = std::make_unique<Partner>([&] {
      return std::vector<Partner::Work>{reader(registry, names, logs[0]),
                                        reader(registry, names, logs[1])};
    });
  }
  Samples reap_ms;
  Samples usual;
  Samples meanwhile;
  for (int round = 0; round < std::min(bench.effort().rounds, 9); ++round) {
    hold_a_tenth_and_die(registry, objects);
    logs[0].count = logs[1].count = 0;
    if (partner) {
      partner->start(0);
      ::usleep(static_cast<useconds_t>(bench.effort().round_seconds * 2e6));
      partner->stop();
      partner->start(1);
    }
    const auto begin = Monotonic::now();
    const ReapReport report = registry.reap();
    reap_ms.push_back(std::chrono::duration<double, std::milli>(Monotonic::now() - begin).count());
    if (report.participants != 1 || report.holds != (objects + 9) / 10) {
      throw std::runtime_error(
          fmt::format("reaped {} processes, {} holds", report.participants, report.holds));
    }
    if (partner) {
      partner->stop();
      usual.push_back(p99_of(logs[0]));
      meanwhile.push_back(p99_of(logs[1]));
    }
  }
  const bool full = objects == 1'000'000;
  Row row = compare(fmt::format("reap a dead process that held {} of {}", counted(objects / 10),
                                counted(objects)),
                    reap_ms, {}, {}, full ? below(50) : no_goal());
  row.unit = "ms";
  bench.report(row);
  bench.plot("reaping", "reap() after a death", objects, reap_ms);
  if (partner) {
    bench.report(compare(fmt::format("a reader's p99 meanwhile, {} objects", counted(objects)),
                         meanwhile, "its usual p99", usual, full ? at_most(2) : no_goal()));
  }
}

}  // namespace

void reaping(const Bench& bench) {
  for (const std::uint32_t objects : {1000U, 10'000U, 100'000U, 1'000'000U}) {
    if (objects <= bench.effort().most_objects) {
      among(bench, objects);
    }
  }
}

}  // namespace ipcarc::bench
