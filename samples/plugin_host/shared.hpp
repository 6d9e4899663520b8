// The objects that the host and its plugins share: plain aggregates of scalars and ipcarc's
// containers.
#pragma once

#include <atomic>
#include <cstdint>
#include <ipcarc/ipcarc.hpp>

/// "cfg": written by the host, followed by the plugins through its version.
struct Config {
  ipcarc::string host = "localhost";
  std::int32_t port = 0;
  ipcarc::vector<ipcarc::string> peers;
  std::uint32_t job_us = 1000;  ///< how long a plugin works at one job
  bool running = true;          ///< false: plugins end
};

/// What one plugin has done.
struct PluginWork {
  std::uint64_t jobs = 0;
  std::uint64_t config_version = 0;  ///< the version of "cfg" that it follows
};

/// "work": written by all, each time under a guard. Between two guards `total` is the sum of the
/// plugins' jobs.
struct Work {
  std::uint64_t total = 0;
  ipcarc::map<ipcarc::string, PluginWork> plugins;
};

/// "mishap": staged by the host, which says when it is due, and carried out by the clumsy plugin.
enum class Mishap : std::uint32_t {
  none,
  due,
  happening,  ///< the plugin stands still in the middle of a change, and has the lock
};
