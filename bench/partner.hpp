// A partner: a second process, on the second core if not told otherwise, that does the same work while a loop is measured.
//
// Forked, so what the topic has mapped and holds it has too: ipcarc gives a forked child holds of its own, Boost's segments are shared
// mappings. Between its turns it sleeps in read().
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "race.hpp"

namespace ipcarc::bench {

class Partner {
 public:
  /// What it can be asked to do, over and over: `batch` operations a call.
  using Work = std::function<void()>;
  static constexpr std::uint64_t batch = 256;

  /// Forks. `prepare` runs in the new process, once; the constructor waits for its end. Throws if it fails.
  explicit Partner(const std::function<std::vector<Work>()>& prepare, unsigned core = 1);
  /// Lets it end, and waits for that: what it held is let go.
  ~Partner();
  Partner(const Partner&) = delete;
  Partner& operator=(const Partner&) = delete;

  /// Returns when it is at work.
  void start(unsigned char which);
  /// Returns when it has stopped: ns per operation, by the clock on the wall.
  double stop();

  /// start() and stop() in halves, for several partners at once: tells it what to do;
  void tell(unsigned char which);
  /// tells it to stop;
  void tell_to_stop();
  /// and returns when it has stopped: how many operations it has done.
  std::uint64_t operations();

  /// Its sudden death. Returns when it is dead; nothing else may be called then.
  void kill();

 private:
  struct Desk;  // shared memory

  void wait_for(const std::atomic<std::uint64_t>& turns) const;

  Desk* desk_;
  int commands_;
  pid_t pid_;
  std::uint64_t told_ = 0;
};

/// `operation` measured while the partner works; the figure is this process's own.
Loop beside(Partner& partner, unsigned char which, std::function<void(benchmark::State&)> loop);

/// The same, but the figure is that of both together: how often one of them is done.
Loop together(Partner& partner, unsigned char which, std::function<void(benchmark::State&)> loop);

/// How often one of several partners is done, all of them at work for `seconds`; the caller only waits.
Loop crowd(std::vector<std::unique_ptr<Partner>>& partners, unsigned char which, double seconds);

/// A partner's work: one operation, `batch` times.
template <class F>
Partner::Work repeated(F operation) {
  return [operation]() mutable {
    for (std::uint64_t i = 0; i < Partner::batch; ++i) {
      operation();
    }
  };
}

}  // namespace ipcarc::bench
