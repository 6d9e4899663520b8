#include "ipcarc/describe.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "ipcarc/text.hpp"

namespace ipcarc::tool {
namespace {

void look_into(const Session& session, RegistrySeen& seen) {
  try {
    seen.stats = Registry::inspect_stats(seen.file.name, session.options);
    seen.participants = Registry::inspect_participants(seen.file.name, session.options);
  } catch (const Error& error) {
    seen.error = error;
  }
}

}  // namespace

std::uint32_t RegistrySeen::alive() const {
  return static_cast<std::uint32_t>(
      std::count_if(participants.begin(), participants.end(),
                    [](const ParticipantInfo& participant) { return participant.alive; }));
}

std::uint32_t RegistrySeen::dead() const {
  return static_cast<std::uint32_t>(participants.size()) - alive();
}

std::string_view RegistrySeen::state() const {
  if (error) {
    return "unreadable";
  }
  return alive() != 0 ? "in use" : dead() != 0 ? "left" : "at rest";
}

std::vector<RegistrySeen> look_at_registries(const Session& session,
                                             const std::vector<std::string>& names) {
  std::vector<RegistrySeen> result;
  const std::vector<RegistryInfo> files = Registry::list(session.options);
  if (names.empty()) {
    for (const RegistryInfo& file : files) {
      RegistrySeen& seen = result.emplace_back();
      seen.file = file;
      look_into(session, seen);
      // Its last user may have left meanwhile, and the file with it.
      if (seen.error && seen.error->code() == Errc::not_found) {
        result.pop_back();
      }
    }
  }
  for (const std::string& name : names) {
    RegistrySeen& seen = result.emplace_back();
    const auto file = std::find_if(files.begin(), files.end(),
                                   [&](const RegistryInfo& info) { return info.name == name; });
    if (file != files.end()) {
      seen.file = *file;
    }
    seen.file.name = name;
    look_into(session, seen);
    if (seen.error && (file == files.end() || seen.error->code() == Errc::not_found)) {
      throw Error(*seen.error);
    }
  }
  return result;
}

ObjectSums sums_of(const std::vector<EntryInfo>& objects) {
  ObjectSums sums;
  for (const EntryInfo& object : objects) {
    TypeSums& type = sums.types[object.type];
    type.objects += 1;
    type.memory_bytes += object.memory_bytes;
    sums.poisoned += object.poisoned ? 1 : 0;
    sums.pinned += object.pinned ? 1 : 0;
  }
  return sums;
}

std::string state_text(const EntryInfo& object) {
  std::string text;
  const auto add = [&text](bool is, std::string_view word) {
    if (is) {
      text += text.empty() ? "" : ", ";
      text += word;
    }
  };
  add(object.poisoned, "poisoned");
  add(object.locked, "locked");
  add(object.reserved, "being computed");
  add(!object.linked, "removed");
  add(object.frozen, "frozen");
  add(object.pinned, "pinned");
  add(object.lock_free, "lock-free");
  return text.empty() ? "-" : text;
}

Json json_of(const RegistrySeen& registry) {
  Json json = {{"name", registry.file.name},
               {"path", registry.file.path},
               {"state", registry.state()},
               {"owner_uid", registry.file.owner},
               {"owner", user_text(registry.file.owner)},
               {"mode", fmt::format("{:04o}", registry.file.mode)},
               {"file_bytes", registry.file.file_bytes},
               {"memory_bytes", registry.file.memory_bytes}};
  if (registry.error) {
    json["error"] = json_of(*registry.error);
    return json;
  }
  const Stats& stats = registry.stats;
  json["objects"] = stats.objects;
  json["objects_capacity"] = stats.objects_capacity;
  json["types"] = stats.types;
  json["heap_bytes_used"] = stats.heap_bytes_used;
  json["heap_bytes_committed"] = stats.heap_bytes_committed;
  json["heap_bytes_capacity"] = stats.heap_bytes_capacity;
  json["participants_alive"] = registry.alive();
  json["participants_dead"] = registry.dead();
  json["participants"] = Json::array();
  for (const ParticipantInfo& participant : registry.participants) {
    json["participants"].push_back({{"slot", participant.slot},
                                    {"pid", participant.pid},
                                    {"alive", participant.alive},
                                    {"holds", participant.holds},
                                    {"attached_ns", participant.attached_ns}});
  }
  return json;
}

Json json_of(const EntryInfo& object) {
  return {{"name", object.name},
          {"type", object.type},
          {"fingerprint", fmt::format("{:016x}", object.fingerprint)},
          {"payload_bytes", object.payload_bytes},
          {"memory_bytes", object.memory_bytes},
          {"holders", object.holders},
          {"version", object.version},
          {"created_ns", object.created_ns},
          {"creator_pid", object.creator_pid},
          {"linked", object.linked},
          {"pinned", object.pinned},
          {"frozen", object.frozen},
          {"poisoned", object.poisoned},
          {"locked", object.locked},
          {"reserved", object.reserved},
          {"lock_free", object.lock_free}};
}

std::string_view name_of(const std::error_code& code) {
  constexpr std::array<std::string_view, 15> names = {"",
                                                      "not_found",
                                                      "already_exists",
                                                      "type_mismatch",
                                                      "wrong_mode",
                                                      "poisoned",
                                                      "timed_out",
                                                      "out_of_memory",
                                                      "too_many_objects",
                                                      "too_many_processes",
                                                      "bad_name",
                                                      "permission_denied",
                                                      "incompatible_segment",
                                                      "corrupt_segment",
                                                      "decode_failed"};
  const auto value = static_cast<std::size_t>(code.value());
  return code.category() == error_category() && value < names.size() ? names[value] : "system";
}

Json json_of(const Error& error) {
  return {{"code", name_of(error.code())}, {"message", error.what()}};
}

}  // namespace ipcarc::tool
