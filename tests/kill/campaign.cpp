#include "campaign.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <functional>
#include <optional>
#include <stdexcept>

#include "places.hpp"
#include "survivor.hpp"

namespace ipcarc::kill {
namespace {

using Observation = std::map<std::string, std::string>;

enum class First : std::uint8_t { keeper, fresh };

/// What is as it must be without a kill: at the start of the operation and at its end.
struct References {
  Observation before;
  Observation after;
};

bool is_value(const std::string& key) {
  return key.starts_with("value.") || key.starts_with("kept.");
}

std::string item_of(const std::string& key) {
  return key.substr(key.find('.') + 1);
}

/// Without the version.
std::string contents_of(const std::string& value) {
  return value.substr(0, value.find(" v"));
}

const std::string& get(const Observation& observation, const std::string& key) {
  static const std::string none = "(nothing)";
  const auto found = observation.find(key);
  return found == observation.end() ? none : found->second;
}

std::string how(int status) {
  if (WIFSIGNALED(status)) {
    return "killed by " + std::string(::strsignal(WTERMSIG(status)));
  }
  return "exit " + std::to_string(WEXITSTATUS(status));
}

class Campaign {
 public:
  Campaign(const Scenario& scenario, const Workspace& workspace, const Settings& settings,
           Tally& tally)
      : scenario_(scenario), workspace_(workspace), settings_(settings), tally_(tally) {}

  void prepare() {
    workspace_.restore({});
    if (scenario_.prepare) {
      Lines lines;
      in_process(
          lines,
          [&] {
            scenario_.prepare(workspace_.options());
            ::kill(::getpid(), SIGKILL);
          },
          60);
      for (const auto& [key, text] : lines.read()) {
        throw std::runtime_error("prepare: " + text);
      }
      // The one that prepared it is dead; what it left is reaped before it becomes the victim's ground.
      in_process(lines, [&] { Registry::attach(registry_name, workspace_.options()).reap(); });
      ground_ = workspace_.capture();
      workspace_.restore({});
    }
  }

  void run() {
    prepare();
    Runner runner(victim(scenario_), scenario_.follow, workspace_.path());
    record(runner, scenario_.keep != nullptr);
    std::vector<First> orders{First::fresh};
    if (scenario_.keep) {
      orders.insert(orders.begin(), First::keeper);
    }
    for (const First first : orders) {
      const bool keep = scenario_.keep != nullptr;
      references_ = References{reference(runner, 0, first, keep),
                               reference(runner, runner.trace().size() - 1, first, keep)};
      for (const std::uint64_t point : points(runner)) {
        if (faults() >= settings_.max_faults) {
          return;
        }
        kill_and_judge(runner, point, first, keep);
      }
    }
  }

  void run_reaper() {
    prepare();
    Runner runner(victim(scenario_), scenario_.follow, workspace_.path());
    record(runner, false);
    const std::vector<std::uint64_t> all = points(runner);
    const std::uint64_t samples = settings_.every ? all.size() : settings_.reaper_samples;
    const std::uint64_t apart = std::max<std::uint64_t>(1, all.size() / (samples + 1));
    tally_.instructions = 0;
    for (std::uint64_t i = apart; i < all.size(); i += apart) {
      reap_after(runner, all[i]);
      if (faults() >= settings_.max_faults) {
        return;
      }
    }
  }

 private:
  std::function<void()> victim(const Scenario& scenario) const {
    return [&scenario, options = workspace_.options()] { scenario.victim(options); };
  }

  std::uint64_t faults() const {
    return tally_.count(Verdict::hung) + tally_.count(Verdict::torn) +
           tally_.count(Verdict::leaked);
  }

  void record(Runner& runner, bool keep) {
    workspace_.restore(ground_);
    std::optional<Keeper> keeper;
    if (keep) {
      keeper.emplace(scenario_, workspace_);
      if (scenario_.keeper_waits) {
        keeper->begin_look();
      }
    }
    RunResult result{};
    if (!runner.record(result)) {
      throw std::runtime_error("the victim did not come to the end of its operation: " +
                               how(result.status));
    }
    tally_.instructions += runner.trace().size() - 1;
    workspace_.restore({});
  }

  std::vector<std::uint64_t> points(const Runner& runner) const {
    return points(runner, settings_.stride * (settings_.every ? 1 : scenario_.stride));
  }
  std::vector<std::uint64_t> points(const Runner& runner, std::uint64_t stride) const {
    std::vector<std::uint64_t> chosen;
    const auto trace = runner.trace();
    std::uint64_t n = 0;
    for (std::uint64_t k = 0; k < trace.size(); ++k) {
      // A stage that the victim tells is a change too: the verdict depends on it.
      const bool staged = k > 0 && trace[k].stage != trace[k - 1].stage;
      if (settings_.every || trace[k].changed != 0 || staged) {
        if (n++ % stride == 0 || k + 1 == trace.size()) {
          chosen.push_back(k);
        }
      }
    }
    return chosen;
  }

  /// One kill and all that is seen after it.
  Observation observe(Runner& runner, std::uint64_t point, First first, bool keep,
                      RunResult& result) {
    workspace_.restore(ground_);
    Lines lines;
    std::optional<Keeper> keeper;
    if (keep) {
      keeper.emplace(scenario_, workspace_);
      if (scenario_.keeper_waits) {
        keeper->begin_look();
      }
    }
    if (!runner.kill_at(point, result)) {
      lines.fault("stepper: the victim ended by itself: " + how(result.status));
    }
    if (result.companion != 0) {
      const bool hung = WIFSIGNALED(result.companion) && WTERMSIG(result.companion) == SIGALRM;
      lines.fault((hung ? "hung: " : "torn: ") +
                  std::string("the process at the other side of the fork: ") +
                  how(result.companion));
    }
    look_around(lines, first, keep ? &*keeper : nullptr, (point & 1) != 0);
    return lines.read();
  }

  void look_around(Lines& lines, First first, Keeper* keeper, bool recover) {
    const auto by_keeper = [&] {
      if (keeper != nullptr) {
        note_end(lines, "the keeper",
                 scenario_.keeper_waits ? keeper->end_look(lines) : keeper->look(lines));
      }
    };
    if (first == First::keeper && !scenario_.keeper_waits) {
      by_keeper();
    }
    const std::uint32_t participants = scenario_.destroys ? 0 : keeper != nullptr ? 2 : 1;
    note_end(lines, "the fresh survivor", in_process(lines, [&] {
               survive(lines, scenario_, workspace_, participants, recover);
             }));
    if (first == First::fresh || scenario_.keeper_waits) {
      by_keeper();
    }
    if (keeper != nullptr) {
      note_end(lines, "the keeper, leaving,", keeper->leave());
    }
    const bool pinned = get(lines.read(), "pinned") == "1";
    if (get(lines.read(), "done") == "1" && workspace_.exists() != pinned) {
      lines.fault(std::string("torn: everybody left, ") +
                  (pinned ? "something is pinned, and the file is gone"
                          : "nothing is pinned, and the file is there"));
    }
  }

  static void note_end(Lines& lines, const std::string& who, int status) {
    if (status == 0) {
      return;
    }
    const bool hung = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
    lines.fault((hung ? "hung: " : "torn: ") + who + ": " + how(status));
  }

  Observation reference(Runner& runner, std::uint64_t point, First first, bool keep) {
    RunResult result{};
    const Observation observation = observe(runner, point, first, keep, result);
    for (const auto& [key, text] : observation) {
      if (key.starts_with("fault.")) {
        add(Verdict::torn, runner, point,
            "at the operation's " + std::string(point == 0 ? "start" : "end") + ": " + text);
      }
    }
    return observation;
  }

  void kill_and_judge(Runner& runner, std::uint64_t point, First first, bool keep) {
    RunResult result{};
    const Observation seen = observe(runner, point, first, keep, result);
    tally_.drifted += result.drifted ? 1 : 0;
    ++tally_.points;
    std::string what;
    const Verdict verdict = judge(seen, first, result.stage, what);
    if (verdict == Verdict::clean || verdict == Verdict::poisoned) {
      ++tally_.of[static_cast<std::size_t>(verdict)];
    } else {
      add(verdict, runner, point,
          (first == First::keeper ? "keeper first: " : "fresh first: ") + what);
    }
  }

  void add(Verdict verdict, Runner& runner, std::uint64_t point, const std::string& what) {
    ++tally_.of[static_cast<std::size_t>(verdict)];
    tally_.findings.push_back(Finding{verdict, point, place_in(runner.trace(), point), what});
  }

  Verdict judge(const Observation& seen, First first, std::uint32_t stage,
                std::string& what) const {
    Verdict verdict = Verdict::clean;
    const auto blame = [&](Verdict found, const std::string& text) {
      // Of several, the worst names the point: a hang, then damage, then a leak.
      if (verdict == Verdict::clean || verdict == Verdict::poisoned || found < verdict) {
        verdict = found;
      }
      what += (what.empty() ? "" : "; ") + text;
    };
    bool poisoned = false;
    for (const auto& [key, value] : seen) {
      if (key.starts_with("fault.")) {
        blame(value.starts_with("hung")     ? Verdict::hung
              : value.starts_with("leaked") ? Verdict::leaked
                                            : Verdict::torn,
              value);
      } else if (is_value(key)) {
        judge_value(key, value, first == First::fresh && get(seen, "mended") == "1", stage,
                    poisoned, blame);
      }
    }
    if (get(seen, "done") != "1" && verdict == Verdict::clean) {
      blame(Verdict::torn, "the fresh survivor did not finish");
    }
    if (verdict == Verdict::clean) {
      judge_memory(seen, poisoned, blame);
    }
    return verdict == Verdict::clean && poisoned ? Verdict::poisoned : verdict;
  }

  template <class Blame>
  void judge_value(const std::string& key, const std::string& value, bool mended_first,
                   std::uint32_t stage, bool& poisoned, Blame& blame) const {
    const std::string& before = get(references_.before, key);
    const std::string& after = get(references_.after, key);
    if (mended_first && key.starts_with("kept.")) {
      // The survivor has made it anew, as it was before, in one version or another.
      if (contents_of(value) != contents_of(before) && contents_of(value) != contents_of(after)) {
        blame(Verdict::torn, key + ", mended: found " + value + ", expected " + before);
      }
      return;
    }
    if (item_of(key) == scenario_.guarded) {
      if (value == "poisoned" && before != "poisoned") {
        poisoned = true;
        if (stage == Stage::outside) {
          blame(Verdict::torn, key + " is poisoned, and the victim held no guard");
        }
        return;
      }
      if (stage == Stage::inside && value != "poisoned") {
        blame(Verdict::torn, key + " is not poisoned, and the victim held its guard");
        return;
      }
    }
    if (value != before && value != after) {
      blame(Verdict::torn, key + ": found " + value + ", expected " + before +
                               (before == after ? "" : " or " + after));
    }
  }

  // The heap holds exactly what it holds without a kill when the same objects live.
  template <class Blame>
  void judge_memory(const Observation& seen, bool poisoned, Blame& blame) const {
    const auto same = [&](const Observation& reference) {
      for (const auto& [key, value] : seen) {
        if (key.starts_with("value.") && key != "value.(file)" &&
            !(poisoned && item_of(key) == scenario_.guarded) && value != get(reference, key)) {
          return false;
        }
      }
      return true;
    };
    for (const char* key : {"used", "first_used"}) {
      if (!seen.contains(key)) {
        continue;
      }
      const std::string& used = get(seen, key);
      const bool right = (same(references_.before) && used == get(references_.before, key)) ||
                         (same(references_.after) && used == get(references_.after, key));
      if (!right) {
        blame(Verdict::leaked, std::string(key) + ": " + used + " heap bytes, expected " +
                                   get(references_.before, key) + " or " +
                                   get(references_.after, key));
      }
    }
  }

  // --- the reaper ---

  void reap_after(Runner& victims, std::uint64_t point) {
    // What a victim that died there left, and what is found after it without a further death.
    workspace_.restore(ground_);
    RunResult result{};
    if (!victims.kill_at(point, result)) {
      return;
    }
    Snapshot ground = workspace_.capture();  // the reaper's
    if (ground.size == 0) {
      return;  // no file yet, or none any more
    }
    Lines lines;
    look_around(lines, First::fresh, nullptr, false);
    references_ = References{lines.read(), lines.read()};

    const Scenario reaper = reaper_of(scenario_);
    std::swap(ground_, ground);
    Runner runner(victim(reaper), Follow::parent, workspace_.path());
    record(runner, false);
    for (const std::uint64_t k : points(runner, settings_.reaper_stride)) {
      if (faults() >= settings_.max_faults) {
        break;
      }
      RunResult second{};
      workspace_.restore(ground_);
      Lines seen;
      if (!runner.kill_at(k, second)) {
        seen.fault("stepper: the reaper ended by itself: " + how(second.status));
      }
      look_around(seen, First::fresh, nullptr, false);
      ++tally_.points;
      tally_.drifted += second.drifted ? 1 : 0;
      std::string what;
      const Verdict verdict = judge(seen.read(), First::fresh, Stage::entering, what);
      if (verdict == Verdict::clean || verdict == Verdict::poisoned) {
        ++tally_.of[0];
      } else {
        add(verdict, runner, k,
            "first victim killed at " + std::to_string(point) + " (" +
                place_in(victims.trace(), point) + "): " + what);
      }
    }
    std::swap(ground_, ground);
  }

  static Scenario reaper_of(const Scenario& scenario) {
    Scenario reaper = scenario;
    reaper.victim = [](const Options& options) {
      mark_begin();
      const Registry registry = Registry::open(registry_name, options);
      mark_end();
    };
    reaper.follow = Follow::parent;
    return reaper;
  }

  const Scenario& scenario_;
  const Workspace& workspace_;
  const Settings& settings_;
  Tally& tally_;
  Snapshot ground_;
  References references_;
};

template <class F>
Tally timed(const std::string& name, const F& body) {
  Tally tally;
  tally.name = name;
  const auto begin = std::chrono::steady_clock::now();
  try {
    body(tally);
  } catch (const std::exception& error) {
    tally.failure = error.what();
  }
  tally.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return tally;
}

}  // namespace

Tally run_scenario(const Scenario& scenario, const Workspace& workspace, const Settings& settings) {
  return timed(scenario.name,
               [&](Tally& tally) { Campaign(scenario, workspace, settings, tally).run(); });
}

Tally run_reaper(const Scenario& scenario, const Workspace& workspace, const Settings& settings) {
  return timed("reaper: " + scenario.name,
               [&](Tally& tally) { Campaign(scenario, workspace, settings, tally).run_reaper(); });
}

}  // namespace ipcarc::kill
