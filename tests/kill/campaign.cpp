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

#include "judge.hpp"
#include "places.hpp"
#include "survivor.hpp"

namespace ipcarc::kill {
namespace {

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
    for (const First first : orders()) {
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
    tally_.instructions = 0;
    for (const std::uint64_t point : samples(runner, [](const TracePoint&) { return true; })) {
      reap_after(runner, point);
      if (faults() >= settings_.max_faults) {
        return;
      }
    }
  }

  void run_user() {
    prepare();
    Runner victims(victim(scenario_), scenario_.follow, workspace_.path());
    const Scenario user = user_of(scenario_);
    Runner users(victim(user), Follow::parent, workspace_.path());
    RunResult result{};
    workspace_.restore(ground_);
    if (!users.start() || !victims.record(result)) {
      throw std::runtime_error("the victim did not come to the end of its operation: " +
                               how(result.status));
    }
    users.kill_at(0, result);
    for (const std::uint64_t point :
         samples(victims, [](const TracePoint& at) { return at.locked; })) {
      use_after(victims, users, point);
      if (faults() >= settings_.max_faults) {
        return;
      }
    }
  }

 private:
  std::function<void()> victim(const Scenario& scenario) const {
    return [&scenario, options = workspace_.options()] { scenario.victim(options); };
  }

  std::vector<First> orders() const {
    if (!scenario_.keep) {
      return {First::fresh};
    }
    if (scenario_.keeper_waits) {
      return {scenario_.finish ? First::fresh : First::keeper};
    }
    return {First::keeper, First::fresh};
  }

  /// Some of the states that the scenario's victims leave, or all.
  template <class Wanted>
  std::vector<std::uint64_t> samples(const Runner& victims, const Wanted& wanted) const {
    std::vector<std::uint64_t> all = points(victims, false, 1);
    std::erase_if(all, [&](std::uint64_t point) { return !wanted(victims.trace()[point]); });
    if (settings_.every || all.size() <= settings_.samples) {
      return all;
    }
    std::vector<std::uint64_t> some;
    for (std::uint64_t i = 0; i < settings_.samples; ++i) {
      some.push_back(all[(2 * i + 1) * all.size() / (2 * settings_.samples)]);
    }
    return some;
  }

  std::uint64_t faults() const {
    return tally_.count(Verdict::hung) + tally_.count(Verdict::torn) +
           tally_.count(Verdict::leaked);
  }

  /// The ground, with those on it who are there before the operation. False: the victim did not get ready.
  bool arrange(Runner& runner, std::optional<Keeper>& keeper, bool keep) {
    workspace_.restore(ground_);
    bool ready = true;
    if (keep) {
      keeper.emplace(scenario_, workspace_);
    }
    if (scenario_.victim_first) {
      ready = runner.start();
    }
    if (keep && scenario_.keeper_waits) {
      keeper->begin_look();
    }
    return ready;
  }

  void record(Runner& runner, bool keep) {
    std::optional<Keeper> keeper;
    RunResult result{};
    if (!arrange(runner, keeper, keep) || !runner.record(result)) {
      throw std::runtime_error("the victim did not come to the end of its operation: " +
                               how(result.status));
    }
    tally_.instructions += runner.trace().size() - 1;
    workspace_.restore({});
  }

  std::vector<std::uint64_t> points(const Runner& runner) const {
    return points(runner, settings_.every,
                  settings_.stride * (settings_.every ? 1 : scenario_.stride));
  }
  static std::vector<std::uint64_t> points(const Runner& runner, bool every, std::uint64_t stride,
                                           std::uint64_t n = 0) {
    std::vector<std::uint64_t> chosen;
    const auto trace = runner.trace();
    for (std::uint64_t k = 0; k < trace.size(); ++k) {
      // A stage that the victim tells is a change too: the verdict depends on it. Of an instruction that repeats itself, the first
      // and the last round.
      const bool staged = k > 0 && trace[k].stage != trace[k - 1].stage;
      const bool between = k > 1 && k + 1 < trace.size() && trace[k].ip == trace[k - 1].ip &&
                           trace[k - 1].ip == trace[k - 2].ip && trace[k].ip == trace[k + 1].ip;
      if (every || (trace[k].changed && !between) || staged) {
        if (n++ % stride == 0 || k + 1 == trace.size()) {
          chosen.push_back(k);
        }
      }
    }
    return chosen;
  }

  /// Of one who mends: in the skipping mode other ones at each state, so that no change is always skipped.
  std::vector<std::uint64_t> second_points(const Runner& runner) {
    return points(runner, false, settings_.every ? 1 : settings_.reaper_stride, states_++);
  }

  /// One kill and all that is seen after it.
  Observation observe(Runner& runner, std::uint64_t point, First first, bool keep,
                      RunResult& result) {
    Lines lines;
    std::optional<Keeper> keeper;
    arrange(runner, keeper, keep);
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
    if (first == First::keeper) {
      by_keeper();
    }
    const std::uint32_t participants = scenario_.destroys ? 0 : keeper != nullptr ? 2 : 1;
    note_end(lines, "the fresh survivor", in_process(lines, [&] {
               survive(lines, scenario_, workspace_, participants, recover);
             }));
    if (first == First::fresh) {
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
      if (key.starts_with("fault.") || text.starts_with("TORN") || text.starts_with("ERROR")) {
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
    const Verdict verdict = judge(seen, references_, scenario_.guarded, first, result.stage, what);
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
    for (const std::uint64_t k : second_points(runner)) {
      if (faults() >= settings_.max_faults) {
        break;
      }
      workspace_.restore(ground_);
      kill_second(runner, k, victims, point);
    }
    std::swap(ground_, ground);
  }

  void use_after(Runner& victims, Runner& users, std::uint64_t point) {
    RunResult result{};
    const auto arrange_both = [&] {
      workspace_.restore(ground_);
      if (!users.start() || !victims.kill_at(point, result)) {
        throw std::runtime_error("the first victim did not come to its kill point");
      }
    };
    arrange_both();
    users.kill_at(0, result);
    Lines lines;
    look_around(lines, First::fresh, nullptr, false);
    references_ = References{lines.read(), lines.read()};
    arrange_both();
    if (!users.record(result)) {
      throw std::runtime_error("the user did not come to the end of its operation: " +
                               how(result.status));
    }
    tally_.instructions += users.trace().size() - 1;
    for (const std::uint64_t k : second_points(users)) {
      if (faults() >= settings_.max_faults) {
        return;
      }
      arrange_both();
      kill_second(users, k, victims, point);
    }
  }

  /// Kills the one that mends what the first victim left, and judges by what is found if nobody mends but the survivor.
  void kill_second(Runner& runner, std::uint64_t k, const Runner& victims, std::uint64_t point) {
    RunResult second{};
    Lines seen;
    if (!runner.kill_at(k, second)) {
      seen.fault("stepper: the second victim ended by itself: " + how(second.status));
    }
    look_around(seen, First::fresh, nullptr, false);
    ++tally_.points;
    tally_.drifted += second.drifted ? 1 : 0;
    std::string what;
    const Verdict verdict =
        judge(seen.read(), references_, scenario_.guarded, First::fresh, Stage::entering, what);
    if (verdict == Verdict::clean || verdict == Verdict::poisoned) {
      ++tally_.of[0];
    } else {
      add(verdict, runner, k,
          "first victim killed at " + std::to_string(point) + " (" +
              place_in(victims.trace(), point) + "): " + what);
    }
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

  /// Attached when the first victim dies, it meets the dead one's locks, and reaps because of them.
  static Scenario user_of(const Scenario& scenario) {
    Scenario user = scenario;
    user.victim = [items = scenario.items](const Options& options) {
      Registry registry = Registry::attach(registry_name, options);
      mark_begin();
      for (const Item& item : items) {
        look(registry, item);
      }
      for (const char* name : {"user.1", "user.2", "user.3", "user.4"}) {
        registry.create<int>(name, 1);
      }
      mark_end();
    };
    return user;
  }

  const Scenario& scenario_;
  const Workspace& workspace_;
  const Settings& settings_;
  Tally& tally_;
  Snapshot ground_;
  References references_;
  std::uint64_t states_ = 0;
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

Tally run_user(const Scenario& scenario, const Workspace& workspace, const Settings& settings) {
  return timed("user: " + scenario.name,
               [&](Tally& tally) { Campaign(scenario, workspace, settings, tally).run_user(); });
}

Tally run_reaper(const Scenario& scenario, const Workspace& workspace, const Settings& settings) {
  return timed("reaper: " + scenario.name,
               [&](Tally& tally) { Campaign(scenario, workspace, settings, tally).run_reaper(); });
}

}  // namespace ipcarc::kill
