// Shared values as nlohmann::json. Opt in: `ipcarc.hpp` does not include it, and who includes it has
// nlohmann/json installed.
//
// Thread and process safety: as of Registry::value_json and Registry::set_json.
#pragma once

#include <chrono>
#include <string_view>

#include <nlohmann/json.hpp>

#include "ipcarc/registry.hpp"

namespace ipcarc {

/// The object's value, whatever its type: `Registry::value_json`, parsed. Throws as that.
inline nlohmann::json json_value(const Registry& registry, std::string_view name,
                                 const JsonOptions& options = {}) {
  return nlohmann::json::parse(registry.value_json(name, options));
}

/// Sets a part of the object's value: `Registry::set_json`. Throws as that, and what dump() throws for a text that is not UTF-8.
inline void set_json_value(Registry& registry, std::string_view name, std::string_view path,
                           const nlohmann::json& value,
                           std::chrono::nanoseconds timeout = std::chrono::seconds(1)) {
  registry.set_json(name, path, value.dump(), timeout);
}

}  // namespace ipcarc
