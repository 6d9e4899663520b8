// What every command of `ipcarc` shares: the common options, the exit codes, and how a command is added.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ipcarc/registry.hpp>

namespace ipcarc::tool {

using Json = nlohmann::ordered_json;

/// How the process ends. Documented in docs/TOOL.md and the man page; scripts rely on it.
enum ExitCode : int {
  exit_ok = 0,
  exit_negative = 1,   // what was named is not there, or the check found damage
  exit_usage = 2,      // the command line cannot be
  exit_failed = 3,     // everything else
  exit_denied = 4,     // no right to it
  exit_timed_out = 5,  // it did not happen in time
};

struct Session {
  Options options;      // the directory, and whose files are believed
  bool json = false;    // one JSON document on the standard output, and nothing else
  bool colour = false;  // the standard output is a terminal that wants it

  /// Where registries are looked for.
  std::string directory() const;
};

/// The command line while it is put together. Its options live as long as it does.
struct CommandLine {
  CLI::App& app;
  std::function<int(const Session&)> chosen;

  /// Adds a command; `run` is what main() calls if it is the one.
  CLI::App* add(const std::string& name, const std::string& what,
                std::function<int(const Session&)> run);
};

/// A time-out given in seconds; the longest there is for what no clock can count.
std::chrono::nanoseconds nanoseconds_of(double seconds);

/// Prints a document and a line feed. Bytes that are no UTF-8 are replaced.
void print_json(const Json& json);

/// What the person at the terminal can do about an error; empty if nothing better than its message is known.
std::string advice(const Error& error);
int exit_code_of(const Error& error) noexcept;

// One file each.
void add_ls(CommandLine& line);
void add_show(CommandLine& line);
void add_stat(CommandLine& line);
void add_check(CommandLine& line);
void add_reap(CommandLine& line);
void add_rm(CommandLine& line);
void add_pin(CommandLine& line);
void add_set(CommandLine& line);
void add_watch(CommandLine& line);
void add_top(CommandLine& line);
void add_dump(CommandLine& line);
void add_load(CommandLine& line);
void add_doctor(CommandLine& line);

}  // namespace ipcarc::tool
