// A plugin host: shares a configuration with three plugin processes, changes it, kills one of them
// where it hurts most (with SIGKILL, inside a guard), mends what it left, and goes on. `plugin_host
// CONFIG.json [REGISTRY]`.
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/core.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "shared.hpp"

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 20s;

// Starts `plugin` beside this program. Not fork: a spawned child runs nothing of this process.
class PluginProcess {
 public:
  PluginProcess(const std::string& registry, std::string name, bool clumsy)
      : name_(std::move(name)) {
    const std::string program =
        std::filesystem::read_symlink("/proc/self/exe").replace_filename("plugin");
    std::vector<std::string> words = {program, registry, name_};
    if (clumsy) {
      words.push_back("clumsy");
    }
    std::vector<char*> arguments;
    for (std::string& word : words) {
      arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    if (const int code =
            posix_spawn(&pid_, program.c_str(), nullptr, nullptr, arguments.data(), environ)) {
      throw std::system_error(code, std::generic_category(), program);
    }
  }
  PluginProcess(PluginProcess&& other) noexcept
      : name_(std::move(other.name_)), pid_(std::exchange(other.pid_, 0)) {}
  PluginProcess& operator=(PluginProcess&&) = delete;
  ~PluginProcess() {
    if (pid_ != 0) {
      kill();
    }
  }

  const std::string& name() const { return name_; }
  pid_t pid() const { return pid_; }

  void kill() {
    ::kill(pid_, SIGKILL);
    wait();
  }

  // The exit code, or minus the signal that ended it.
  int wait() {
    int status = 0;
    waitpid(std::exchange(pid_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  std::string name_;
  pid_t pid_ = 0;
};

class Host {
 public:
  Host(const nlohmann::json& file, const std::string& registry_name)
      : registry_name_(registry_name), registry_(ipcarc::Registry::open(registry_name)) {
    config_ = registry_.create<Config>("cfg");
    work_ = registry_.create<Work>("work");
    mishap_ = registry_.create<std::atomic<Mishap>>("mishap", Mishap::none);
    auto config = config_.acquire();
    config->host = file.at("listen").at("host").get<std::string>();
    config->port = file.at("listen").at("port").get<std::int32_t>();
    config->job_us = file.at("job_us").get<std::uint32_t>();
    for (const auto& peer : file.at("peers")) {
      config->peers.push_back(peer.get<std::string>());
    }
    say("shared      \"cfg\": {}:{}, {} peers, a job every {} us", std::string_view(config->host),
        config->port, config->peers.size(), config->job_us);
  }

  void run(const std::vector<std::string>& names) {
    start_plugins(names);
    change_config();
    kill_the_clumsy_one();
    mend_work();
    watch_it_go_on();
    end_plugins();
  }

 private:
  template <class... A>
  void say(fmt::format_string<A...> text, A&&... arguments) const {
    fmt::print("{}\n", fmt::format(text, std::forward<A>(arguments)...));
    std::fflush(stdout);
  }

  template <class Condition>
  void wait_until(const char* what, Condition condition) const {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) {
        throw std::runtime_error(std::string("waited in vain until ") + what);
      }
      std::this_thread::sleep_for(2ms);
    }
  }

  std::uint64_t jobs_done() const { return work_.read()->total; }

  void start_plugins(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      const bool last = name == names.back();
      plugins_.emplace_back(registry_name_, name, last);
      say("started     {:<10} as process {}", name, plugins_.back().pid());
    }
    wait_until("every plugin works", [&] { return work_.read()->plugins.size() == names.size(); });
    say("working     {} processes hold \"work\"", work_.use_count());
  }

  void change_config() {
    config_.update([](Config& config) {
      config.port = 9090;
      config.job_us /= 2;
      config.peers.push_back("10.0.0.9");
    });
    const std::uint64_t version = config_.version();
    wait_until("every plugin follows the change", [&] {
      const auto work = work_.read();
      for (const auto& [name, plugin] : work->plugins) {
        if (plugin.config_version != version) {
          return false;
        }
      }
      return true;
    });
    say("changed     \"cfg\" in one step, to port {}; all plugins follow its version {}",
        config_.read()->port, version);
  }

  void kill_the_clumsy_one() {
    *mishap_ = Mishap::due;
    wait_until("it happens", [&] { return *mishap_ == Mishap::happening; });
    PluginProcess& victim = plugins_.back();
    say("killing     {} (process {}) with SIGKILL: it is counting a job, and has the lock",
        victim.name(), victim.pid());
    victim.kill();
  }

  void mend_work() {
    try {
      std::ignore = work_.acquire();
      throw std::runtime_error("the object should be poisoned");
    } catch (const ipcarc::Error& error) {
      if (error.code() != ipcarc::Errc::poisoned) {
        throw;
      }
      say("poisoned    {}", error.what());
    }
    work_.recover([&](Work& work) {
      std::uint64_t sum = 0;
      for (const auto& [name, plugin] : work.plugins) {
        sum += plugin.jobs;
      }
      say("mended      the total said {} jobs, the plugins' own counts sum up to {}", work.total,
          sum);
      work.total = sum;
    });
  }

  void watch_it_go_on() {
    const std::uint64_t before = jobs_done();
    wait_until("the others have worked on", [&] { return jobs_done() >= before + 500; });
    registry_.reap();
    say("going on    500 jobs more by the other two; {} processes hold \"work\"",
        work_.use_count());
  }

  void end_plugins() {
    plugins_.pop_back();
    config_.update([](Config& config) { config.running = false; });
    for (PluginProcess& plugin : plugins_) {
      if (const int code = plugin.wait()) {
        throw std::runtime_error(plugin.name() + " ended with " + std::to_string(code));
      }
    }
    const auto work = work_.read();
    std::uint64_t sum = 0;
    for (const auto& [name, plugin] : work->plugins) {
      say("counted     {:<10} {:>5} jobs", std::string_view(name), plugin.jobs);
      sum += plugin.jobs;
    }
    if (sum != work->total) {
      throw std::runtime_error("the total is not the sum");
    }
    say("total       {:>16} jobs, and every one is accounted for", sum);
  }

  std::string registry_name_;
  ipcarc::Registry registry_;
  ipcarc::IpcArc<Config> config_;
  ipcarc::IpcArc<Work> work_;
  ipcarc::IpcArc<std::atomic<Mishap>> mishap_;
  std::vector<PluginProcess> plugins_;
};

void run_host(const nlohmann::json& file, const std::string& registry_name) {
  Host(file, registry_name).run(file.at("plugins").get<std::vector<std::string>>());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: plugin_host CONFIG.json [REGISTRY]\n");
    return 2;
  }
  try {
    const nlohmann::json file = nlohmann::json::parse(std::ifstream(argv[1]));
    std::string registry_name = argc > 2 ? argv[2] : "app";
    try {
      run_host(file, registry_name);
    } catch (const ipcarc::Error& error) {
      if (error.code() != ipcarc::Errc::already_exists) {
        throw;
      }
      // Another host serves its own plugins in there.
      registry_name += "." + std::to_string(getpid());
      std::printf("in use      %s; so this host takes \"%s\"\n", error.what(),
                  registry_name.c_str());
      run_host(file, registry_name);
    }
    try {
      ipcarc::Registry::attach(registry_name);
      throw std::runtime_error("the registry is still there");
    } catch (const ipcarc::Error& error) {
      if (error.code() != ipcarc::Errc::not_found) {
        throw;
      }
      std::printf("the last one out took the registry along: nothing is left\n");
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "plugin_host: %s\n", error.what());
    return 1;
  }
}
