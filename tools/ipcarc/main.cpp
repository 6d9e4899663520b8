// `ipcarc`: looks into registries of a running system, and mends them. The reference is docs/TOOL.md.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include <fmt/format.h>

#include "ipcarc/session.hpp"
#include "ipcarc/text.hpp"

namespace ipcarc::tool {
namespace {

bool wants_colour() {
  const char* const refused = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) != 0 && (refused == nullptr || *refused == '\0') &&
         (terminal == nullptr || std::string_view(terminal) != "dumb");
}

void complain(std::string_view message, std::string_view next) {
  fmt::print(stderr, "ipcarc: {}\n", printable(message));
  if (!next.empty()) {
    fmt::print(stderr, "  next: {}\n", next);
  }
}

int run(int argc, char** argv) {
  CLI::App app{"Looks into the registries of ipcarc, and mends them.", "ipcarc"};
  CommandLine line{app, {}};
  Session session;
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", "ipcarc " IPCARC_VERSION);
  app.add_option("--dir", session.options.directory,
                 "Where the registries lie (IPCARC_DIR, or /dev/shm)");
  app.add_option("--trust", session.options.trusted_owners,
                 "Believe files of this user too (a number; may be repeated)")
      ->allow_extra_args(false);
  app.add_flag("--json", session.json, "Print one JSON document");
  app.footer(
      "Exit codes: 0 done; 1 not there, or damaged; 2 usage; 3 failed; 4 no right; 5 timed out.\n"
      "`ipcarc COMMAND --help` tells more of a command.");
  add_ls(line);
  add_show(line);
  add_stat(line);
  add_check(line);
  add_reap(line);
  add_rm(line);
  add_pin(line);
  add_set(line);
  add_watch(line);
  add_top(line);
  add_dump(line);
  add_load(line);
  add_doctor(line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? exit_ok : exit_usage;
  }
  session.colour = !session.json && wants_colour();
  const int code = line.chosen(session);
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    complain("cannot write to the standard output", {});
    return exit_failed;
  }
  return code;
}

}  // namespace
}  // namespace ipcarc::tool

int main(int argc, char** argv) {
  using namespace ipcarc::tool;
  try {
    return run(argc, argv);
  } catch (const ipcarc::Error& error) {
    std::fflush(stdout);
    complain(error.problem(), advice(error));
    return exit_code_of(error);
  } catch (const std::exception& error) {
    complain(error.what(), {});
    return exit_failed;
  }
}
