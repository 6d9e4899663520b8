// dump, load: a registry's pinned objects to a file, and a registry made of such a file.
#include <memory>

#include <fmt/format.h>

#include "ipcarc/session.hpp"
#include "ipcarc/text.hpp"

namespace ipcarc::tool {
namespace {

struct Arguments {
  std::string registry;
  std::string file;
  bool frozen = false;
  bool replace = false;
  double timeout_s = 1;
};

Json json_of(const Arguments& arguments, const ImageReport& report) {
  return {{"registry", arguments.registry},
          {"file", arguments.file},
          {"objects", report.objects},
          {"bytes", report.bytes}};
}

int dump(const Session& session, const Arguments& arguments) {
  DumpOptions options;
  options.frozen_only = arguments.frozen;
  options.timeout = nanoseconds_of(arguments.timeout_s);
  const ImageReport report =
      Registry::dump(arguments.registry, arguments.file, options, session.options);
  if (session.json) {
    Json json = json_of(arguments, report);
    json["frozen_only"] = arguments.frozen;
    json["left_out"] = report.left_out;
    print_json(json);
    return exit_ok;
  }
  fmt::print("{}: {} objects in {} of {}\n", printable(arguments.registry), report.objects,
             size_text(report.bytes), printable(arguments.file));
  if (report.left_out != 0) {
    fmt::print(
        "  {} objects left out: {}\n", report.left_out,
        arguments.frozen ? "not frozen, or not pinned" : "not pinned, they go with their holders");
  }
  return exit_ok;
}

int load(const Session& session, const Arguments& arguments) {
  const ImageReport report =
      Registry::load(arguments.registry, arguments.file, arguments.replace, session.options);
  if (session.json) {
    print_json(json_of(arguments, report));
  } else {
    fmt::print("{}: {} objects from {}\n", printable(arguments.registry), report.objects,
               printable(arguments.file));
  }
  return exit_ok;
}

}  // namespace

void add_dump(CommandLine& line) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* const command =
      line.add("dump", "Writes a registry's pinned objects to a file",
               [arguments](const Session& session) { return dump(session, *arguments); });
  command->add_option("REGISTRY", arguments->registry, "Which; nobody may have it open")
      ->required();
  command->add_option("FILE", arguments->file, "Where to; one that is there is replaced")
      ->required();
  command->add_flag("--frozen", arguments->frozen,
                    "Only frozen objects, also while the registry is in use");
  command->add_option("--timeout", arguments->timeout_s, "Seconds to wait for an object (1)");
}

void add_load(CommandLine& line) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* const command =
      line.add("load", "Makes a registry of a file that dump wrote",
               [arguments](const Session& session) { return load(session, *arguments); });
  command->add_option("FILE", arguments->file, "Which file")->required();
  command->add_option("REGISTRY", arguments->registry, "The name of the new registry")->required();
  command->add_flag("--replace", arguments->replace,
                    "In place of the one that has the name; who has that open keeps it");
}

}  // namespace ipcarc::tool
