// A topic: one file's measurements, run in a process of its own.
//
// So each starts single-threaded and with a fresh heap, what it leaves behind dies with it, and one that fails or hangs costs its own rows
// only. It is pinned to the first core; its partners, if any, to the second.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "race.hpp"
#include "row.hpp"

namespace ipcarc::bench {

/// What a topic's function is given.
class Bench {
 public:
  /// Where what is found goes.
  struct Desk {
    std::function<void(Row)> row;
    std::function<void(PlotPoint)> point;
    std::function<void(std::string)> skipped;
  };

  Bench(Effort effort, Desk desk) : effort_(std::move(effort)), desk_(std::move(desk)) {}

  const Effort& effort() const { return effort_; }
  void report(Row row) const { desk_.row(std::move(row)); }
  /// The median of the samples as a point of a plot.
  void plot(std::string name, std::string series, double x, const Samples& samples) const {
    desk_.point({{}, std::move(name), std::move(series), x, figure_of(samples).median});
  }
  /// What cannot be measured here, and why: said below the table.
  void skip(std::string what_and_why) const { desk_.skipped(std::move(what_and_why)); }
  /// From the rounds of two runners of one race.
  void report(const Race& race, std::string operation, std::size_t mine, std::string peer,
              std::size_t other, Goal goal = no_goal()) const {
    report(compare(std::move(operation), race.of(mine), std::move(peer), race.of(other), goal));
  }
  void report(const Race& race, std::string operation, std::size_t mine) const {
    report(compare(std::move(operation), race.of(mine)));
  }

 private:
  Effort effort_;
  Desk desk_;
};

struct Topic {
  const char* name;
  void (*run)(const Bench&);
};

/// Every topic, in the order of the table.
const std::vector<Topic>& topics();

struct Outcome {
  std::vector<Row> rows;
  std::vector<PlotPoint> points;
  std::vector<std::string> skipped;
  std::string failure;  // empty: none
};

/// Runs it in a child process, for at most `deadline_seconds`.
Outcome run_apart(const Topic& topic, const Effort& effort, int deadline_seconds);

/// Pins this process to the n-th of the cores that it may use. False if there are not that many.
bool pin_to_core(unsigned n);
/// Takes that back.
void unpin();

}  // namespace ipcarc::bench
