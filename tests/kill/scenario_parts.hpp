// What scenarios are made of.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scenario.hpp"

namespace ipcarc::kill {

extern const Item base_plain;
extern const Item base_nested;
extern const Item base_frozen;

/// A registry with some pinned objects that every operation has to leave alone, and more.
std::function<void(const Options&)> with(std::vector<Item> more);

Registry attach(const Options& options);

/// Holds the base objects.
Look keep_base(Registry& registry);

/// Holds the base objects and one more.
template <class T>
std::function<Look(Registry&)> keep_too(const std::string& name) {
  return [name](Registry& registry) -> Look {
    return [base = keep_base(registry), arc = registry.get<T>(name)](Lines& lines) {
      base(lines);
      lines.add("kept.it", describe(arc));
    };
  };
}

/// A scenario with the base objects and `made`, and a keeper of the base objects; the survivors look at those and at `looked_at`.
Scenario scenario(std::string name, std::vector<Item> made, std::vector<Item> looked_at,
                  std::function<void(const Options&)> victim);

// The lists, one a theme; each adds to `all`.
void comings_and_goings(std::vector<Scenario>& all);
void names(std::vector<Scenario>& all);
void holds(std::vector<Scenario>& all);
void contents(std::vector<Scenario>& all);
void encodings(std::vector<Scenario>& all);
void memory(std::vector<Scenario>& all);
void full_memory(std::vector<Scenario>& all);
void processes(std::vector<Scenario>& all);
void waits(std::vector<Scenario>& all);
void caches(std::vector<Scenario>& all);

}  // namespace ipcarc::kill
