// One scenario, killed everywhere: which kill points, the run of each, and the judgement.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "scenario.hpp"

namespace ipcarc::kill {

struct Settings {
  bool every = false;                // each instruction, and each sample of the reaper's
  std::uint64_t reaper_samples = 4;  // states of each scenario that the reaper is killed in
  std::uint64_t reaper_stride = 1;   // as stride, of the reaper's kill points
  std::uint64_t max_faults = 12;     // a scenario with more is given up
  std::uint64_t stride = 1;          // only each n-th kill point, to be quick
};

enum class Verdict : std::uint8_t { clean, poisoned, hung, torn, leaked };

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

}  // namespace ipcarc::kill
