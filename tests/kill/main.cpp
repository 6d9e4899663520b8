// The kill stepper: kills a process at every instruction of every operation, and looks what the others are left with.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "campaign.hpp"

namespace ipcarc::kill {
namespace {

struct Arguments {
  Settings settings;
  std::string only = ".*";
  std::size_t jobs = 2;
  bool second = true;
  std::string expected;  // the verdict that a planted fault has to get; empty: none is planted
  bool list = false;
};

constexpr const char* usage =
    "ipcarc_kill [--every] [--only=REGEX] [--jobs=N] [--stride=N] [--samples=N] "
    "[--reaper-stride=N] "
    "[--max-faults=N] [--no-second] [--expect=hung|torn|leaked] [--list]\n";

Arguments parse(int count, char** words) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const auto value = [&] { return word.substr(word.find('=') + 1); };
    if (word == "--every") {
      arguments.settings.every = true;
    } else if (word.starts_with("--only=")) {
      arguments.only = value();
    } else if (word.starts_with("--jobs=")) {
      arguments.jobs = std::max<std::size_t>(1, std::stoul(value()));
    } else if (word.starts_with("--stride=")) {
      arguments.settings.stride = std::max<std::uint64_t>(1, std::stoull(value()));
    } else if (word.starts_with("--reaper-stride=")) {
      arguments.settings.reaper_stride = std::max<std::uint64_t>(1, std::stoull(value()));
    } else if (word.starts_with("--max-faults=")) {
      arguments.settings.max_faults = std::stoull(value());
    } else if (word.starts_with("--samples=")) {
      arguments.settings.samples = std::stoull(value());
    } else if (word == "--no-second") {
      arguments.second = false;
    } else if (word.starts_with("--expect=")) {
      arguments.expected = value();
    } else if (word == "--list") {
      arguments.list = true;
    } else {
      std::fputs(usage, stderr);
      std::exit(2);
    }
  }
  return arguments;
}

struct Job {
  const Scenario* scenario;
  Tally (*run)(const Scenario&, const Workspace&, const Settings&);
  std::string name;
};

void print_head() {
  std::printf("%-44s %8s %7s %7s %8s %5s %5s %6s %6s\n", "scenario", "instr", "points", "clean",
              "poisoned", "hung", "torn", "leaked", "s");
}

void print_row(const Tally& tally) {
  const auto number = [&](Verdict verdict) {
    return static_cast<unsigned long>(tally.count(verdict));
  };
  std::printf("%-44s %8lu %7lu %7lu %8lu %5lu %5lu %6lu %6.1f\n", tally.name.c_str(),
              static_cast<unsigned long>(tally.instructions),
              static_cast<unsigned long>(tally.points), number(Verdict::clean),
              number(Verdict::poisoned), number(Verdict::hung), number(Verdict::torn),
              number(Verdict::leaked), tally.seconds);
}

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::hung:
      return "hung";
    case Verdict::torn:
      return "torn";
    case Verdict::leaked:
      return "leaked";
    default:
      return "clean";
  }
}

void print_details(const Tally& tally) {
  if (!tally.failure.empty()) {
    std::printf("  FAILED %s: %s\n", tally.name.c_str(), tally.failure.c_str());
  }
  if (tally.drifted != 0) {
    std::printf("  %s: %lu kills away from the planned instruction\n", tally.name.c_str(),
                static_cast<unsigned long>(tally.drifted));
  }
  for (const Finding& finding : tally.findings) {
    std::printf("  %s, killed after instruction %lu at %s\n    %s: %s\n", tally.name.c_str(),
                static_cast<unsigned long>(finding.point), finding.where.c_str(),
                name_of(finding.verdict), finding.what.c_str());
  }
}

/// What a worker tells the one that adds up.
struct Sum {
  std::uint64_t points = 0;
  std::array<std::uint64_t, 5> of = {};
  bool failed = false;
};

Sum run_job(const Job& job, const Arguments& arguments, const std::string& folder) {
  const Workspace workspace(folder);
  const Tally tally = job.run(*job.scenario, workspace, arguments.settings);
  print_row(tally);
  print_details(tally);
  std::fflush(stdout);
  return Sum{tally.points, tally.of, !tally.failure.empty()};
}

/// The folder of all workers' registries, gone at the end.
class Base {
 public:
  Base() {
    const char* const set = std::getenv("IPCARC_DIR");
    std::string pattern = std::string(set != nullptr ? set : "/dev/shm") + "/ipcarc-kill.XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
      std::perror(pattern.c_str());
      std::exit(2);
    }
    path_ = pattern;
  }
  ~Base() {
    if (::getpid() == owner_) {
      std::error_code ignored;
      std::filesystem::remove_all(path_, ignored);
    }
  }
  Base(const Base&) = delete;
  Base& operator=(const Base&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  pid_t owner_ = ::getpid();
};

volatile std::sig_atomic_t stopped = 0;

int run(const Arguments& arguments) {
  const std::regex only(arguments.only);
  std::vector<Job> jobs;
  const auto add = [&](const Scenario& scenario, const std::string& prefix, auto* run) {
    if (std::regex_search(prefix + scenario.name, only)) {
      jobs.push_back(Job{&scenario, run, prefix + scenario.name});
    }
  };
  for (const Scenario& scenario : scenarios()) {
    add(scenario, "", &run_scenario);
  }
  if (arguments.second) {
    for (const Scenario& scenario : scenarios()) {
      if (scenario.reap) {
        add(scenario, "reaper: ", &run_reaper);
      }
    }
    for (const Scenario& scenario : scenarios()) {
      if (scenario.reap && scenario.prepare) {
        add(scenario, "user: ", &run_user);
      }
    }
  }
  if (arguments.list) {
    for (const Job& job : jobs) {
      std::puts(job.name.c_str());
    }
    return 0;
  }
  warm_up();
  const Base base;
  int channel[2];
  if (::pipe(channel) != 0) {
    return 2;
  }
  struct sigaction stop {};
  stop.sa_handler = [](int) { stopped = 1; };
  ::sigaction(SIGINT, &stop, nullptr);
  ::sigaction(SIGTERM, &stop, nullptr);
  print_head();
  std::fflush(stdout);
  std::vector<pid_t> running;
  std::size_t next = 0;
  bool lost = false;
  while (stopped == 0 && (next < jobs.size() || !running.empty())) {
    if (next < jobs.size() && running.size() < arguments.jobs) {
      const Job& job = jobs[next++];
      const pid_t pid = ::fork();
      if (pid == 0) {
        ::setpgid(0, 0);
        const Sum sum = run_job(job, arguments, base.path() + "/" + std::to_string(next));
        const bool told = ::write(channel[1], &sum, sizeof sum) == sizeof sum;
        ::_exit(told ? 0 : 1);
      }
      ::setpgid(pid, pid);
      running.push_back(pid);
      continue;
    }
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, 0);
    if (ended > 0) {
      lost = lost || status != 0;
      std::erase(running, ended);
    }
  }
  for (const pid_t pid : running) {
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  ::close(channel[1]);
  Tally total;
  total.name = "all";
  bool failed = lost || stopped != 0;
  for (Sum sum; ::read(channel[0], &sum, sizeof sum) == sizeof sum;) {
    total.points += sum.points;
    for (std::size_t i = 0; i < sum.of.size(); ++i) {
      total.of[i] += sum.of[i];
    }
    failed = failed || sum.failed;
  }
  print_row(total);
  if (lost) {
    std::puts("a worker did not come to its end");
  }
  if (!arguments.expected.empty()) {
    bool found = false;
    for (const Verdict verdict : {Verdict::hung, Verdict::torn, Verdict::leaked}) {
      found = found || (arguments.expected == name_of(verdict) && total.count(verdict) != 0);
    }
    // By a kill: where a victim is killed before its operation, all is well.
    found = found && total.count(Verdict::clean) != 0;
    std::puts(found ? "the planted fault was found" : "the planted fault was NOT found");
    return found ? 0 : 1;
  }
  return total.ok() && !failed && !jobs.empty() ? 0 : 1;
}

}  // namespace
}  // namespace ipcarc::kill

int main(int argc, char** argv) {
  return ipcarc::kill::run(ipcarc::kill::parse(argc, argv));
}
