// One scenario, killed everywhere: which kill points, the run of each, and the judgement.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "judge.hpp"
#include "scenario.hpp"

namespace ipcarc::kill {

struct Settings {
  bool every = false;         // each instruction; and each state for those who mend to be killed in
  std::uint64_t samples = 4;  // states of each scenario that a reaper, or a user, is killed in
  std::uint64_t stride = 1;   // only each n-th kill point, to be quick
  std::uint64_t reaper_stride = 3;  // the same of a reaper's or a user's; 1 with `every`
  std::uint64_t max_faults = 12;    // a scenario with so many is given up
};

struct Finding {
  Verdict verdict;
  std::uint64_t point;
  std::string where;  // the instruction that was executed last, and the library's call around it
  std::string what;
};

struct Tally {
  std::string name;
  std::uint64_t instructions = 0;
  std::uint64_t points = 0;
  std::array<std::uint64_t, 5> of = {};  // by Verdict
  std::uint64_t drifted = 0;             // killed elsewhere than planned; judged all the same
  double seconds = 0;
  std::string failure;  // of the stepper itself, or of the scenario without a kill
  std::vector<Finding> findings;

  std::uint64_t count(Verdict verdict) const { return of[static_cast<std::size_t>(verdict)]; }
  bool ok() const {
    return failure.empty() &&
           count(Verdict::hung) + count(Verdict::torn) + count(Verdict::leaked) == 0;
  }
};

/// Kills the scenario's victim at every point, with the keeper (if there is one) recovering first, and again with the fresh survivor first.
Tally run_scenario(const Scenario& scenario, const Workspace& workspace, const Settings& settings);

/// Kills a reaper at every point while it reaps what the scenario's victims left at a sample of their kill points.
Tally run_reaper(const Scenario& scenario, const Workspace& workspace, const Settings& settings);

/// Kills one that was attached when the scenario's victim died holding a lock, at every point of its next calls.
Tally run_user(const Scenario& scenario, const Workspace& workspace, const Settings& settings);

}  // namespace ipcarc::kill
