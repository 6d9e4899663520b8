// A registry with an object of every kind, that outlives its processes.
#pragma once

#include <atomic>
#include <string>

#include "directory/segment_file.hpp"
#include "registry/example.hpp"

namespace ipcarc::test {

inline Options tiny() {
  Options options;
  options.capacity_bytes = 256 * 1024;
  options.max_objects = 32;
  return options;
}

inline const std::string long_name(120, 'n');

/// Fills a registry with pinned objects; `run` is larger than half a page.
inline void populate(Registry& registry) {
  registry.create<int>("number", 1).pin();
  registry.create<std::atomic<std::uint64_t>>("sync", std::uint64_t{1}).pin();
  const auto config = registry.create<Config>("config");
  config.pin();
  {
    auto guard = config.acquire();
    for (int i = 0; i < 20; ++i) {
      guard->peers.push_back("a peer whose name does not fit in the string itself, " +
                             std::to_string(i));
    }
  }
  config.update([](Config& value) { value.port = 9090; });
  registry.create<std::array<std::uint64_t, 700>>("run").pin();
  registry.create<Pair>(long_name, 1U, 2U).pin();
  registry.create<std::array<std::uint64_t, 3>>("triple").pin();
  registry.publish<Pair>("frozen", 1U, 2U);
}

inline bool has_text(const std::vector<std::string>& findings, const std::string& part) {
  return std::any_of(findings.begin(), findings.end(), [&](const std::string& finding) {
    return finding.find(part) != std::string::npos;
  });
}

inline std::string joined(const CheckReport& report) {
  std::string text;
  for (const auto& error : report.errors) {
    text += "error: " + error + "\n";
  }
  for (const auto& leftover : report.leftovers) {
    text += "leftover: " + leftover + "\n";
  }
  return text.empty() ? "nothing found" : text;
}

/// The populated registry, with nobody attached to it.
class PopulatedTest : public ::testing::Test {
 protected:
  PopulatedTest() {
    Registry registry = Registry::open(name_, tiny());
    populate(registry);
  }

  RegistryName name_{"check_test"};
};

}  // namespace ipcarc::test
