// A plugin: `plugin REGISTRY NAME [clumsy]` works until the configuration says that it is over. A
// clumsy one, when its mishap is due, stops for ever in the middle of counting a job, inside the
// guard, where the host kills it.
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <thread>

#include "shared.hpp"

using namespace std::chrono_literals;

namespace {

class Plugin {
 public:
  Plugin(const char* registry, const char* name, bool clumsy)
      : name_(name), clumsy_(clumsy), registry_(ipcarc::Registry::attach(registry)) {}

  void run() {
    follow_config();
    while (running_) {
      std::this_thread::sleep_for(job_);
      count_job();
      if (config_.version() != version_) {
        follow_config();
      }
    }
  }

 private:
  void follow_config() {
    // Before the reading: a change in between is seen by the next look.
    version_ = config_.version();
    const auto config = config_.read();
    job_ = std::chrono::microseconds(config->job_us);
    running_ = config->running;
  }

  // One job more. If another plugin died inside its guard, waits for the host to mend the object.
  void count_job() {
    for (;;) {
      try {
        auto work = work_.acquire();
        PluginWork& mine = work->plugins[name_];
        mine.config_version = version_;
        ++mine.jobs;
        if (clumsy_ && *mishap_ == Mishap::due) {
          stand_still();
        }
        ++work->total;
        return;
      } catch (const ipcarc::Error& error) {
        if (error.code() != ipcarc::Errc::poisoned) {
          throw;
        }
        std::this_thread::sleep_for(1ms);
      }
    }
  }

  [[noreturn]] void stand_still() {
    *mishap_ = Mishap::happening;
    for (;;) {
      pause();
    }
  }

  ipcarc::string name_;
  bool clumsy_;
  ipcarc::Registry registry_;
  ipcarc::IpcArc<Config> config_ = registry_.get<Config>("cfg");
  ipcarc::IpcArc<Work> work_ = registry_.get<Work>("work");
  ipcarc::IpcArc<std::atomic<Mishap>> mishap_ = registry_.get<std::atomic<Mishap>>("mishap");
  std::uint64_t version_ = 0;
  std::chrono::microseconds job_{};
  bool running_ = true;
};

}  // namespace

int main(int argc, char** argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // no plugin outlives its host
  if (argc < 3) {
    std::fprintf(stderr, "usage: plugin REGISTRY NAME [clumsy]\n");
    return 2;
  }
  try {
    Plugin(argv[1], argv[2], argc > 3).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "plugin %s: %s\n", argv[2], error.what());
    return 1;
  }
}
