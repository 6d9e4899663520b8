// Victims: a process that forks them, all from the same image so that they run alike, steps each to its kill point and kills it.
//
// The runner allocates nothing between two victims: what a victim executes depends on its heap, and its heap is a copy of the runner's.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "stepper.hpp"

namespace ipcarc::kill {

/// Where in its operation a victim is, as it tells itself: which of several outcomes its death may have.
enum Stage : std::uint32_t {
  outside = 0,   // it holds no guard
  entering = 1,  // it may hold one or not
  inside = 2,    // it holds one
  leaving = 3,   // it may hold one or not
};
void set_stage(Stage stage);

/// A moment of the operation: after so many instructions.
struct TracePoint {
  std::uint64_t ip;        // of the next instruction
  std::uint32_t arrivals;  // how often it had been come to by then
  std::uint16_t stage;     // of the victim
  bool changed;            // the last instruction changed what others can see, or was a system call
  bool locked;             // the victim holds a robust mutex, or is about to take or release one
};

/// What came of one victim. Lies in memory shared with the runner.
struct RunResult {
  std::uint64_t points;  // recording: moments in the trace
  std::uint64_t ip;      // where it was killed
  std::uint32_t stage;
  std::int32_t status;  // of waitpid
  std::int32_t
      companion;  // wait status of a process that the victim left or came from; 0: well, or none
  bool reached;   // false: it ended before, by itself
  bool drifted;   // it did not execute what the recorded one did
};

class Runner {
 public:
  /// `victim` calls mark_begin() and mark_end() around its operation.
  Runner(const std::function<void()>& victim, Follow follow, std::string_view watched_path);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// Runs a victim to the end of its operation, instruction by instruction, and kills it there.
  bool record(RunResult& result);
  /// The recorded moments, [0] before the first instruction.
  std::span<const TracePoint> trace() const;
  /// Runs a new victim to moment `point` of the trace and kills it.
  bool kill_at(std::uint64_t point, RunResult& result);
  /// Has a victim get ready already now; it stops before its operation, and is the one of the next record() or kill_at().
  bool start();

 private:
  struct Shared;
  enum class Order : std::uint8_t { start, record, kill, quit };

  [[noreturn]] void serve(const std::function<void()>& victim);
  bool ask(Order order);
  void watch_and_step(Tracee& tracee);
  void count_arrivals();
  bool arrives(std::uint64_t point) const;
  bool run_to_point(Tracee& tracee);

  Follow follow_;
  Shared* shared_;
  TracePoint* trace_;
  std::uint64_t points_ = 0;
  pid_t pid_ = -1;
  int channel_ = -1;
};

}  // namespace ipcarc::kill
