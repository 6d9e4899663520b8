// reap: gives back what dead processes left.
#include <memory>

#include <fmt/format.h>

#include "ipcarc/describe.hpp"
#include "ipcarc/text.hpp"

namespace ipcarc::tool {
namespace {

struct Reaped {
  std::uint32_t processes = 0;
  std::uint64_t objects = 0;
  std::uint64_t heap_bytes = 0;
  bool removed = false;  // nobody was left, and nothing pinned
};

std::uint64_t lost(std::uint64_t before, std::uint64_t after) {
  return before > after ? before - after : 0;
}

// Attaching reaps already, so what is gone is told by looks before and after. What others do meanwhile counts with it.
Reaped reap(const Session& session, const RegistrySeen& before) {
  const std::string& name = before.file.name;
  {
    Registry registry = Registry::attach(name, session.options);
    registry.reap();
  }
  Reaped reaped;
  Stats after;
  std::uint32_t dead = 0;
  try {
    after = Registry::inspect_stats(name, session.options);
    for (const ParticipantInfo& participant :
         Registry::inspect_participants(name, session.options)) {
      dead += participant.alive ? 0 : 1;
    }
  } catch (const Error& error) {
    if (error.code() != Errc::not_found) {
      throw;
    }
    reaped.removed = true;
  }
  reaped.processes = static_cast<std::uint32_t>(lost(before.dead(), dead));
  reaped.objects = lost(before.stats.objects, after.objects);
  reaped.heap_bytes = lost(before.stats.heap_bytes_used, after.heap_bytes_used);
  return reaped;
}

int run(const Session& session, const std::vector<std::string>& registries) {
  Json all = Json::array();
  int worst = exit_ok;
  for (const RegistrySeen& before : look_at_registries(session, registries)) {
    const std::string name = printable(before.file.name);
    try {
      if (before.error) {
        throw Error(*before.error);
      }
      const Reaped reaped = reap(session, before);
      all.push_back({{"registry", before.file.name},
                     {"processes", reaped.processes},
                     {"objects", reaped.objects},
                     {"heap_bytes", reaped.heap_bytes},
                     {"removed", reaped.removed}});
      if (!session.json) {
        fmt::print("{}: {} dead processes reaped, {} objects and {} given back{}\n", name,
                   reaped.processes, reaped.objects, size_text(reaped.heap_bytes),
                   reaped.removed ? "; nobody has it open and nothing is pinned: removed" : "");
      }
    } catch (const Error& error) {
      // Of all registries of the directory, one that is another's hides nothing.
      if (!registries.empty()) {
        throw;
      }
      if (error.code() == Errc::not_found) {
        continue;  // its last user left meanwhile
      }
      worst = exit_code_of(error);
      all.push_back({{"registry", before.file.name}, {"error", json_of(error)}});
      fmt::print(stderr, "ipcarc: {}\n", printable(error.what()));
    }
  }
  if (session.json) {
    print_json({{"reaped", std::move(all)}});
  }
  return worst;
}

}  // namespace

void add_reap(CommandLine& line) {
  const auto registries = std::make_shared<std::vector<std::string>>();
  CLI::App* const command =
      line.add("reap", "Gives back what dead processes left in registries",
               [registries](const Session& session) { return run(session, *registries); });
  command->add_option("REGISTRY", *registries, "These only; otherwise all");
}

}  // namespace ipcarc::tool
