// Registries and objects as the commands describe them, in words and as JSON.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipcarc/session.hpp"

namespace ipcarc::tool {

/// What can be told of a registry without a slot in it.
struct RegistrySeen {
  RegistryInfo file;
  std::optional<Error> error;  // then the rest is empty
  Stats stats;
  std::vector<ParticipantInfo> participants;

  std::uint32_t alive() const;
  std::uint32_t dead() const;
  /// "in use", "at rest" (nobody has it open), "left" (only dead processes have), "unreadable".
  std::string_view state() const;
};

/// Looks at each of `names`, or if there are none at all that the directory has. Throws not_found for a name that has no file.
std::vector<RegistrySeen> look_at_registries(const Session& session,
                                             const std::vector<std::string>& names);

struct TypeSums {
  std::uint64_t objects = 0;
  std::uint64_t memory_bytes = 0;
};

/// Objects, counted.
struct ObjectSums {
  std::map<std::string, TypeSums> types;  // by name
  std::uint64_t poisoned = 0;
  std::uint64_t pinned = 0;
};

ObjectSums sums_of(const std::vector<EntryInfo>& objects);

/// "pinned, frozen", or "-".
std::string state_text(const EntryInfo& object);

Json json_of(const RegistrySeen& registry);
Json json_of(const EntryInfo& object);
Json json_of(const Error& error);
std::string_view name_of(const std::error_code& code);

}  // namespace ipcarc::tool
