// A plugin as a library, with a copy of ipcarc of its own inside. Built twice: against config.hpp, and against old/config.hpp.
#include "plugin.hpp"

#include <optional>
#include <sstream>
#include <string>

#include <config.hpp>

#include "statistics.hpp"

#define EXPORTED __attribute__((visibility("default")))

namespace {

std::optional<ipcarc::IpcArc<Config>> config;
std::string fault;

}  // namespace

extern "C" EXPORTED const char* plugin_start(const char* registry) {
  try {
    // By name, so that the layouts are compared. A reference would be taken on faith.
    config = ipcarc::Registry::attach(registry).get<Config>("config");
    return nullptr;
  } catch (const std::exception& error) {
    fault = error.what();
    return fault.c_str();
  }
}

extern "C" EXPORTED void plugin_count(Statistics& statistics) {
  ++statistics.calls;
  std::istringstream words(std::string(config->read()->greeting));
  for (std::string word; words >> word;) {
    ++statistics.words[word];  // allocates in the segment, although the host mapped it
  }
}

extern "C" EXPORTED void plugin_stop() {
  config.reset();
}
