// How long after it was made a change is seen by who waits for it in another process: while it still spins, and when it sleeps; against a bare word
// that is spun upon, and a bare futex. The time is one way: from before the change to after the waiter has read it, the clock included.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "objects.hpp"
#include "own_registry.hpp"
#include "partner.hpp"
#include "shared_memory.hpp"
#include "topic.hpp"
#include "topics.hpp"

namespace ipcarc::bench {
namespace {

std::uint64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

/// What waiter and waker share beside the object.
struct Desk {
  alignas(64) std::atomic<std::uint64_t> ready;  // the waiter's turn: it is about to wait
  alignas(64) std::atomic<std::uint64_t> stamp;  // the bare word
  alignas(64) std::atomic<std::uint32_t> futex;
};

long futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value) {
  return ::syscall(SYS_futex, &word, operation, value, nullptr, nullptr, 0);
}

double quantile(std::vector<double>& samples, double q) {
  const auto at = static_cast<std::size_t>(q * static_cast<double>(samples.size() - 1));
  std::nth_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(at),
                   samples.end());
  return samples[at];
}

/// A loop that waits for one change an iteration and keeps how long each took. Its figure is the median of a round.
class Waiter {
 public:
  /// `wait(turn, which)` tells the partner that it is ready, waits, and gives the stamp of the change that it saw.
  Waiter(Race& race, Partner& partner, unsigned char which,
         std::function<std::uint64_t(std::uint64_t, unsigned)> wait)
      : race_(race), which_(which), wait_(std::move(wait)) {
    runner_ = race.add(beside(partner, which, [this](benchmark::State& state) { run(state); }),
                       Clock::wall);
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  std::size_t runner() const { return runner_; }
  /// Of each counted round.
  Samples p99() const {
    const std::size_t counted = race_.of(runner_).size();
    return {p99_.end() - static_cast<std::ptrdiff_t>(counted), p99_.end()};
  }
  void plot_quantiles(const Bench& bench, const std::string& series) {
    for (int percent = 1; percent < 100; ++percent) {
      bench.plot("waking", series, quantile(all_, percent / 100.0), {percent + 0.0});
    }
    bench.plot("waking", series, quantile(all_, 0.999), {99.9});
  }

 private:
  void run(benchmark::State& state) {
    std::vector<double> samples;
    for ([[maybe_unused]] auto _ : state) {
      const std::uint64_t stamp = wait_(++turn_, which_);
      samples.push_back(static_cast<double>(now_ns() - stamp));
    }
    state.counters["ns"] = quantile(samples, 0.5);
    p99_.push_back(quantile(samples, 0.99));
    all_.insert(all_.end(), samples.begin(), samples.end());
  }

  Race& race_;
  unsigned which_;
  std::function<std::uint64_t(std::uint64_t, unsigned)> wait_;
  std::size_t runner_ = 0;
  std::uint64_t turn_ = 0;
  Samples p99_;
  std::vector<double> all_;
};

/// The partner's side: a change, `delay` after that waiter has said that it is ready.
template <class Change>
Partner::Work waker(Desk& desk, unsigned waiter, std::chrono::microseconds delay, Change change) {
  return [&desk, waiter, delay, change, served = std::uint64_t{0}]() mutable {
    const std::uint64_t ready = desk.ready.load(std::memory_order_acquire);
    if (ready == served || ready % 4 != waiter) {
      return;
    }
    served = ready;
    const std::uint64_t until = now_ns() + static_cast<std::uint64_t>(delay.count()) * 1000;
    if (delay > std::chrono::microseconds(100)) {
      ::usleep(static_cast<useconds_t>(delay.count()));
    }
    while (now_ns() < until) {
    }
    change();
  };
}

}  // namespace

void waking(const Bench& bench) {
  if (!bench.effort().two_cores) {
    bench.skip("waking: needs two cores");
    return;
  }
  using std::chrono::microseconds;
  Registry registry = own_registry();
  const auto object = registry.create<Counter>("object");
  const SharedArray<Desk> desks(1);
  Desk& desk = desks[0];
  const auto store = [&] { object.store(Counter{now_ns()}); };
  const auto store_bare = [&] { desk.stamp.store(now_ns(), std::memory_order_release); };
  const auto wake_bare = [&] {
    desk.stamp.store(now_ns(), std::memory_order_relaxed);
    desk.futex.fetch_add(1, std::memory_order_release);
    futex(desk.futex, FUTEX_WAKE, 1);
  };
  // The first is well within the time that wait_changed spins, the second well beyond.
  constexpr microseconds soon{3};
  constexpr microseconds late{400};
  Partner partner([&] {
    return std::vector<Partner::Work>{waker(desk, 0, soon, store), waker(desk, 1, soon, store_bare),
                                      waker(desk, 2, late, store), waker(desk, 3, late, wake_bare)};
  });

  // Waiters count their own turns; `ready` never repeats.
  const auto ready = [&desk](std::uint64_t turn, unsigned waiter) {
    desk.ready.store((turn << 2) + waiter, std::memory_order_release);
  };
  const auto wait_changed = [&](std::uint64_t turn, unsigned waiter) {
    const std::uint64_t version = object.version();
    ready(turn, waiter);
    object.wait_changed(version, std::chrono::seconds(1));
    return object.load().value;
  };
  const auto spin_bare = [&](std::uint64_t turn, unsigned waiter) {
    const std::uint64_t before = desk.stamp.load(std::memory_order_relaxed);
    ready(turn, waiter);
    std::uint64_t stamp = before;
    while (stamp == before) {
      stamp = desk.stamp.load(std::memory_order_acquire);
    }
    return stamp;
  };
  const auto sleep_bare = [&](std::uint64_t turn, unsigned waiter) {
    const std::uint32_t before = desk.futex.load(std::memory_order_relaxed);
    ready(turn, waiter);
    while (desk.futex.load(std::memory_order_acquire) == before) {
      futex(desk.futex, FUTEX_WAIT, before);
    }
    return desk.stamp.load(std::memory_order_relaxed);
  };

  {
    Race race(bench.effort());
    Waiter mine(race, partner, 0, wait_changed);
    Waiter bare(race, partner, 1, spin_bare);
    race.run();
    bench.report(compare("a change seen by a spinning waiter, p50", race.of(mine.runner()),
                         "spinning on a word", race.of(bare.runner()), below(250)));
    bench.report(compare("a change seen by a spinning waiter, p99", mine.p99(),
                         "spinning on a word", bare.p99()));
    mine.plot_quantiles(bench, "wait_changed, spinning");
    bare.plot_quantiles(bench, "a word, spinning");
  }
  {
    Effort effort = bench.effort();
    effort.round_seconds *= 4;
    Race race(effort);
    Waiter mine(race, partner, 2, wait_changed);
    Waiter bare(race, partner, 3, sleep_bare);
    race.run();
    bench.report(compare("a change seen by a sleeping waiter, p50", race.of(mine.runner()),
                         "bare futex", race.of(bare.runner()), at_most(1.2)));
    bench.report(
        compare("a change seen by a sleeping waiter, p99", mine.p99(), "bare futex", bare.p99()));
    mine.plot_quantiles(bench, "wait_changed, sleeping");
    bare.plot_quantiles(bench, "bare futex, sleeping");
  }
}

}  // namespace ipcarc::bench
