// The bench: measures ipcarc beside Boost.Interprocess, the standard library and hand-written lower bounds, and prints the ratios.
#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>

#include <boost/version.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "topic.hpp"

namespace {

using namespace ipcarc::bench;

constexpr const char* usage =
    "usage: ipcarc_bench [--quick | --smoke] [--only TOPIC]... [--rounds N] [--json FILE] "
    "[--list]\n"
    "  --quick   fewer and shorter rounds, at most 100 000 objects: some 20 s\n"
    "  --smoke   one round of an instant each: to see that all of it runs\n"
    "  --only    this topic; may be given several times\n"
    "  --json    writes the figures to FILE as well\n";

struct Arguments {
  Effort effort;
  std::vector<std::string> only;
  std::string json;
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
    } else if (option == "--list") {
      arguments.list = true;
    } else if (i + 1 < count && option == "--only") {
      arguments.only.emplace_back(values[++i]);
    } else if (i + 1 < count && option == "--json") {
      arguments.json = values[++i];
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

nlohmann::json machine() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  ::sched_getaffinity(0, sizeof cores, &cores);
  utsname system{};
  ::uname(&system);
  return {{"processor", processor()},
          {"cores", CPU_COUNT(&cores)},
          {"kernel", system.release},
          {"compiler", __VERSION__},
          {"boost", BOOST_LIB_VERSION}};
}

bool chosen(const Arguments& arguments, const char* name) {
  return arguments.only.empty() ||
         std::find(arguments.only.begin(), arguments.only.end(), name) != arguments.only.end();
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
  const nlohmann::json about = machine();
  arguments.effort.two_cores = about["cores"] >= 2;
  std::vector<Row> rows;
  std::string failures;
  const auto begin = std::chrono::steady_clock::now();
  for (const Topic& topic : topics()) {
    if (!chosen(arguments, topic.name)) {
      continue;
    }
    fmt::print(stderr, "{} ...\n", topic.name);
    Outcome outcome = run_apart(topic, arguments.effort, 120);
    rows.insert(rows.end(), outcome.rows.begin(), outcome.rows.end());
    if (!outcome.failure.empty()) {
      failures += fmt::format("{}: {}\n", topic.name, outcome.failure);
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  fmt::print(
      "\n{}, {} cores, Linux {}, g++ {}, Boost {}; medians of {} rounds, ± half the "
      "distance of the quartiles; {:.0f} s\n\n{}\n{}",
      about["processor"].get<std::string>(), about["cores"].get<int>(),
      about["kernel"].get<std::string>(), about["compiler"].get<std::string>(),
      about["boost"].get<std::string>(), arguments.effort.rounds, took.count(), table_of(rows),
      failures);
  if (!arguments.json.empty()) {
    nlohmann::json json = {{"machine", about}, {"rounds", arguments.effort.rounds}};
    json["rows"] = nlohmann::json::array();
    for (const Row& row : rows) {
      json["rows"].push_back(to_json(row));
    }
    std::ofstream(arguments.json) << json.dump(2) << '\n';
  }
  return failures.empty() ? 0 : 1;
}
