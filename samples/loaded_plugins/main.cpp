// A host whose plugins are libraries: `loaded_plugins LIBRARY...` starts each, uses those that fit, and refuses those that were built
// against another Config.
#include <dlfcn.h>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "config.hpp"
#include "plugin.hpp"
#include "statistics.hpp"

namespace {

class Plugin {
 public:
  explicit Plugin(const char* file) : library_(::dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
    if (library_ == nullptr) {
      throw std::runtime_error(::dlerror());
    }
    start_ = find<Start>("plugin_start");
    count_ = find<Count>("plugin_count");
    stop_ = find<Stop>("plugin_stop");
  }
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
  ~Plugin() { ::dlclose(library_); }

  Start* start() const { return start_; }
  Count* count() const { return count_; }
  Stop* stop() const { return stop_; }

 private:
  template <class Function>
  Function* find(const char* name) {
    void* const symbol = ::dlsym(library_, name);
    if (symbol == nullptr) {
      throw std::runtime_error(::dlerror());
    }
    return reinterpret_cast<Function*>(symbol);
  }

  void* library_;
  Start* start_;
  Count* count_;
  Stop* stop_;
};

void run(const std::vector<const char*>& files) {
  auto registry = ipcarc::Registry::open("loaded_plugins");
  auto config = registry.create<Config>("config", "good day to a good day");
  auto statistics = registry.create<Statistics>("statistics");
  for (const char* file : files) {
    const Plugin plugin(file);
    if (const char* fault = plugin.start()("loaded_plugins")) {
      std::printf("refused: %s\n", fault);
      continue;
    }
    std::printf("started: it has the Config of this host\n");
    plugin.count()(*statistics.acquire());
    plugin.stop()();
  }
  for (const auto& [word, count] : statistics.read()->words) {
    std::printf("counted: %s %u\n", word.c_str(), count);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
