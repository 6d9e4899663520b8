// check: every invariant of a segment that a look at its bytes can tell.
#include <unistd.h>

#include <chrono>
#include <memory>

#include <fmt/format.h>

#include "ipcarc/session.hpp"
#include "ipcarc/text.hpp"

namespace ipcarc::tool {
namespace {

// A bar on the standard error while that is a terminal; gone at the end of the scope.
class Bar {
 public:
  explicit Bar(bool shown) : shown_(shown) {}
  ~Bar() {
    if (drawn_) {
      fmt::print(stderr, "\r\x1b[K");
    }
  }
  Bar(const Bar&) = delete;
  Bar& operator=(const Bar&) = delete;

  void draw(std::uint64_t done, std::uint64_t total) {
    const auto now = std::chrono::steady_clock::now();
    if (!shown_ || total == 0 || (drawn_ && now - last_ < std::chrono::milliseconds(50))) {
      return;
    }
    last_ = now;
    drawn_ = true;
    constexpr std::size_t width = 40;
    const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    const auto full = static_cast<std::size_t>(part * width);
    fmt::print(stderr, "\r[{}{}] {:3.0f} %", std::string(full, '#'), std::string(width - full, ' '),
               part * 100);
    std::fflush(stderr);
  }

 private:
  bool shown_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_;
};

CheckReport check(const Session& session, const std::string& registry) {
  Bar bar(!session.json && ::isatty(STDERR_FILENO) != 0);
  return Registry::inspect(
      registry, session.options,
      [&bar](std::uint64_t done, std::uint64_t total) { bar.draw(done, total); });
}

void print_for_people(const Session& session, const std::string& registry,
                      const CheckReport& report) {
  for (const std::string& error : report.errors) {
    fmt::print("{} {}\n", coloured(session.colour, Colour::red, "damage:"), printable(error));
  }
  for (const std::string& leftover : report.leftovers) {
    fmt::print("{} {}\n", coloured(session.colour, Colour::yellow, "left:"), printable(leftover));
  }
  fmt::print("{}: {} entries and {} blocks walked: {}\n", printable(registry), report.entries,
             report.blocks,
             !report.ok()               ? coloured(session.colour, Colour::red, "damaged")
             : report.leftovers.empty() ? coloured(session.colour, Colour::green, "sound")
                                        : "sound, with what dead processes left");
  if (report.unsettled != 0) {
    fmt::print("  {} things were in the middle of a change and are not judged\n", report.unsettled);
  }
  if (!report.leftovers.empty()) {
    fmt::print("  `ipcarc reap {}` gives it back\n", printable(registry));
  }
  if (!report.ok()) {
    fmt::print(
        "  end its users and remove it by `ipcarc rm --registry {}`; no death leaves this: "
        "something wrote "
        "into the segment that should not\n",
        printable(registry));
  }
}

int run(const Session& session, const std::vector<std::string>& registries) {
  bool sound = true;
  Json all = Json::array();
  for (const std::string& registry : registries) {
    const CheckReport report = check(session, registry);
    sound = sound && report.ok();
    if (session.json) {
      all.push_back({{"registry", registry},
                     {"ok", report.ok()},
                     {"errors", report.errors},
                     {"leftovers", report.leftovers},
                     {"entries", report.entries},
                     {"blocks", report.blocks},
                     {"unsettled", report.unsettled}});
    } else {
      print_for_people(session, registry, report);
    }
  }
  if (session.json) {
    print_json({{"checks", std::move(all)}});
  }
  return sound ? exit_ok : exit_negative;
}

}  // namespace

void add_check(CommandLine& line) {
  const auto registries = std::make_shared<std::vector<std::string>>();
  CLI::App* const command =
      line.add("check", "Walks registries and compares them with every invariant",
               [registries](const Session& session) { return run(session, *registries); });
  command->add_option("REGISTRY", *registries, "Which")->required();
}

}  // namespace ipcarc::tool
