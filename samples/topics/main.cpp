// The examples of docs/GETTING-STARTED.md, LOCKING.md, LIFETIMES.md, SECURITY.md and OPERATIONS.md.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string_view>

#include <ipcarc/ipcarc.hpp>

namespace app {

struct Config {
  int port = 8080;
  ipcarc::string host = "localhost";
  ipcarc::vector<ipcarc::string> peers;
};

using Words = ipcarc::vector<ipcarc::string>;

struct Totals {
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;
};

struct Ledger {
  ipcarc::map<ipcarc::string, long> accounts;
};

}  // namespace app

using namespace std::chrono_literals;

namespace {

using namespace app;

void require(bool holds, std::string_view what) {
  if (!holds) {
    std::cerr << "does not hold: " << what << '\n';
    std::exit(1);
  }
}

void die() {
  ::kill(::getpid(), SIGKILL);
}

/// Runs `body` in a child.
void in_a_child(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
}

void getting_started() {
  auto registry = ipcarc::Registry::open("app");
  auto config = registry.get_or_create<Config>("cfg");

  {
    auto c = config.acquire();  // locked until the end of the scope
    c->port = 9090;
    c->peers.push_back("10.0.0.7");
  }

  int port = config.read()->port;  // locked to read, to the end of the statement
  require(port == 9090, "what was written is read");

  auto totals = registry.get_or_create<Totals>("totals");
  totals.update([](Totals& t) { ++t.requests; });  // all or nothing, also if killed inside
  Totals seen = totals.load();                     // without a lock
  require(seen.requests == 1, "an update is seen");

  auto words = registry.publish<Words>("words", Words{"one", "two"});
  std::size_t count = words->size();  // frozen: a pointer, no lock
  require(count == 2, "frozen objects are read through a pointer");
  registry.remove("words");
}

void who_may_not_wait(const ipcarc::IpcArc<Config>& config) {
  if (auto c = config.try_acquire()) {
    (*c)->port = 1;  // nobody else had it
  }

  try {
    auto c = config.acquire_for(50ms);
    c->port = 2;
  } catch (const ipcarc::Error& error) {
    if (error.code() != ipcarc::Errc::timed_out) {
      throw;
    }
  }
  require(config.read()->port == 2, "a free object is locked");
}

void poisoned(ipcarc::Registry registry) {
  auto ledger = registry.create<Ledger>("ledger");
  in_a_child([&] {
    auto l = ledger.acquire();
    l->accounts["a"] = -100;
    die();  // before it credits anybody
  });

  try {
    ledger.acquire()->accounts["b"] = 1;
    require(false, "a poisoned object is refused");
  } catch (const ipcarc::Error& error) {
    if (error.code() == ipcarc::Errc::poisoned) {
      ledger.reset();  // a fresh value; the torn one is never looked at
    }
  }
  require(ledger.acquire()->accounts.empty(), "reset() gives a fresh value");

  auto totals = registry.create<Totals>("torn");
  in_a_child([&] {
    auto t = totals.acquire();
    t->requests = 7;
    die();
  });
  totals.recover([](Totals& t) {  // scalars can be looked at, and mended
    t.bytes = t.requests * 100;
  });
  require(totals.load().bytes == 700, "recover() mends and clears the mark");
}

void never_poisoned(ipcarc::Registry registry) {
  auto ledger = registry.create<Ledger>("transfers");
  ledger.update([](Ledger& l) {
    l.accounts["a"] -= 100;
    l.accounts["b"] += 100;
  });
  in_a_child([&] {
    ledger.update([](Ledger& l) {
      l.accounts["a"] -= 100;
      die();
    });
  });
  auto l = ledger.read();
  require(l->accounts.at("a") == -100 && l->accounts.at("b") == 100,
          "the half update is not there");
}

void lifetimes(ipcarc::Registry registry) {
  {
    auto scratch = registry.create<Totals>("scratch");
    auto copy = scratch;  // no shared memory is touched
    require(scratch.use_count() == 1, "processes are counted, not handles");
  }
  require(!registry.contains("scratch"), "it went with its last handle");

  {
    auto kept = registry.create<Totals>("kept");
    kept.pin();
  }
  require(registry.contains("kept"), "a pinned object outlives its holders");
  registry.remove("kept");
  require(!registry.contains("kept"), "removed, and nobody held it");

  auto old_words = registry.publish<ipcarc::string>("motd", "good morning");
  auto new_words = registry.publish<ipcarc::string>("motd", "good evening");
  require(*old_words == "good morning", "who holds the old version keeps it");
  require(*registry.get<const ipcarc::string>("motd") == "good evening",
          "who looks now sees the new");
  registry.remove("motd");

  ipcarc::IpcWeak<Totals> weak;
  {
    auto strong = registry.create<Totals>("short");
    weak = strong;
    require(static_cast<bool>(weak.lock()), "while somebody holds it");
  }
  require(!weak.lock(), "gone; a weak reference holds nothing");
}

void changes(ipcarc::Registry registry) {
  auto config = registry.publish<Config>("live", 1);
  config = registry.publish<Config>("live", 2);
  auto mine = registry.get<const Config>("live");
  registry.publish<Config>("live", 3);
  if (mine.wait_changed(mine.version(), 0s)) {
    mine = registry.get<const Config>("live");
  }
  require(mine->port == 3 || mine->port == 2, "a version of the three");
  registry.remove("live");
}

void for_a_group() {
  ipcarc::Options options;
  options.mode = 0660;                   // the group may read and write
  options.capacity_bytes = 64ULL << 20;  // at most 64 MiB of memory
  options.max_objects = 10'000;
  auto registry = ipcarc::Registry::open("team", options);
  require(registry.stats().objects_capacity == 10'000,
          "options count when the registry is created");
}

void operations() {
  auto registry = ipcarc::Registry::open("app");
  ipcarc::Stats stats = registry.stats();
  if (stats.heap_bytes_committed > (1ULL << 30)) {
    std::cerr << "more than a GiB of shared memory\n";
  }
  ipcarc::CheckReport report = ipcarc::Registry::inspect("app");
  if (!report.ok()) {
    std::cerr << report.errors.front() << '\n';
  }
  ipcarc::ReapReport reaped = registry.reap();
  require(report.ok() && reaped.participants == 0, "a registry in use checks clean");
}

}  // namespace

int main() {
  auto registry = ipcarc::Registry::open("app");
  auto config = registry.create<Config>("cfg");
  getting_started();
  who_may_not_wait(config);
  poisoned(registry);
  never_poisoned(registry);
  lifetimes(registry);
  changes(registry);
  for_a_group();
  operations();
  std::cout << "all examples hold\n";
}
