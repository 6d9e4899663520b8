// Memory: runs of pages and pages of blocks, taken, given back, made into each other, and used up.
#include <optional>
#include <stdexcept>

#include "scenario_parts.hpp"

namespace ipcarc::kill {

namespace {

/// Objects of blocks of one size, until the heap is full. Their names.
std::vector<std::string> fill_heap(Registry& registry) {
  std::vector<std::string> made;
  try {
    for (int i = 0; i < 24; ++i) {
      made.push_back("fill." + std::to_string(i));
      const auto arc = registry.create<Nested>(made.back());
      arc.pin();
      auto guard = arc.acquire();
      for (int k = 0; k < 8; ++k) {
        guard->lines.push_back(ipcarc::string(1400, 'x'));
      }
    }
  } catch (const Error& error) {
    if (error.code() != Errc::out_of_memory) {
      throw;
    }
    return made;
  }
  throw std::logic_error("the heap does not get full");
}

}  // namespace

void memory(std::vector<Scenario>& all) {
  all.push_back(
      scenario("heap: a run of pages", {}, {{"it", Kind::large, 5}}, [](const Options& options) {
        Registry registry = attach(options);
        const Large& value = large(5);
        mark_begin();
        const auto arc = registry.create<Large>("it", value);
        mark_end();
      }));
  all.push_back(
      scenario("heap: a run freed", {}, {{"it", Kind::large, 5}}, [](const Options& options) {
        Registry registry = attach(options);
        std::optional<IpcArc<Large>> arc = registry.create<Large>("it", large(5));
        mark_begin();
        arc.reset();
        mark_end();
      }));
}

void full_memory(std::vector<Scenario>& all) {
  const auto full = [](const Options& options) {
    with({})(options);
    Registry registry = attach(options);
    fill_heap(registry);
  };
  const auto recyclable = [](const Options& options) {
    with({})(options);
    Registry registry = attach(options);
    for (const std::string& name : fill_heap(registry)) {
      registry.remove(name);
    }
  };
  const auto create_nested = [](const Options& options) {
    Registry registry = attach(options);
    mark_begin();
    const auto arc = registry.create<Nested>("it", nested(5));
    mark_end();
  };
  all.push_back(scenario("heap: full", {}, {{"it", Kind::nested, 5}}, [](const Options& options) {
    Registry registry = attach(options);
    const Large& value = large(5);
    mark_begin();
    try {
      registry.create<Large>("it", value);
    } catch (const Error&) {
    }
    mark_end();
  }));
  all.back().prepare = full;
  all.back().crowded = true;
  all.back().reap = false;
  all.push_back(
      scenario("heap: pages to another class", {}, {{"it", Kind::nested, 5}}, create_nested));
  all.back().prepare = recyclable;
  all.push_back(
      scenario("heap: pages to a run", {}, {{"it", Kind::large, 5}}, [](const Options& options) {
        Registry registry = attach(options);
        const Large& value = large(5);
        mark_begin();
        const auto arc = registry.create<Large>("it", value);
        mark_end();
      }));
  all.back().prepare = recyclable;
  all.push_back(scenario("heap: much memory given back", {}, {}, [](const Options& options) {
    Registry registry = attach(options);
    std::optional<IpcArc<Nested>> arc = registry.create<Nested>("it", nested(5));
    {
      auto guard = arc->acquire();
      for (int k = 0; k < 12; ++k) {
        guard->lines.push_back(ipcarc::string(7000, 'x'));
      }
    }
    mark_begin();
    arc.reset();
    mark_end();
  }));
}

}  // namespace ipcarc::kill
