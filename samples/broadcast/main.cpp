// A configuration that one process publishes and any number of others follow.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>

#include <ipcarc/ipcarc.hpp>

using namespace std::chrono_literals;

struct Settings {
  std::uint32_t revision = 0;
  ipcarc::string log_level = "info";
  ipcarc::vector<ipcarc::string> servers;
};

namespace {

constexpr std::uint32_t last_revision = 20;
constexpr int followers = 3;

// How many followers have come to the last revision.
using Arrived = std::atomic<std::uint32_t>;

// May start before there is anything to follow.
void follow() {
  auto registry = ipcarc::Registry::open("broadcast");
  auto settings = registry.wait<const Settings>("settings", 10s);
  auto arrived = registry.wait<Arrived>("arrived", 10s);
  while (settings->revision != last_revision) {  // frozen: read without a lock, never half changed
    const std::uint64_t version = settings.version();
    // Looked up after the version was read, so that nothing is published unseen in between.
    auto newest = registry.get<const Settings>("settings");
    if (newest == settings) {
      settings.wait_changed(version, 10s);  // sleeps until another takes its place
      continue;
    }
    if (newest->revision <= settings->revision) {
      throw std::runtime_error("a revision came out of order");
    }
    settings = newest;  // the old one goes with its last reader
  }
  arrived->fetch_add(1);
  arrived.notify_all();
}

void start_follower() {
  if (::fork() != 0) {
    return;
  }
  try {
    follow();
    ::_exit(0);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "a follower: %s\n", error.what());
    ::_exit(1);
  }
}

bool run() {
  auto registry = ipcarc::Registry::open("broadcast");
  for (int i = 0; i < followers; ++i) {
    start_follower();
  }
  auto arrived = registry.create<Arrived>("arrived", 0U);
  for (std::uint32_t revision = 1; revision <= last_revision; ++revision) {
    registry.publish<Settings>("settings", [&] {
      Settings settings;
      settings.revision = revision;
      settings.log_level = revision % 2 == 0 ? "info" : "debug";
      settings.servers.assign({"10.0.0.7", "a-server-with-a-long-name.example.org"});
      return settings;
    });
  }
  const bool all = arrived.wait_until([](const Arrived& count) { return count == followers; }, 20s);

  int failed = 0;
  for (int status = 0; ::wait(&status) > 0;) {
    failed += status != 0 ? 1 : 0;
  }
  // Nobody holds the old revisions any more: what is left is the last one, and the count.
  std::printf("%u revisions, %u followers at the last one, %zu objects left\n", last_revision,
              arrived->load(), registry.entries().size());
  registry.remove("settings");
  return all && failed == 0;
}

}  // namespace

int main() {
  try {
    return run() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
