#include "scenario.hpp"

#include "scenario_parts.hpp"

namespace ipcarc::kill {

const Item base_plain{"base.plain", Kind::plain, 11};
const Item base_nested{"base.nested", Kind::nested, 12};
const Item base_frozen{"base.frozen", Kind::frozen_nested, 13};

std::function<void(const Options&)> with(std::vector<Item> more) {
  return [more = std::move(more)](const Options& options) {
    Registry registry = Registry::open(registry_name, options);
    for (const Item& item : {base_plain, base_nested, base_frozen}) {
      make(registry, item);
    }
    for (const Item& item : more) {
      make(registry, item);
    }
  };
}

static std::vector<Item> items_with(std::vector<Item> more) {
  more.insert(more.begin(), {base_plain, base_nested, base_frozen});
  return more;
}

Registry attach(const Options& options) {
  return Registry::attach(registry_name, options);
}

Look keep_base(Registry& registry) {
  return [a = registry.get<Plain>(base_plain.name), b = registry.get<Nested>(base_nested.name),
          c = registry.get<const Nested>(base_frozen.name)](Lines& lines) {
    lines.add("kept.plain", describe(a));
    lines.add("kept.nested", describe(b));
    lines.add("kept.frozen", describe(c));
  };
}

Scenario scenario(std::string name, std::vector<Item> made, std::vector<Item> looked_at,
                  std::function<void(const Options&)> victim) {
  Scenario made_scenario;
  made_scenario.name = std::move(name);
  made_scenario.prepare = with(std::move(made));
  made_scenario.keep = keep_base;
  made_scenario.victim = std::move(victim);
  made_scenario.items = items_with(std::move(looked_at));
  return made_scenario;
}

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = [] {
    std::vector<Scenario> list;
    comings_and_goings(list);
    names(list);
    holds(list);
    contents(list);
    encodings(list);
    memory(list);
    full_memory(list);
    processes(list);
    waits(list);
    caches(list);
    return list;
  }();
  return all;
}

}  // namespace ipcarc::kill
