// show: values and layouts, by what the segment says of them; this program knows no type.
#include <memory>

#include <fmt/format.h>

#include "ipcarc/describe.hpp"
#include "ipcarc/layout.hpp"
#include "ipcarc/text.hpp"

namespace ipcarc::tool {
namespace {

struct Arguments {
  std::string registry;
  std::vector<std::string> objects;
  bool layout = false;
  bool value = false;
  bool damaged = false;
  double timeout_s = 1;
};

std::string scalar_text(const Json& json) {
  return json.is_string() ? '"' + printable(json.get_ref<const std::string&>()) + '"'
                          : json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_leaf(const Json& json) {
  return !json.is_structured() || json.empty();
}

// Depth is bounded by JsonOptions::max_depth.
void print_tree(const Session& session, const Json& json, std::size_t indent) {
  const auto line = [&](const std::string& name, const Json& value) {
    const std::string label =
        std::string(indent, ' ') + coloured(session.colour, Colour::dim, name);
    if (is_leaf(value)) {
      fmt::print("{}: {}\n", label, scalar_text(value));
    } else {
      fmt::print("{}:{}\n", label, value.is_array() ? fmt::format("  [{}]", value.size()) : "");
      print_tree(session, value, indent + 2);
    }
  };
  if (is_leaf(json)) {
    fmt::print("{}{}\n", std::string(indent, ' '), scalar_text(json));
  } else if (json.is_object()) {
    for (const auto& [name, value] : json.items()) {
      line(printable(name), value);
    }
  } else {
    std::size_t index = 0;
    for (const Json& value : json) {
      line(fmt::format("[{}]", index++), value);
    }
  }
}

Json value_of(const Session& session, const Arguments& arguments, const std::string& object) {
  JsonOptions options;
  options.timeout = nanoseconds_of(arguments.timeout_s);
  options.damaged_too = arguments.damaged;
  return Json::parse(Registry::inspect_json(arguments.registry, object, session.options, options));
}

void print_for_people(const Session& session, const Arguments& arguments,
                      const std::string& object) {
  if (arguments.value) {
    print_json(value_of(session, arguments, object));
    return;
  }
  const EntryInfo entry = Registry::inspect_entry(arguments.registry, object, session.options);
  fmt::print("{}  {}, {}, version {}, {} holders, {}\n",
             coloured(session.colour, Colour::bold, printable(object)), printable(entry.type),
             size_text(entry.payload_bytes), entry.version, entry.holders, state_text(entry));
  if (arguments.layout) {
    fmt::print("{}",
               layout_table(session.colour,
                            Registry::inspect_layout(arguments.registry, object, session.options)));
  } else {
    print_tree(session, value_of(session, arguments, object), 2);
  }
}

Json json_of_object(const Session& session, const Arguments& arguments, const std::string& object) {
  Json json = json_of(Registry::inspect_entry(arguments.registry, object, session.options));
  json.erase("memory_bytes");  // a lookup does not count it
  json["layout"] = Json::parse(
      Registry::inspect_layout(arguments.registry, object, session.options), nullptr, false);
  if (json["layout"].is_discarded()) {
    json["layout"] = nullptr;
  }
  if (!arguments.layout) {
    json["value"] = value_of(session, arguments, object);
  }
  return json;
}

// All that have a value, if none is named.
std::vector<std::string> names_of(const Session& session, const Arguments& arguments) {
  if (!arguments.objects.empty()) {
    return arguments.objects;
  }
  std::vector<std::string> names;
  for (const EntryInfo& entry : Registry::inspect_entries(arguments.registry, session.options)) {
    if (entry.linked && !entry.reserved) {
      names.push_back(entry.name);
    }
  }
  return names;
}

int run(const Session& session, const Arguments& arguments) {
  Json all = Json::array();
  int worst = exit_ok;
  for (const std::string& object : names_of(session, arguments)) {
    try {
      if (session.json) {
        all.push_back(json_of_object(session, arguments, object));
      } else {
        print_for_people(session, arguments, object);
      }
    } catch (const Error& error) {
      // One of all that cannot be shown hides no other.
      if (!arguments.objects.empty()) {
        throw;
      }
      if (error.code() == Errc::not_found) {
        continue;  // gone since it was listed
      }
      worst = exit_code_of(error);
      all.push_back({{"name", object}, {"error", json_of(error)}});
      fmt::print(stderr, "ipcarc: {}\n", printable(error.what()));
    }
  }
  if (session.json) {
    print_json({{"registry", arguments.registry}, {"objects", std::move(all)}});
  }
  return worst;
}

}  // namespace

void add_show(CommandLine& line) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* const command =
      line.add("show", "Shows objects' values, or the layouts of their types",
               [arguments](const Session& session) { return run(session, *arguments); });
  command->add_option("REGISTRY", arguments->registry, "Where the objects are")->required();
  command->add_option("OBJECT", arguments->objects, "Which; otherwise all");
  command->add_flag("-l,--layout", arguments->layout,
                    "Shows the members' offsets, sizes and types");
  command->add_flag("-v,--value", arguments->value, "Prints the value alone, as JSON");
  command->add_flag("-d,--damaged", arguments->damaged,
                    "Shows a poisoned object too, as its dead holder left it");
  command->add_option("--timeout", arguments->timeout_s,
                      "Seconds to wait for an object to stand still (1)");
}

}  // namespace ipcarc::tool
