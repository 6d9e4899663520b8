// How soon a change is seen: two processes answer each other through two objects, by wait_changed; half a round is one change seen.
#include <chrono>
#include <vector>

#include "objects.hpp"
#include "own_registry.hpp"
#include "partner.hpp"
#include "shared_memory.hpp"
#include "topic.hpp"
#include "topics.hpp"

namespace ipcarc::bench {
namespace {

constexpr std::chrono::seconds patience{1};

/// Waits until the ball's turn is beyond `seen`; the turn that it is then. `seen` itself if the patience ended.
std::uint64_t await(const IpcArc<Counter>& ball, std::uint64_t seen) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const std::uint64_t version = ball.version();
    const std::uint64_t turn = ball.load().value;
    if (turn > seen || std::chrono::steady_clock::now() > deadline) {
      return turn;
    }
    ball.wait_changed(version, std::chrono::milliseconds(100));
  }
}

}  // namespace

void waiting(const Bench& bench) {
  if (!bench.effort().two_cores) {
    return;
  }
  Registry registry = own_registry();
  const auto there = registry.create<Counter>("there");
  const auto back = registry.create<Counter>("back");
  struct alignas(64) Turn {
    std::atomic<std::uint64_t> turn;
  };
  const SharedArray<Turn> words(2);

  // The partner sends back what it gets; when nothing comes it looks at once whether it is to stop.
  Partner partner([&] {
    return std::vector<Partner::Work>{[&, seen = std::uint64_t{0}]() mutable {
                                        const std::uint64_t version = there.version();
                                        const std::uint64_t turn = there.load().value;
                                        if (turn == seen) {
                                          there.wait_changed(version, std::chrono::milliseconds(1));
                                          return;
                                        }
                                        seen = turn;
                                        back.store(Counter{turn});
                                      },
                                      [&, seen = std::uint64_t{0}]() mutable {
                                        const std::uint64_t turn =
                                            words[0].turn.load(std::memory_order_acquire);
                                        if (turn != seen) {
                                          seen = turn;
                                          words[1].turn.store(turn, std::memory_order_release);
                                        }
                                      }};
  });

  Race race(bench.effort());
  const auto mine = race.add(beside(partner, 0,
                                    [&, turn = std::uint64_t{0}](benchmark::State& state) mutable {
                                      for ([[maybe_unused]] auto _ : state) {
                                        there.store(Counter{++turn});
                                        if (await(back, turn - 1) != turn) {
                                          state.SkipWithError("no answer");
                                          break;
                                        }
                                      }
                                    }),
                             Clock::wall);
  const auto bare =
      race.add(beside(partner, 1,
                      [&, turn = std::uint64_t{0}](benchmark::State& state) mutable {
                        for ([[maybe_unused]] auto _ : state) {
                          words[0].turn.store(++turn, std::memory_order_release);
                          while (words[1].turn.load(std::memory_order_acquire) != turn) {
                          }
                        }
                      }),
               Clock::wall);
  race.run();
  bench.report(race, "store seen by wait_changed, there and back", mine, "spinning on a word",
               bare);
}

}  // namespace ipcarc::bench
