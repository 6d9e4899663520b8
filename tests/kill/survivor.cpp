#include "survivor.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <thread>

namespace ipcarc::kill {
namespace {

void look_at_items(Registry& registry, const Scenario& scenario, Lines& lines,
                   const std::string& prefix) {
  for (const Item& item : scenario.items) {
    lines.add(prefix + item.name, look(registry, item));
  }
}

void check(Registry& registry, Lines& lines, const std::string& when, bool leftovers_allowed) {
  const CheckReport report = registry.check();
  for (const std::string& error : report.errors) {
    lines.fault("torn: check " + when + ": " + error);
  }
  if (!leftovers_allowed) {
    for (const std::string& leftover : report.leftovers) {
      lines.fault("leaked: check " + when + ": " + leftover);
    }
  }
}

void require(Lines& lines, bool condition, const std::string& what) {
  if (!condition) {
    lines.fault("torn: " + what);
  }
}

/// Everything that a registry is for, and back.
void exercise(Registry& registry, Lines& lines) {
  {
    const auto number = registry.create<Plain>("exercise.plain", plain(7));
    const auto again = registry.get<Plain>("exercise.plain");
    again.store(plain(8));
    require(lines, whole(number.load()) && number.load().sum == plain(8).sum, "exercise: store");
    const auto text = registry.create<Nested>("exercise.nested", nested(7));
    text.acquire()->lines.push_back("one more line, long enough for memory of its own");
    text.update([](Nested& value) { fill(value, 8); });
    require(lines, describe(text).starts_with("sum"), "exercise: update");
    const pid_t child = ::fork();
    if (child == 0) {
      ::_exit(describe(number).starts_with("sum") ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    require(lines, status == 0, "exercise: a forked child ended with " + std::to_string(status));
  }
  registry.reap();  // the child, which held what it was forked with
  const auto old = registry.publish<Plain>("exercise.frozen", plain(1));
  const auto now = registry.publish<Plain>("exercise.frozen", plain(2));
  require(lines, whole(*old) && registry.get<const Plain>("exercise.frozen")->sum == plain(2).sum,
          "exercise: publish");
  require(lines, registry.remove("exercise.frozen"), "exercise: remove");
  require(lines, !registry.contains("exercise.plain") && !registry.contains("exercise.frozen"),
          "exercise: what nobody holds is gone");
}

std::uint64_t measure(Registry& registry, Lines& lines, const std::string& when,
                      std::uint32_t expected_participants) {
  registry.reap();
  check(registry, lines, when, false);
  const Stats stats = registry.stats();
  if (expected_participants != 0 && stats.participants != expected_participants) {
    lines.fault("leaked: " + when + ": " + std::to_string(stats.participants) +
                " participants, expected " + std::to_string(expected_participants));
  }
  return stats.heap_bytes_used;
}

}  // namespace

int in_process(Lines& lines, const std::function<void()>& body, unsigned limit_s) {
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::alarm(limit_s);
    try {
      body();
    } catch (const std::exception& error) {
      lines.fault(std::string("torn: exception: ") + error.what());
    }
    ::_exit(0);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
  }
  return status;
}

void survive(Lines& lines, const Scenario& scenario, const Workspace& workspace,
             std::uint32_t expected_participants, bool recover) {
  if (workspace.strangers() != 0) {
    lines.fault("leaked: a file beside the registry's");
  }
  lines.add("value.(file)", workspace.exists() ? "exists" : "absent");
  {
    Registry registry = Registry::open(registry_name, workspace.options());
    check(registry, lines, "after open", false);
    if (scenario.settle) {
      scenario.settle(registry);
    }
    const std::uint64_t first = measure(registry, lines, "before looking", expected_participants);
    look_at_items(registry, scenario, lines, "value.");
    bool mended = false;
    for (const Item& item : scenario.items) {
      mended = mend(registry, item, recover) || mended;
    }
    if (mended) {
      for (const Item& item : scenario.items) {
        const std::string now = look(registry, item);
        if (now == "poisoned" || now.find("TORN") != std::string::npos) {
          lines.fault("torn: " + item.name + " after mending: " + now);
        }
      }
    }
    const std::uint64_t used = measure(registry, lines, "after mending", expected_participants);
    if (!scenario.crowded) {
      exercise(registry, lines);
    }
    const std::uint64_t last =
        measure(registry, lines, "after the exercise", expected_participants);
    if (last != used) {
      lines.fault("leaked: " + std::to_string(last) + " heap bytes after the exercise, " +
                  std::to_string(used) + " before it");
    }
    lines.add("used", used);
    if (!mended) {
      lines.add("first_used", first);
    }
    lines.add("mended", mended ? 1 : 0);
    bool pinned = false;
    for (const EntryInfo& entry : registry.entries()) {
      pinned = pinned || entry.pinned;
    }
    lines.add("pinned", pinned ? 1 : 0);
    if (scenario.finish) {
      scenario.finish(registry);
    }
  }
  lines.add("done", 1);
}

// --- the keeper -----------------------------------------------------------------------------------------------------

Keeper::Keeper(const Scenario& scenario, const Workspace& workspace) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return;
  }
  std::fflush(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::close(ends[0]);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve(scenario, workspace, ends[1]);
  }
  ::close(ends[1]);
  channel_ = ends[0];
  char byte = 0;
  if (::read(channel_, &byte, 1) != 1) {
    collect();
  }
}

Keeper::~Keeper() {
  leave();
}

int Keeper::leave() {
  if (channel_ >= 0) {
    ::close(channel_);
    channel_ = -1;
  }
  return collect();
}

int Keeper::collect() {
  if (pid_ <= 0) {
    return 0;
  }
  const pid_t pid = pid_;
  pid_ = -1;
  int status = 0;
  for (unsigned i = 0; i < 2 * deadline_s * 10'000; ++i) {
    if (::waitpid(pid, &status, WNOHANG) == pid) {
      return status;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  ::kill(pid, SIGKILL);
  ::waitpid(pid, &status, 0);
  return SIGALRM;
}

void Keeper::serve(const Scenario& scenario, const Workspace& workspace, int channel) {
  try {
    Registry registry = Registry::attach(registry_name, workspace.options());
    const Look look = scenario.keep(registry);
    for (char byte = 0; ::write(channel, &byte, 1) == 1 && ::read(channel, &byte, 1) == 1;) {
      ::alarm(deadline_s);
      try {
        if (look) {
          look(lines_);
        }
        if (!scenario.keeper_waits) {
          look_at_items(registry, scenario, lines_, "kept.");
          check(registry, lines_, "by the keeper", true);
        }
        lines_.add("kept", 1);
      } catch (const std::exception& error) {
        lines_.fault(std::string("torn: keeper: ") + error.what());
      }
      ::alarm(0);
    }
    ::alarm(deadline_s);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "keeper: %s\n", error.what());
    ::_exit(3);
  }
  ::_exit(0);
}

void Keeper::tell() {
  lines_.clear();
  char byte = 0;
  ::send(channel_, &byte, 1, MSG_NOSIGNAL);
}

void Keeper::begin_look() {
  tell();
  // Until it sleeps in the kernel, or a while has passed.
  const std::string path = "/proc/" + std::to_string(pid_) + "/stat";
  for (int i = 0; i < 200; ++i) {
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    std::ifstream file(path);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    if (const auto at = text.rfind(')'); at != text.npos && text.substr(at, 3) == ") S") {
      break;
    }
  }
}

int Keeper::end_look(Lines& lines) {
  pollfd poll{channel_, POLLIN, 0};
  char byte = 0;
  const int ready = ::poll(&poll, 1, (deadline_s + 5) * 1000);
  const bool answered = ready == 1 && ::read(channel_, &byte, 1) == 1;
  for (const auto& [key, value] : lines_.read()) {
    if (key.starts_with("fault.")) {
      lines.fault(value);
    } else {
      lines.add(key, value);
    }
  }
  return answered ? 0 : collect();
}

int Keeper::look(Lines& lines) {
  tell();
  return end_look(lines);
}

}  // namespace ipcarc::kill
