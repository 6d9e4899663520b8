// top: a live view of registries.
#include <unistd.h>

#include <memory>
#include <thread>

#include <fmt/format.h>

#include "ipcarc/screen.hpp"
#include "ipcarc/text.hpp"

namespace ipcarc::tool {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Arguments {
  std::vector<std::string> registries;
  double interval_s = 1;
  bool once = false;
};

milliseconds interval_of(const Arguments& arguments) {
  const double bounded = std::min(std::max(arguments.interval_s, 0.05), 3600.0);
  return milliseconds(static_cast<int>(bounded * 1000));
}

milliseconds left_until(Clock::time_point moment) {
  return std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(moment - Clock::now()));
}

void print_json_of(const Session& session, const Rates& rates) {
  Json registries = Json::array();
  for (const RegistryRate& rate : rates.registries) {
    Json json = json_of(rate.registry);
    json["changes_per_s"] = rate.changes_per_s;
    json["name_changes_per_s"] = rate.name_changes_per_s;
    json["locked_part"] = rate.locked;
    json["waited_part"] = rate.waited;
    json["by_type"] = Json::array();
    for (const auto& [name, type] : rate.sums.types) {
      json["by_type"].push_back(
          {{"type", name}, {"objects", type.objects}, {"memory_bytes", type.memory_bytes}});
    }
    registries.push_back(std::move(json));
  }
  Json objects = Json::array();
  for (const ObjectRate& rate : rates.objects) {
    Json json = json_of(rate.object);
    json["registry"] = rate.registry;
    json["changes_per_s"] = rate.changes_per_s;
    json["locked_part"] = rate.locked;
    json["waited_part"] = rate.waited;
    objects.push_back(std::move(json));
  }
  print_json({{"directory", session.directory()},
              {"registries", std::move(registries)},
              {"objects", std::move(objects)}});
}

int measure_once(const Session& session, const Arguments& arguments) {
  RateMeter meter(session, arguments.registries);
  meter.look();
  const auto end = Clock::now() + interval_of(arguments);
  for (milliseconds left = left_until(end); left.count() > 0; left = left_until(end)) {
    std::this_thread::sleep_for(std::min(left, meter.pause()));
    meter.sample();
  }
  const Rates rates = meter.look();
  if (session.json) {
    print_json_of(session, rates);
    return exit_ok;
  }
  for (const ScreenLine& line : screen_lines(rates, Order::changes, {})) {
    fmt::print("{}\n", line.text);
  }
  return exit_ok;
}

std::string title_of(const Session& session, Order order) {
  const bool by_changes = order == Order::changes;
  return fmt::format("ipcarc top  {}  {}  by {}   q: quit   s: sort by {}",
                     printable(session.directory()), time_text(now_ns()).substr(11, 8),
                     by_changes ? "changes" : "memory", by_changes ? "memory" : "changes");
}

int show(const Session& session, const Arguments& arguments) {
  RateMeter meter(session, arguments.registries);
  Rates rates = meter.look();  // before the screen, so that an error is seen
  Screen screen;
  Order order = Order::changes;
  auto next_look = Clock::now() + interval_of(arguments);
  for (;;) {
    screen.paint(screen_lines(rates, order, title_of(session, order)));
    auto next_sample = Clock::now() + meter.pause();
    for (;;) {
      const int key = screen.key(std::min(left_until(next_look), left_until(next_sample)));
      if (key == 'q' || key == 'Q') {
        return exit_ok;
      }
      if (key == 's' || key == 'S') {
        order = order == Order::changes ? Order::memory : Order::changes;
        break;
      }
      if (key == Screen::closed) {
        return exit_failed;
      }
      if (key == Screen::resized) {
        break;
      }
      if (Clock::now() >= next_look) {
        rates = meter.look();
        next_look = Clock::now() + interval_of(arguments);
        break;
      }
      if (Clock::now() >= next_sample) {
        meter.sample();
        next_sample = Clock::now() + meter.pause();
      }
    }
  }
}

int run(const Session& session, const Arguments& arguments) {
  if (session.json || arguments.once) {
    return measure_once(session, arguments);
  }
  if (::isatty(STDOUT_FILENO) == 0 || ::isatty(STDIN_FILENO) == 0) {
    fmt::print(stderr,
               "ipcarc: top: this is no terminal\n"
               "  next: `ipcarc top --once` (or --json) measures once, `ipcarc stat` counts\n");
    return exit_usage;
  }
  return show(session, arguments);
}

}  // namespace

void add_top(CommandLine& line) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* const command =
      line.add("top", "Shows registries, objects, types and processes, live",
               [arguments](const Session& session) { return run(session, *arguments); });
  command->add_option("REGISTRY", arguments->registries, "These only; otherwise all");
  command->add_option("--interval", arguments->interval_s, "Seconds between two looks (1)");
  command->add_flag("--once", arguments->once, "Measures once, and prints that; so does --json");
  command->footer("Keys: q quits, s sorts by changes or by memory.");
}

}  // namespace ipcarc::tool
