// stat: the counts of registries, for people, as JSON, or for Prometheus.
#include <map>
#include <memory>

#include <fmt/format.h>

#include "ipcarc/describe.hpp"
#include "ipcarc/text.hpp"

namespace ipcarc::tool {
namespace {

struct Arguments {
  std::vector<std::string> registries;
  bool prometheus = false;
};

Json json_of_sums(const RegistrySeen& registry, const ObjectSums& sums) {
  Json json = json_of(registry);
  if (registry.error) {
    return json;
  }
  json["objects_poisoned"] = sums.poisoned;
  json["objects_pinned"] = sums.pinned;
  json["by_type"] = Json::array();
  for (const auto& [name, type] : sums.types) {
    json["by_type"].push_back(
        {{"type", name}, {"objects", type.objects}, {"memory_bytes", type.memory_bytes}});
  }
  return json;
}

void print_for_people(const Session& session, const RegistrySeen& registry,
                      const ObjectSums& sums) {
  const auto row = [](std::string_view what, const std::string& value) {
    fmt::print("  {:<14}{}\n", what, value);
  };
  fmt::print("{}\n", coloured(session.colour, Colour::bold, printable(registry.file.name)));
  row("file", fmt::format("{}, of {}, mode {:04o}", printable(registry.file.path),
                          user_text(registry.file.owner), registry.file.mode));
  if (registry.error) {
    row("unreadable", printable(registry.error->what()));
    return;
  }
  const Stats& stats = registry.stats;
  row("state", std::string(registry.state()));
  row("objects", fmt::format("{} of {} possible; {} pinned, {} poisoned", stats.objects,
                             stats.objects_capacity, sums.pinned, sums.poisoned));
  row("heap",
      fmt::format("{} used, {} committed, {} possible", size_text(stats.heap_bytes_used),
                  size_text(stats.heap_bytes_committed), size_text(stats.heap_bytes_capacity)));
  row("memory", size_text(registry.file.memory_bytes));
  row("types", std::to_string(stats.types));
  row("processes", fmt::format("{} alive, {} dead", registry.alive(), registry.dead()));
  for (const ParticipantInfo& participant : registry.participants) {
    fmt::print("    pid {:<9} holds {}, since {}{}\n", participant.pid, participant.holds,
               age_text(participant.attached_ns),
               participant.alive ? "" : coloured(session.colour, Colour::yellow, ", dead"));
  }
  if (!sums.types.empty()) {
    row("by type", "");
  }
  for (const auto& [name, type] : sums.types) {
    fmt::print("    {:>10} in {:>6}  {}\n", size_text(type.memory_bytes), type.objects,
               printable(name));
  }
}

// --- Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/ -------------------------------

std::string label(std::string_view value) {
  std::string result;
  for (const char c : printable(value)) {
    if (c == '\\' || c == '"') {
      result += '\\';
    }
    result += c;
  }
  return result;
}

class Metrics {
 public:
  void add(const std::string& metric, const std::string& labels, std::uint64_t value) {
    samples_[metric] += fmt::format("ipcarc_{}{{{}}} {}\n", metric, labels, value);
  }
  void print() const {
    for (const auto& [metric, help] : help_) {
      const auto samples = samples_.find(metric);
      if (samples != samples_.end()) {
        fmt::print("# HELP ipcarc_{0} {1}\n# TYPE ipcarc_{0} gauge\n{2}", metric, help,
                   samples->second);
      }
    }
  }

 private:
  const std::map<std::string, std::string> help_ = {
      {"readable", "1 if the registry could be read."},
      {"objects", "Live objects."},
      {"objects_capacity", "Objects that there can be."},
      {"objects_pinned", "Objects that outlive their holders."},
      {"objects_poisoned", "Objects whose holder died while it changed them."},
      {"types", "Types with a stored layout."},
      {"heap_bytes_used", "Heap memory that objects own."},
      {"heap_bytes_committed", "Heap memory taken from the filesystem."},
      {"heap_bytes_capacity", "Heap memory that there can be."},
      {"memory_bytes", "Memory of the registry's file."},
      {"participants", "Processes that have the registry open, or died while they had."},
      {"type_objects", "Live objects of a type."},
      {"type_memory_bytes", "Heap memory that objects of a type own."},
  };
  std::map<std::string, std::string> samples_;
};

void add_metrics(Metrics& metrics, const RegistrySeen& registry, const ObjectSums& sums) {
  const std::string name = fmt::format("registry=\"{}\"", label(registry.file.name));
  metrics.add("readable", name, registry.error ? 0 : 1);
  metrics.add("memory_bytes", name, registry.file.memory_bytes);
  if (registry.error) {
    return;
  }
  const Stats& stats = registry.stats;
  metrics.add("objects", name, stats.objects);
  metrics.add("objects_capacity", name, stats.objects_capacity);
  metrics.add("objects_pinned", name, sums.pinned);
  metrics.add("objects_poisoned", name, sums.poisoned);
  metrics.add("types", name, stats.types);
  metrics.add("heap_bytes_used", name, stats.heap_bytes_used);
  metrics.add("heap_bytes_committed", name, stats.heap_bytes_committed);
  metrics.add("heap_bytes_capacity", name, stats.heap_bytes_capacity);
  metrics.add("participants", name + ",state=\"alive\"", registry.alive());
  metrics.add("participants", name + ",state=\"dead\"", registry.dead());
  for (const auto& [type, sum] : sums.types) {
    const std::string labels = fmt::format("{},type=\"{}\"", name, label(type));
    metrics.add("type_objects", labels, sum.objects);
    metrics.add("type_memory_bytes", labels, sum.memory_bytes);
  }
}

int run(const Session& session, const Arguments& arguments) {
  Json all = Json::array();
  Metrics metrics;
  for (const RegistrySeen& registry : look_at_registries(session, arguments.registries)) {
    const ObjectSums sums =
        registry.error ? ObjectSums()
                       : sums_of(Registry::inspect_entries(registry.file.name, session.options));
    if (arguments.prometheus) {
      add_metrics(metrics, registry, sums);
    } else if (session.json) {
      all.push_back(json_of_sums(registry, sums));
    } else {
      print_for_people(session, registry, sums);
    }
  }
  if (arguments.prometheus) {
    metrics.print();
  } else if (session.json) {
    print_json({{"registries", std::move(all)}});
  }
  return exit_ok;
}

}  // namespace

void add_stat(CommandLine& line) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* const command =
      line.add("stat", "Counts objects, memory and processes of registries",
               [arguments](const Session& session) { return run(session, *arguments); });
  command->add_option("REGISTRY", arguments->registries, "These only; otherwise all");
  command->add_flag("--prometheus", arguments->prometheus, "Prints Prometheus' text format");
}

}  // namespace ipcarc::tool
