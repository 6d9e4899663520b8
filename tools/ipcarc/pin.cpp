// pin, unpin: whether objects outlive their holders.
#include <memory>

#include <fmt/format.h>

#include "ipcarc/session.hpp"
#include "ipcarc/text.hpp"

namespace ipcarc::tool {
namespace {

struct Arguments {
  std::string registry;
  std::vector<std::string> objects;
};

int run(const Session& session, const Arguments& arguments, bool pinned) {
  Registry registry = Registry::attach(arguments.registry, session.options);
  Json changed = Json::array();
  Json missing = Json::array();
  for (const std::string& object : arguments.objects) {
    const bool was_there = pinned ? registry.pin(object) : registry.unpin(object);
    (was_there ? changed : missing).push_back(object);
    if (!was_there) {
      fmt::print(
          stderr,
          "ipcarc: registry \"{0}\": object \"{1}\": expected an object of that name, found none\n"
          "  next: `ipcarc ls {0}` lists the objects there are\n",
          printable(arguments.registry), printable(object));
    } else if (!session.json) {
      const bool gone = !pinned && !registry.contains(object);
      fmt::print("object {} {}{}\n", printable(object), pinned ? "pinned" : "unpinned",
                 gone ? "; nobody held it: gone" : "");
    }
  }
  const bool all = missing.empty();
  if (session.json) {
    print_json({{"registry", arguments.registry},
                {pinned ? "pinned" : "unpinned", std::move(changed)},
                {"missing", std::move(missing)}});
  }
  return all ? exit_ok : exit_negative;
}

void add(CommandLine& line, const std::string& name, const std::string& what, bool pinned) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* const command = line.add(name, what, [arguments, pinned](const Session& session) {
    return run(session, *arguments, pinned);
  });
  command->add_option("REGISTRY", arguments->registry, "Where the objects are")->required();
  command->add_option("OBJECT", arguments->objects, "Which")->required();
}

}  // namespace

void add_pin(CommandLine& line) {
  add(line, "pin", "Lets objects outlive their holders, until they are removed", true);
  add(line, "unpin", "Lets objects go with their last holder again", false);
}

}  // namespace ipcarc::tool
