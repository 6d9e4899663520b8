// The cache: a value put, one evicted for it, and the queues made anew after a death under their guard.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

#include "cache/queues.hpp"
#include "ipcarc/cache.hpp"
#include "scenario_parts.hpp"
#include "support/real_bytes.hpp"

namespace ipcarc::kill {
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
}

}  // namespace ipcarc::kill
