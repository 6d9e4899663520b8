// What the tests of the registry share: a value with everything in it, and a small registry of its own.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ipcarc/ipcarc.hpp>

#include "support/child_process.hpp"
#include "support/registry_name.hpp"

namespace ipcarc::test {

struct Config {
  int port = 8080;
  ipcarc::string host = "localhost";
  ipcarc::vector<ipcarc::string> peers;
};

struct Pair {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
};

inline Options small() {
  Options options;
  options.capacity_bytes = std::uint64_t{8} << 20;
  options.max_objects = 1024;
  return options;
}

/// Runs `call`; the code of the Error that it throws, or an empty code.
template <class F>
std::error_code error_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_FALSE(std::string(error.what()).empty());
    return error.code();
  }
  return {};
}

/// A registry at rest has no errors and no leftovers.
inline void expect_clean(const Registry& registry) {
  const CheckReport report = registry.check();
  for (const auto& error : report.errors) {
    ADD_FAILURE() << "error: " << error;
  }
  for (const auto& leftover : report.leftovers) {
    ADD_FAILURE() << "leftover: " << leftover;
  }
}

class RegistryTest : public ::testing::Test {
 protected:
  RegistryName name_{"registry_test"};
};

}  // namespace ipcarc::test
