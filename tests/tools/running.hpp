// Runs `ipcarc` as a shell would, in a directory of the test's own that is gone at its end.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "registry/example.hpp"

namespace ipcarc::test {

using Json = nlohmann::json;

/// What a run of a program gave.
struct Ran {
  int code = -1;  // of its exit; -1: killed, or not ended in time
  std::string out;
  std::string err;

  Json json() const { return Json::parse(out); }
  bool says(std::string_view part) const { return out.find(part) != std::string::npos; }
  bool complains(std::string_view part) const { return err.find(part) != std::string::npos; }
};

struct RunOptions {
  std::string input = {};
  bool terminal = false;                      // both outputs are one; what is written is in `out`
  std::vector<std::string> environment = {};  // NAME=VALUE, beside PATH and TERM
  bool as_nobody = false;                     // as another user, by root alone
  /// Called again and again while the program runs, with what it wrote so far.
  std::function<void(const Ran&)> meanwhile = {};
};

/// Runs the program, for at most a minute.
Ran run_program(const std::vector<std::string>& command, const RunOptions& options = {});

/// The command that runs `command` as another user.
std::vector<std::string> as_nobody(std::vector<std::string> command);

/// A directory for registries on /dev/shm, of this test alone.
class ToolTest : public ::testing::Test {
 protected:
  ToolTest();
  ~ToolTest() override;

  Ran run(std::vector<std::string> arguments, const RunOptions& options = {}) const;
  Registry open(const std::string& name) const;
  Options options() const;
  std::string path_of(const std::string& name) const { return directory_ + "/ipcarc." + name; }
  /// The object of `list` whose "name" that is.
  static Json named(const Json& list, const std::string& name);

  std::string directory_;
};

/// A process that has opened a registry and did `body` with it, and waits to be killed.
class Holder {
 public:
  Holder(const Options& options, const std::string& name,
         const std::function<void(Registry&, const std::function<void()>& ready)>& body);
  void kill() { EXPECT_TRUE(child_.kill().killed_by(SIGKILL)); }
  pid_t pid() const { return child_.pid(); }

 private:
  Signal ready_;
  Child child_;
};

}  // namespace ipcarc::test
