// The bench: measures ipcarc beside what others use, the standard library and hand-written lower bounds, and prints the ratios.
#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <boost/version.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "plots.hpp"
#include "scratch.hpp"
#include "topic.hpp"

namespace {

using namespace ipcarc::bench;

constexpr const char* usage =
    "usage: ipcarc_bench [--quick | --smoke | --large] [--only TOPIC]... [--rounds N] "
    "[--out FOLDER] [--list]\n"
    "  --quick   fewer and shorter rounds, at most 100 000 objects: about a minute\n"
    "  --smoke   one round of an instant each: to see that all of it runs\n"
    "  --large   tables of 10 000 000 objects too: needs 16 GB of memory, and minutes more\n"
    "  --only    this topic; may be given several times\n"
    "  --out     writes figures.json, table.txt and the plots to FOLDER; what is there of topics "
    "that do not run stays\n";

struct Arguments {
  Effort effort;
  std::vector<std::string> only;
  std::string out;
  bool list = false;
};

bool parse(int count, char** values, Arguments& arguments) {
  for (int i = 1; i < count; ++i) {
    const std::string_view option = values[i];
    if (option == "--quick") {
      arguments.effort.rounds = 7;
      arguments.effort.round_seconds = 0.01;
      arguments.effort.most_objects = 100'000;
    } else if (option == "--smoke") {
      arguments.effort.rounds = 1;
      arguments.effort.round_seconds = 0.0005;
      arguments.effort.most_objects = 1000;
    } else if (option == "--large") {
      arguments.effort.most_objects = 10'000'000;
    } else if (option == "--list") {
      arguments.list = true;
    } else if (i + 1 < count && option == "--only") {
      arguments.only.emplace_back(values[++i]);
    } else if (i + 1 < count && option == "--out") {
      arguments.out = values[++i];
    } else if (i + 1 < count && option == "--rounds") {
      const char* text = values[++i];
      const auto parsed = std::from_chars(text, text + std::strlen(text), arguments.effort.rounds);
      if (parsed.ec != std::errc() || arguments.effort.rounds < 1) {
        return false;
      }
    } else {
      return false;
    }
  }
  return true;
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) {
      return line.substr(line.find(':') + 2);
    }
  }
  return "unknown processor";
}

/// Whether tmpfs gives huge pages: the choice in brackets.
std::string shmem_enabled() {
  std::ifstream file("/sys/kernel/mm/transparent_hugepage/shmem_enabled");
  std::string word;
  while (file >> word) {
    if (word.front() == '[') {
      return word.substr(1, word.size() - 2);
    }
  }
  return "unknown";
}

nlohmann::json machine() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  ::sched_getaffinity(0, sizeof cores, &cores);
  utsname system{};
  ::uname(&system);
  const double bytes =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  return {{"processor", processor()},
          {"cores", CPU_COUNT(&cores)},
          {"memory_gb", static_cast<int>(std::lround(bytes / 1e9))},
          {"shmem_enabled", shmem_enabled()},
          {"kernel", system.release},
          {"compiler", __VERSION__},
          {"boost", BOOST_LIB_VERSION}};
}

bool chosen(const Arguments& arguments, const char* name) {
  return arguments.only.empty() ||
         std::find(arguments.only.begin(), arguments.only.end(), name) != arguments.only.end();
}

/// What the bench has found, of this run and of runs before.
struct Findings {
  std::vector<Row> rows;
  std::vector<PlotPoint> points;
};

/// What a former run left in `folder` of topics that do not run now.
Findings former(const Arguments& arguments) {
  Findings findings;
  std::ifstream file(arguments.out + "/figures.json");
  if (arguments.out.empty() || arguments.only.empty() || !file) {
    return findings;
  }
  const nlohmann::json json = nlohmann::json::parse(file);
  for (const auto& row : json.at("rows")) {
    if (!chosen(arguments, row.at("topic").get<std::string>().c_str())) {
      findings.rows.push_back(row_from_json(row));
    }
  }
  for (const auto& point : json.at("points")) {
    if (!chosen(arguments, point.at("topic").get<std::string>().c_str())) {
      findings.points.push_back(point_from_json(point));
    }
  }
  return findings;
}

/// In the order of the topics, whatever was run when.
void sort_by_topic(Findings& findings) {
  const auto rank = [](const std::string& name) {
    const auto& all = topics();
    return std::find_if(all.begin(), all.end(),
                        [&](const Topic& topic) { return topic.name == name; }) -
           all.begin();
  };
  const auto before = [&](const auto& a, const auto& b) { return rank(a.topic) < rank(b.topic); };
  std::stable_sort(findings.rows.begin(), findings.rows.end(), before);
  std::stable_sort(findings.points.begin(), findings.points.end(), before);
}

std::string head_of(const nlohmann::json& about, int rounds) {
  return fmt::format(
      "{}, {} cores, {} GB, Linux {}, shmem_enabled {}, g++ {}, Boost {}; medians of {} rounds, ± "
      "half "
      "the distance of the quartiles",
      about["processor"].get<std::string>(), about["cores"].get<int>(),
      about["memory_gb"].get<int>(), about["kernel"].get<std::string>(),
      about["shmem_enabled"].get<std::string>(), about["compiler"].get<std::string>(),
      about["boost"].get<std::string>(), rounds);
}

/// Everything into the folder; gives what could not be done.
std::string write_out(const Arguments& arguments, const nlohmann::json& about,
                      const Findings& findings, const std::string& text) {
  std::filesystem::create_directories(arguments.out);
  nlohmann::json json = {{"machine", about}, {"rounds", arguments.effort.rounds}};
  json["rows"] = nlohmann::json::array();
  for (const Row& row : findings.rows) {
    json["rows"].push_back(to_json(row));
  }
  json["points"] = nlohmann::json::array();
  for (const PlotPoint& point : findings.points) {
    json["points"].push_back(to_json(point));
  }
  std::ofstream(arguments.out + "/figures.json") << json.dump(1) << '\n';
  std::ofstream(arguments.out + "/table.txt") << text;
  return draw_plots(findings.points, arguments.out,
                    fmt::format("{}, {} cores, Linux {}", about["processor"].get<std::string>(),
                                about["cores"].get<int>(), about["kernel"].get<std::string>()));
}

}  // namespace

int main(int count, char** values) {
  Arguments arguments;
  if (!parse(count, values, arguments)) {
    std::fputs(usage, stderr);
    return 2;
  }
  if (arguments.list) {
    for (const Topic& topic : topics()) {
      fmt::print("{}\n", topic.name);
    }
    return 0;
  }
  const Scratch scratch;
  arguments.effort.scratch = scratch.path();
  const nlohmann::json about = machine();
  arguments.effort.two_cores = about["cores"] >= 2;
  Findings findings = former(arguments);
  std::set<std::string> notes;
  bool failed = false;
  const auto begin = std::chrono::steady_clock::now();
  for (const Topic& topic : topics()) {
    if (!chosen(arguments, topic.name)) {
      continue;
    }
    fmt::print(stderr, "{} ...\n", topic.name);
    Outcome outcome = run_apart(topic, arguments.effort, 900);
    findings.rows.insert(findings.rows.end(), outcome.rows.begin(), outcome.rows.end());
    findings.points.insert(findings.points.end(), outcome.points.begin(), outcome.points.end());
    for (const std::string& skipped : outcome.skipped) {
      notes.insert("skipped: " + skipped);
    }
    if (!outcome.failure.empty()) {
      notes.insert(fmt::format("FAILED: {}: {}", topic.name, outcome.failure));
      failed = true;
    }
  }
  sort_by_topic(findings);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::string text =
      fmt::format("{}\n\n{}", head_of(about, arguments.effort.rounds), table_of(findings.rows));
  for (const std::string& note : notes) {
    text += "\n" + note;
  }
  text += notes.empty() ? "" : "\n";
  fmt::print("\n{}\n{:.0f} s\n", text, took.count());
  if (!arguments.out.empty()) {
    const std::string trouble = write_out(arguments, about, findings, text);
    if (!trouble.empty()) {
      fmt::print("no plots: {}\n", trouble);
    }
  }
  return failed ? 1 : 0;
}
