#include "ipcarc/session.hpp"

#include <cstdlib>

#include <fmt/format.h>

namespace ipcarc::tool {

std::string Session::directory() const {
  if (!options.directory.empty()) {
    return options.directory;
  }
  const char* const set = ::secure_getenv("IPCARC_DIR");
  return set != nullptr && *set != '\0' ? set : "/dev/shm";
}

CLI::App* CommandLine::add(const std::string& name, const std::string& what,
                           std::function<int(const Session&)> run) {
  CLI::App* const command = app.add_subcommand(name, what);
  command->callback([this, run = std::move(run)] { chosen = run; });
  return command;
}

std::chrono::nanoseconds nanoseconds_of(double seconds) {
  constexpr double longest_s = 1e9;
  return seconds > longest_s ? std::chrono::nanoseconds::max()
         : seconds > 0       ? std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9))
                             : std::chrono::nanoseconds(0);
}

void print_json(const Json& json) {
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

int exit_code_of(const Error& error) noexcept {
  const std::error_code code = error.code();
  if (code == Errc::not_found) {
    return exit_negative;
  }
  if (code == Errc::bad_name || code == std::errc::invalid_argument) {
    return exit_usage;
  }
  if (code == Errc::permission_denied) {
    return exit_denied;
  }
  return code == Errc::timed_out ? exit_timed_out : exit_failed;
}

std::string advice(const Error& error) {
  const std::error_code code = error.code();
  const bool about_object = std::string_view(error.what()).find("object \"") != std::string::npos;
  // What was dumped is told apart from a registry by the message, which begins with the file.
  const bool about_file = std::string_view(error.what()).starts_with("file \"");
  if (about_file) {
    return code == Errc::incompatible_segment
               ? "load it with the ipcarc that dumped it, on the same kind of machine"
           : code == Errc::corrupt_segment ? "dump the registry again; of this file nothing is used"
                                           : "";
  }
  if (code == std::errc::device_or_resource_busy) {
    return "end its users (`ipcarc stat REGISTRY` lists them), or say --frozen for frozen objects "
           "alone";
  }
  if (code == Errc::already_exists) {
    return "use another name, or say --replace";
  }
  if (code == Errc::not_found) {
    return about_object
               ? "`ipcarc ls REGISTRY` lists the objects there are"
               : "`ipcarc ls` lists the registries; --dir DIRECTORY or IPCARC_DIR looks in "
                 "another place than /dev/shm";
  }
  if (code == Errc::permission_denied) {
    return "run it as the owner of the registry's file (`ipcarc ls` shows who that is), or let the "
           "file "
           "be read (Options::mode); if its owner is another user whom you trust, say --trust UID";
  }
  if (code == Errc::poisoned) {
    return "`ipcarc show --damaged REGISTRY OBJECT` shows what the dead process left; a program "
           "mends "
           "it by IpcArc::recover() or reset(), or `ipcarc rm REGISTRY OBJECT` removes it";
  }
  if (code == Errc::timed_out) {
    return "some process keeps changing it or holds its guard; `ipcarc stat REGISTRY` lists the "
           "processes, --timeout SECONDS waits longer";
  }
  if (code == Errc::corrupt_segment) {
    return "`ipcarc check REGISTRY` says what is damaged; if nobody needs it any more, `ipcarc rm "
           "--registry REGISTRY` removes it";
  }
  if (code == Errc::incompatible_segment) {
    return "use the ipcarc of the version (and in the pid namespace) of the programs that made it, "
           "or end "
           "them and remove it by `ipcarc rm --registry REGISTRY`";
  }
  if (code == Errc::out_of_memory) {
    return "`ipcarc doctor` shows how full the filesystem is, `ipcarc stat` who uses it; `ipcarc "
           "reap` "
           "gives back what dead processes left";
  }
  if (code == Errc::too_many_processes) {
    return "`ipcarc stat REGISTRY` lists the processes that have it open; one has to leave";
  }
  if (code == Errc::wrong_mode) {
    return "a frozen object is replaced by its program, with publish()";
  }
  if (code == std::errc::invalid_argument) {
    return "`ipcarc show REGISTRY OBJECT` shows the members and their values, with --layout their "
           "types; nothing was changed";
  }
  return {};
}

}  // namespace ipcarc::tool
