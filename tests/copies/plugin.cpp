#include "plugin.hpp"

#include <string>

#include "record.hpp"

namespace {

using ipcarc::test::Record;

struct Own {
  ipcarc::Registry registry;
  ipcarc::IpcArc<Record> record;
  ipcarc::Guard<Record> guard;
};
Own* own = nullptr;

bool deadlock_is_told(const char* registry) {
  try {
    const auto guard = ipcarc::Registry::open(registry).get<Record>("record").acquire();
  } catch (const ipcarc::Error& error) {
    return error.code() == std::errc::resource_deadlock_would_occur;
  }
  return false;
}

void* make(const char* name) {
  auto registry = ipcarc::Registry::open(name);
  auto record = registry.create<Record>("own");
  auto guard = record.acquire();
  own = new Own{std::move(registry), std::move(record), std::move(guard)};
  return &*own->guard;
}

}  // namespace

extern "C" {
__attribute__((visibility("default"))) extern const ipcarc::test::Plugin ipcarc_test_plugin;
}

const ipcarc::test::Plugin ipcarc_test_plugin = {
    [](void* record, int times) { static_cast<Record*>(record)->fill(times); },
    [](const void* record, int times) { return static_cast<const Record*>(record)->holds(times); },
    [](const char* registry) { ipcarc::Registry::open(registry).get<int>("nothing"); },
    []() -> const void* { return &ipcarc::error_category(); },
    [](const char* registry) -> void* {
      return new ipcarc::Registry(ipcarc::Registry::open(registry));
    },
    [](void* registry) { delete static_cast<ipcarc::Registry*>(registry); },
    [](const char* name, int times) {
      auto guard = ipcarc::Registry::open(name).get<Record>("record").acquire();
      guard->fill(times);
      return true;
    },
    [](void* arc) { *static_cast<ipcarc::IpcArc<Record>*>(arc) = {}; },
    deadlock_is_told,
    make,
    [] { delete std::exchange(own, nullptr); },
};
