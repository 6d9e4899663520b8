// set: changes a part of an object's value.
#include <iostream>
#include <iterator>
#include <memory>

#include <fmt/format.h>

#include "ipcarc/session.hpp"
#include "ipcarc/text.hpp"

namespace ipcarc::tool {
namespace {

struct Arguments {
  std::string registry;
  std::string object;
  std::string path;
  std::string value;
  bool string = false;
  double timeout_s = 1;
};

int run(const Session& session, const Arguments& arguments) {
  std::string text = arguments.value;
  if (text == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  }
  if (arguments.string) {
    text = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  } else if (!Json::accept(text)) {
    fmt::print(stderr,
               "ipcarc: set: \"{}\" is no JSON\n"
               "  next: quote a text twice ('\"text\"'), or say --string\n",
               printable(text.substr(0, 80)));
    return exit_usage;
  }
  Registry registry = Registry::attach(arguments.registry, session.options);
  registry.set_json(arguments.object, arguments.path, text, nanoseconds_of(arguments.timeout_s));
  if (session.json) {
    const std::string now =
        Registry::inspect_json(arguments.registry, arguments.object, session.options);
    print_json({{"registry", arguments.registry},
                {"object", arguments.object},
                {"value", Json::parse(now)}});
  }
  return exit_ok;
}

}  // namespace

void add_set(CommandLine& line) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* const command =
      line.add("set", "Sets a part of an object's value, under its guard",
               [arguments](const Session& session) { return run(session, *arguments); });
  command->add_option("REGISTRY", arguments->registry, "Where the object is")->required();
  command->add_option("OBJECT", arguments->object, "Which")->required();
  command
      ->add_option(
          "PATH", arguments->path,
          "Which part: peers[0].port, limits[\"a.b\"], or a JSON pointer; '' for the whole")
      ->required();
  command->add_option("JSON", arguments->value, "The new value; - reads it from the standard input")
      ->required();
  command->add_flag("-s,--string", arguments->string, "The value is a text, not JSON");
  command->add_option("--timeout", arguments->timeout_s, "Seconds to wait for the guard (1)");
  command->footer("A negative number follows `--`: ipcarc set app cfg port -- -1");
}

}  // namespace ipcarc::tool
