// doctor: what would get in the way, with cures.
#include "ipcarc/doctor.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "ipcarc/describe.hpp"
#include "ipcarc/text.hpp"

namespace ipcarc::tool {
namespace {

constexpr std::string_view file_prefix = "ipcarc.";

void examine_registry(const Session& session, const RegistrySeen& registry,
                      std::vector<Diagnosis>& found) {
  const std::string name = printable(registry.file.name);
  const std::string subject = "registry " + name;
  const unsigned owner = registry.file.owner;
  const std::vector<uid_t>& trusted = session.options.trusted_owners;
  const std::size_t before = found.size();
  if (owner != ::geteuid() && owner != 0 &&
      std::find(trusted.begin(), trusted.end(), owner) == trusted.end()) {
    found.push_back(
        {Health::warning, subject,
         fmt::format("of user {}: programs of this user refuse it", user_text(owner)),
         fmt::format("if you trust that user: Options::trusted_owners, here --trust {}; else "
                     "use another name or directory",
                     owner)});
  }
  if ((registry.file.mode & 0022) != 0) {
    found.push_back(
        {Health::warning, subject,
         fmt::format("mode {:04o}: others can write anything into it", registry.file.mode),
         "chmod go-w " + printable(registry.file.path)});
  }
  if (registry.error) {
    const bool denied = registry.error->code() == Errc::permission_denied;
    found.push_back({denied ? Health::warning : Health::bad, subject,
                     printable(registry.error->what()), advice(*registry.error)});
  } else if (registry.dead() != 0) {
    found.push_back({Health::bad, subject,
                     fmt::format("{} dead processes are not reaped yet", registry.dead()),
                     "ipcarc reap " + name});
  } else if (registry.stats.objects >= registry.stats.objects_capacity / 10 * 9) {
    found.push_back({Health::warning, subject,
                     fmt::format("{} of {} possible objects", registry.stats.objects,
                                 registry.stats.objects_capacity),
                     "make it anew with more Options::max_objects"});
  }
  if (found.size() == before) {
    found.push_back({Health::good, subject, std::string(registry.state()), {}});
  }
}

// A link or folder of a registry's name: opening it is refused, and nothing of it is ever believed.
void examine_impostors(const Session& session, std::vector<Diagnosis>& found) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(session.directory(), error)) {
    struct stat status {};
    if (entry.path().filename().string().starts_with(file_prefix) &&
        ::lstat(entry.path().c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
      found.push_back({Health::bad, printable(entry.path().string()),
                       "has a registry's name and is no regular file",
                       "find out who made it, and remove it"});
    }
  }
}

std::string_view word_of(Health health) {
  constexpr std::array<std::string_view, 3> words = {"good", "warning", "bad"};
  return words[static_cast<std::size_t>(health)];
}

void print_for_people(const Session& session, const Diagnosis& one) {
  const Colour colour = one.health == Health::good      ? Colour::green
                        : one.health == Health::warning ? Colour::yellow
                                                        : Colour::red;
  fmt::print("{} {}: {}\n",
             coloured(session.colour, colour, fmt::format("{:<8}", word_of(one.health))),
             one.subject, one.text);
  if (!one.cure.empty()) {
    fmt::print("         cure: {}\n", one.cure);
  }
}

int run(const Session& session) {
  std::vector<Diagnosis> found;
  examine_machine(session, found);
  examine_registries(session, found);
  Json all = Json::array();
  bool healthy = true;
  for (const Diagnosis& one : found) {
    healthy = healthy && one.health != Health::bad;
    if (session.json) {
      all.push_back({{"health", word_of(one.health)},
                     {"subject", one.subject},
                     {"text", one.text},
                     {"cure", one.cure}});
    } else {
      print_for_people(session, one);
    }
  }
  if (session.json) {
    print_json({{"healthy", healthy}, {"findings", std::move(all)}});
  }
  return healthy ? exit_ok : exit_negative;
}

}  // namespace

void examine_registries(const Session& session, std::vector<Diagnosis>& found) {
  try {
    for (const RegistrySeen& registry : look_at_registries(session, {})) {
      examine_registry(session, registry, found);
    }
  } catch (const Error& error) {
    found.push_back({Health::bad, "directory", printable(error.what()),
                     "make it, or name another by --dir or IPCARC_DIR"});
    return;
  }
  examine_impostors(session, found);
}

void add_doctor(CommandLine& line) {
  line.add("doctor", "Says what on this machine would get in the way, and what helps",
           [](const Session& session) { return run(session); });
}

}  // namespace ipcarc::tool
