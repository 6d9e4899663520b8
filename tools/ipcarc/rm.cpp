// rm: unbinds objects' names, or removes whole registries.
#include <memory>

#include <fmt/format.h>

#include "ipcarc/describe.hpp"
#include "ipcarc/text.hpp"

namespace ipcarc::tool {
namespace {

struct Arguments {
  std::vector<std::string> names;
  bool registry = false;
  bool force = false;
};

int remove_registries(const Session& session, const Arguments& arguments) {
  Json removed = Json::array();
  for (const RegistrySeen& registry : look_at_registries(session, arguments.names)) {
    const std::string& name = registry.file.name;
    if (registry.alive() != 0 && !arguments.force) {
      fmt::print(
          stderr,
          "ipcarc: registry \"{}\": {} processes have it open\n"
          "  next: end them (`ipcarc stat {}` lists them), or say --force: they keep what they "
          "have, and who opens the name next gets another registry\n",
          printable(name), registry.alive(), printable(name));
      return exit_failed;
    }
    if (Registry::destroy(name, session.options)) {
      removed.push_back(name);
      if (!session.json) {
        fmt::print("registry {} removed\n", printable(name));
      }
    }
  }
  if (session.json) {
    print_json({{"removed_registries", std::move(removed)}});
  }
  return exit_ok;
}

int remove_objects(const Session& session, const Arguments& arguments) {
  const std::string& name = arguments.names.front();
  Json removed = Json::array();
  Json missing = Json::array();
  Registry registry = Registry::attach(name, session.options);
  for (std::size_t i = 1; i < arguments.names.size(); ++i) {
    const std::string& object = arguments.names[i];
    const bool was_there = registry.remove(object);
    (was_there ? removed : missing).push_back(object);
    if (!was_there) {
      fmt::print(
          stderr,
          "ipcarc: registry \"{}\": object \"{}\": expected an object of that name, found none\n"
          "  next: `ipcarc ls {}` lists the objects there are\n",
          printable(name), printable(object), printable(name));
    } else if (!session.json) {
      fmt::print("object {} removed\n", printable(object));
    }
  }
  const bool all = missing.empty();
  if (session.json) {
    print_json(
        {{"registry", name}, {"removed", std::move(removed)}, {"missing", std::move(missing)}});
  }
  return all ? exit_ok : exit_negative;
}

int run(const Session& session, const Arguments& arguments) {
  if (arguments.registry) {
    return remove_registries(session, arguments);
  }
  if (arguments.names.size() < 2) {
    fmt::print(
        stderr,
        "ipcarc: rm: which object of registry \"{0}\"?\n"
        "  next: `ipcarc rm {0} OBJECT`, or `ipcarc rm --registry {0}` for the whole registry\n",
        printable(arguments.names.front()));
    return exit_usage;
  }
  return remove_objects(session, arguments);
}

}  // namespace

void add_rm(CommandLine& line) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* const command = line.add(
      "rm", "Removes objects by name: who holds one keeps it; with --registry whole registries",
      [arguments](const Session& session) { return run(session, *arguments); });
  command
      ->add_option("NAMES", arguments->names,
                   "The registry and the objects' names; with --registry, registries")
      ->required();
  command->add_flag("-r,--registry", arguments->registry, "Removes registries");
  command->add_flag("-f,--force", arguments->force, "Also registries that processes have open");
}

}  // namespace ipcarc::tool
