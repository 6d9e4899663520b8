// ls: the registries of the directory, or the objects of a registry.
#include <memory>

#include <fmt/format.h>

#include "ipcarc/describe.hpp"
#include "ipcarc/text.hpp"

namespace ipcarc::tool {
namespace {

struct Arguments {
  std::string registry;
  bool names = false;
};

int list_registries(const Session& session, const Arguments& arguments) {
  const std::vector<RegistrySeen> registries = look_at_registries(session, {});
  if (session.json) {
    Json json = {{"directory", session.directory()}, {"registries", Json::array()}};
    for (const RegistrySeen& registry : registries) {
      json["registries"].push_back(json_of(registry));
    }
    print_json(json);
    return exit_ok;
  }
  if (registries.empty() && !arguments.names) {
    fmt::print(stderr, "no registries in {}\n", printable(session.directory()));
    return exit_ok;
  }
  Table table(session.colour, {"REGISTRY", "STATE", ">OBJECTS", ">PROCESSES", ">DEAD", ">USED",
                               ">MEMORY", ">CAPACITY", "OWNER"});
  for (const RegistrySeen& registry : registries) {
    const std::string owner = user_text(registry.file.owner);
    const std::string memory = size_text(registry.file.memory_bytes);
    if (arguments.names) {
      fmt::print("{}\n", printable(registry.file.name));
    } else if (registry.error) {
      table.add({printable(registry.file.name),
                 "unreadable: " + std::string(name_of(registry.error->code())), "-", "-", "-", "-",
                 memory, "-", owner},
                Colour::red);
    } else {
      table.add({printable(registry.file.name), std::string(registry.state()),
                 std::to_string(registry.stats.objects), std::to_string(registry.alive()),
                 std::to_string(registry.dead()), size_text(registry.stats.heap_bytes_used), memory,
                 size_text(registry.stats.heap_bytes_capacity), owner},
                registry.dead() != 0 ? Colour::yellow : Colour::none);
    }
  }
  if (!arguments.names) {
    fmt::print("{}", table.text());
  }
  return exit_ok;
}

int list_objects(const Session& session, const Arguments& arguments) {
  const std::vector<EntryInfo> objects =
      Registry::inspect_entries(arguments.registry, session.options);
  if (session.json) {
    Json json = {{"registry", arguments.registry}, {"objects", Json::array()}};
    for (const EntryInfo& object : objects) {
      json["objects"].push_back(json_of(object));
    }
    print_json(json);
    return exit_ok;
  }
  if (objects.empty() && !arguments.names) {
    fmt::print(stderr, "no objects in registry \"{}\"\n", printable(arguments.registry));
    return exit_ok;
  }
  Table table(session.colour,
              {"OBJECT", "TYPE", ">SIZE", ">MEMORY", ">HOLDERS", ">VERSION", ">AGE", "STATE"});
  for (const EntryInfo& object : objects) {
    if (arguments.names) {
      if (object.linked && !object.reserved) {
        fmt::print("{}\n", printable(object.name));
      }
      continue;
    }
    table.add({printable(object.name), printable(object.type), size_text(object.payload_bytes),
               size_text(object.memory_bytes), std::to_string(object.holders),
               std::to_string(object.version), age_text(object.created_ns), state_text(object)},
              object.poisoned ? Colour::red
              : object.linked ? Colour::none
                              : Colour::dim);
  }
  if (!arguments.names) {
    fmt::print("{}", table.text());
  }
  return exit_ok;
}

}  // namespace

void add_ls(CommandLine& line) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* const command = line.add(
      "ls", "Lists the registries, or the objects of one", [arguments](const Session& session) {
        return arguments->registry.empty() ? list_registries(session, *arguments)
                                           : list_objects(session, *arguments);
      });
  command->add_option("REGISTRY", arguments->registry, "Lists its objects");
  command->add_flag("--names", arguments->names, "Prints names only, one a line");
}

}  // namespace ipcarc::tool
