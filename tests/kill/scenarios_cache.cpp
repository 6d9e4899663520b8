// The cache: a value put, one evicted for it, and the queues made anew after a death under their guard; and a value of a cache and one beside
// it, which lie in other places, computed by one who finds the other begun.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

#include "cache/queues.hpp"
#include "ipcarc/cache.hpp"
#include "scenario_parts.hpp"
#include "support/real_bytes.hpp"

namespace ipcarc::kill {

/// Small enough to lie in its entry, in place of both roots, unless it is of a cache: that one lies in a region, behind a head.
struct Halves {
  std::uint64_t first;
  std::uint64_t second;
};

namespace {

constexpr const char* cache_name = "c";
constexpr std::uint64_t value_bytes = 128;  // a Plain and its head in a block
constexpr int made = 3;

std::string key(int number) {
  return std::string(1, static_cast<char>('a' + number));
}

/// A cache with room for `room` values, and three in it.
std::function<void(const Options&)> with_cache(int room) {
  return [room](const Options& options) {
    with({})(options);
    const Cache<Plain> cache(attach(options), cache_name,
                             {.budget_bytes = static_cast<std::uint64_t>(room) * value_bytes});
    for (int i = 0; i < made; ++i) {
      cache.put(key(i), plain(static_cast<std::uint64_t>(i)));
    }
    if (cache.stats().bytes != made * value_bytes) {
      throw std::logic_error("a value does not have the bytes that the scenario counts with");
    }
  };
}

void require(bool condition, const char* what) {
  if (!condition) {
    throw std::logic_error(what);
  }
}

/// The values are whole and, but for `may_be_gone` of the first three, there; the next to change the cache finds the account right. Then leaves
/// it empty, whatever the victim had done.
void settle(Registry& registry, int may_be_gone) {
  const Cache<Plain> cache(registry, cache_name);
  int gone = 0;
  for (int i = 0; i <= made; ++i) {
    const auto value = cache.get(key(i));
    gone += !value && i < made ? 1 : 0;
    require(!value || (whole(*value) && value->sum == plain(static_cast<std::uint64_t>(i)).sum),
            "a cached value is torn");
  }
  require(gone <= may_be_gone, "a cached value is gone");
  cache.put("settled", plain(9));
  const CacheStats stats = cache.stats();
  require(stats.bytes == test::real_bytes(registry, cache_name), "the account is wrong");
  require(stats.bytes == stats.objects * value_bytes, "the count is wrong");
  require(stats.bytes <= stats.budget_bytes, "the budget is not kept");
  require(whole(*cache.get("settled")), "the cache does not work");
  cache.clear();
}

Scenario cache_scenario(std::string name, int room, int may_be_gone) {
  Scenario s = scenario(std::move(name), {}, {}, [](const Options& options) {
    const Cache<Plain> cache(attach(options), cache_name);
    const Plain value = plain(made);
    mark_begin();
    cache.put(key(made), value);
    mark_end();
  });
  s.prepare = with_cache(room);
  s.settle = [may_be_gone](Registry& registry) { settle(registry, may_be_gone); };
  s.stride = 2;
  s.reap = false;
  return s;
}

// --- begun as the one, computed as the other --------------------------------------------------------------------------

constexpr const char* pair_cache = "p";
constexpr const char* pair_object = "p/k";  // what the cache calls the value of its key
constexpr const char* pair_key = "k";

Halves halves(std::uint64_t seed) {
  return {seed, ~seed};
}
bool whole(const Halves& value) {
  return value.second == ~value.first;
}

/// Half of a value, which whoever computes it does not outlive.
Halves half() {
  const auto die = [] {
    ::kill(::getpid(), SIGKILL);
    return std::uint64_t{0};
  };
  return {0x5555'5555'5540, die()};
}

/// Runs `compute` in a child, which dies of it. What it began stays, and stays held, until somebody reaps.
template <class F>
void die_in(const F& compute) {
  // A traced process stops for its child's end, too, unless that is blocked.
  sigset_t ends;
  ::sigemptyset(&ends);
  ::sigaddset(&ends, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &ends, nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    compute();
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  require(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "nobody died while he computed");
}

/// The value is whole, if it is there, and the cache works. Then leaves neither.
void settle_halves(Registry& registry) {
  const Cache<Halves> cache(registry, pair_cache);
  {
    const auto value = registry.find<const Halves>(pair_object);
    require(!value || (whole(*value) && value->first == 5), "the computed value is torn");
    const bool cached = cache.contains(pair_key);
    const auto again = cache.get_or_compute(pair_key, [] { return halves(6); });
    require(whole(*again) && again->first == (cached ? 5 : 6),
            "the cache does not compute what it has not");
  }
  cache.put("settled", halves(9));
  require(cache.stats().bytes == test::real_bytes(registry, pair_cache), "the account is wrong");
  require(whole(*cache.get("settled")), "the cache does not work");
  cache.clear();
  registry.remove(pair_object);
}

Scenario takeover(std::string name, std::function<void(const Options&)> victim) {
  Scenario s = scenario(std::move(name), {}, {}, std::move(victim));
  s.prepare = [](const Options& options) {
    with({})(options);
    const Cache<Halves> cache(attach(options), pair_cache);
  };
  s.settle = settle_halves;
  return s;
}

}  // namespace

void caches(std::vector<Scenario>& all) {
  all.push_back(cache_scenario("cache: put", made + 2, 0));
  all.push_back(cache_scenario("cache: put evicts", made, 1));
  all.push_back(cache_scenario("cache: put mends", made + 2, 0));
  all.back().prepare = [](const Options& options) {
    with_cache(made + 2)(options);
    const pid_t child = ::fork();
    if (child == 0) {
      Registry registry = attach(options);
      // What Cache's own guard is a guard of.
      const auto queues = registry.get<detail::CacheQueues>(std::string(cache_name) + ".queues");
      auto guard = queues.acquire();
      guard->nodes.clear();
      ::kill(::getpid(), SIGKILL);
    }
    ::waitpid(child, nullptr, 0);
  };
  all.push_back(takeover("cache: computes what was begun beside it", [](const Options& options) {
    Registry registry = attach(options);
    const Cache<Halves> cache(registry, pair_cache);
    die_in([&] { registry.get_or_compute<Halves>(pair_object, half); });
    mark_begin();
    const auto value = cache.get_or_compute(pair_key, [] { return halves(5); });
    mark_end();
  }));
  all.push_back(takeover("get_or_compute: of what a cache began", [](const Options& options) {
    Registry registry = attach(options);
    const Cache<Halves> cache(registry, pair_cache);
    die_in([&] { cache.get_or_compute(pair_key, half); });
    mark_begin();
    const auto value = registry.get_or_compute<Halves>(pair_object, [] { return halves(5); });
    mark_end();
  }));
}

}  // namespace ipcarc::kill
