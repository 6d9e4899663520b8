#include "fuzz/exercise.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "fuzz/damage.hpp"
#include "support/sanitizers.hpp"

#if __has_include(<sanitizer/common_interface_defs.h>)
#include <sanitizer/common_interface_defs.h>
#endif

namespace ipcarc::fuzz {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 50ms;

/// Runs one call. What is thrown has to be an Error.
template <class F>
void attempt(const char* what, F&& call) {
  try {
    call();
  } catch (const Error&) {
    // The answer to damage.
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "%s: not an Error: %s\n", what, exception.what());
    ::_exit(wrong_exception);
  }
}

/// Memory that may not be touched, below all that is mapped: with one before and one after, a mapping has both as neighbours.
void fence() {
  constexpr std::size_t bytes = std::size_t{1} << 30;
  ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

#if __has_include(<sanitizer/common_interface_defs.h>)
constexpr bool stack_printer = test::address_sanitizer;
void print_stack() {
  if constexpr (stack_printer) {
    __sanitizer_print_stack_trace();
  }
}
#else
constexpr bool stack_printer = false;
void print_stack() {}
#endif

/// Ends as the signal would end it, with the stack on stderr where a sanitizer can print one: a finding is of use by where it is.
void die_by_signals() {
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) {
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    if (stack_printer) {
      action.sa_handler = [](int number) {
        print_stack();
        ::raise(number);
      };
      action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
    }
    ::sigaction(signal, &action, nullptr);
  }
}

/// What the child may not have: a core file, and memory beyond what a registry of this size can need. (A sanitizer's own memory is beyond
/// any such bound; libFuzzer bounds each allocation instead.)
void limit_resources() {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (!test::address_sanitizer) {
    constexpr rlim_t private_bytes = rlim_t{256} << 20;
    const rlimit data{private_bytes, private_bytes};
    ::setrlimit(RLIMIT_DATA, &data);
  }
}

void look(const Registry& registry) {
  attempt("entries", [&] { registry.entries(); });
  attempt("stats", [&] { registry.stats(); });
  attempt("check", [&] { registry.check(); });
}

void use_settings(Registry& registry, const char* name, bool whole) {
  attempt(name, [&] {
    const auto settings = registry.find<Settings>(name);
    if (!settings) {
      return;
    }
    settings.name();
    settings.use_count();
    settings.version();
    attempt("change", [&] { settings.acquire_for(patience)->port = 1; });
    attempt("read", [&] { static_cast<void>(settings.read()->port); });
    attempt("recover", [&] { settings.recover([](Settings& value) { value.port = 2; }); });
    attempt("grow", [&] {
      if (!whole) {
        return;
      }
      auto guard = settings.acquire_for(patience);
      guard->peers.push_back("one more peer, whose name is long enough for memory of its own");
      guard->peers.clear();
    });
    attempt("update", [&] {
      if (whole) {
        settings.update([](Settings& value) { value.port = 3; });
      }
    });
    attempt("reset", [&] { settings.reset(Settings{}); });
    attempt("pin", [&] { settings.pin(); });
    attempt("unpin", [&] { settings.unpin(); });
    attempt("wait_changed", [&] { settings.wait_changed(settings.version(), 1ms); });
    const IpcWeak<Settings> weak(settings);
    attempt("lock", [&] { weak.lock(); });
  });
}

void use_values(Registry& registry, bool whole) {
  attempt("number", [&] {
    if (const auto number = registry.find<int>("number")) {
      attempt("load", [&] { (void)number.load(); });
      attempt("store", [&] { number.store(2); });
      attempt("update", [&] { number.update([](int& value) { ++value; }); });
      attempt("try_acquire", [&] { (void)number.try_acquire(); });
    }
  });
  attempt("sync", [&] {
    if (const auto sync = registry.find<std::atomic<std::uint64_t>>("sync")) {
      sync->fetch_add(1);
    }
  });
  attempt("frozen settings", [&] {
    const auto frozen = registry.find<const Settings>("frozen settings");
    if (frozen && whole) {
      static_cast<void>(frozen->peers.size() + frozen->host.size());
    }
  });
  attempt("frozen", [&] {
    if (const auto frozen = registry.find<const Point>("frozen")) {
      static_cast<void>(frozen->x + frozen->y);
    }
  });
  attempt("long name", [&] {
    if (const auto point = registry.find<Point>(std::string(150, 'n'))) {
      point.store(Point{3, 4});
    }
  });
}

void make(Registry& registry, bool whole) {
  attempt("create", [&] {
    const auto fresh = registry.create<Settings>("fresh");
    attempt("fill", [&] {
      if (!whole) {
        return;
      }
      auto guard = fresh.acquire_for(patience);
      for (int i = 0; i < 20; ++i) {
        guard->peers.emplace_back("a peer whose name does not fit in the string itself");
      }
    });
  });
  attempt("create a run", [&] { registry.create<Block>("fresh block"); });
  attempt("create by a long name", [&] { registry.create<int>(std::string(199, 'm'), 1).pin(); });
  attempt("publish", [&] { registry.publish<Point>("frozen", 5U, 6U); });
  attempt("compute",
          [&] { registry.get_or_compute<Settings>("reserved", [] { return Settings{}; }); });
  attempt("get_or_create", [&] { registry.get_or_create<Point>("point", 1U, 2U).pin(); });
  attempt("wait", [&] { registry.wait<int>("nobody's", 1ms); });
}

void end(Registry& registry) {
  for (const char* name : {"number", "sync", "block", "frozen", "settings", "reserved"}) {
    attempt("remove", [&] { registry.remove(name); });
    attempt("contains", [&] { registry.contains(name); });
  }
  attempt("reap", [&] { registry.reap(); });
}

void use(const Options& options, bool values_damaged) {
  // Damage of the heap gives memory to two objects at once, whose values nobody can believe then. So what lies in an arena is looked
  // into only if the check has nothing to say, which it has to be right about.
  bool whole = false;
  attempt("inspect", [&] {
    const bool ok = Registry::inspect(registry_name, options).ok();
    whole = ok && !values_damaged;
  });
  attempt("attach", [&] {
    fence();
    Registry registry = Registry::attach(registry_name, options);
    fence();
    attempt("open", [&] { Registry::open(registry_name, options); });
    look(registry);
    use_values(registry, whole);
    use_settings(registry, "settings", whole);
    make(registry, whole);
    look(registry);
    attempt("fork", [&] {
      const pid_t pid = ::fork();
      if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::alarm(deadline_s);
        attempt("in a forked child", [&] {
          const auto mine = registry.find<int>("number");
          registry.create<int>("the child's", 1);
        });
        ::_exit(0);
      }
      int status = 0;
      ::waitpid(pid, &status, 0);
      if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        std::abort();
      }
    });
    end(registry);
    look(registry);
  });
  attempt("destroy", [&] { Registry::destroy(registry_name, options); });
}

}  // namespace

std::string Outcome::describe() const {
  return timed_out     ? "did not end"
         : signal != 0 ? "killed by signal " + std::to_string(signal)
                       : "ended with " + std::to_string(code);
}

Outcome exercise(std::span<const std::uint8_t> input, const std::string& directory,
                 const std::function<void()>& at_end) {
  const std::string path = directory + "/ipcarc." + registry_name;
  const Image image = damaged_segment(input, directory);
  image.write(path);
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    die_by_signals();
    ::signal(SIGALRM, SIG_DFL);
    limit_resources();
    ::alarm(deadline_s);
    Options options;
    options.directory = directory;
    use(options, image.values_damaged);
    if (at_end) {
      at_end();
    }
    ::_exit(0);
  }
  Outcome outcome;
  int status = 0;
  pid_t ended;
  do {
    ended = ::waitpid(pid, &status, 0);
  } while (ended < 0 && errno == EINTR);
  if (pid < 0 || ended != pid) {
    std::perror("exercise");
    std::abort();
  }
  if (WIFSIGNALED(status)) {
    outcome.signal = WTERMSIG(status);
    outcome.timed_out = outcome.signal == SIGALRM;
  } else {
    outcome.code = WEXITSTATUS(status);
  }
  ::unlink(path.c_str());
  return outcome;
}

}  // namespace ipcarc::fuzz
