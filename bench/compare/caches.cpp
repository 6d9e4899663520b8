// A cache that is asked for keys as they come in a Zipf distribution, each value put that is missing: ipcarc::Cache beside Redis and memcached as caches,
// and an LRU in one process. All have the same budget, as each of them counts it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "compare/local_lru.hpp"
#include "compare/store.hpp"
#include "ipcarc/cache.hpp"
#include "names.hpp"
#include "objects.hpp"
#include "own_registry.hpp"
#include "topic.hpp"
#include "topics.hpp"

namespace ipcarc::bench {
namespace {

using Value = Block<256>;

constexpr double zipf_exponent = 0.99;
constexpr std::uint64_t share_of_all = 10;  // a tenth of all values fits in
constexpr std::uint64_t value_bytes = 320;  // of ipcarc's heap: the value, its head, the block
/// What ipcarc has for a value beside that: its entry, two nodes of the queues, tags and buckets.
constexpr std::uint64_t bytes_beside = 192 + 2 * 44 + 20 + 8;

/// The requests, the same ones for all.
class Trace {
 public:
  Trace(std::uint32_t keys, std::size_t requests) : names_(keys) {
    std::vector<double> sums(keys);
    double sum = 0;
    for (std::uint32_t rank = 0; rank < keys; ++rank) {
      sum += 1 / std::pow(rank + 1.0, zipf_exponent);
      sums[rank] = sum;
      names_[rank] = object_name(rank * 2654435761U % keys, "page");
    }
    std::mt19937 random(42);
    std::uniform_real_distribution<> even(0, sum);
    requests_.reserve(requests);
    for (std::size_t i = 0; i < requests; ++i) {
      const auto at = std::lower_bound(sums.begin(), sums.end() - 1, even(random));
      requests_.push_back(static_cast<std::uint32_t>(at - sums.begin()));
    }
  }

  std::size_t size() const { return requests_.size(); }
  std::string_view operator[](std::size_t i) const { return names_[requests_[i % size()]]; }

 private:
  std::vector<std::string> names_;
  std::vector<std::uint32_t> requests_;
};

/// One of the caches, and how far in the trace it is.
struct Subject {
  std::string name;
  std::function<bool(std::string_view)> get;
  std::function<void(std::string_view)> put;
  std::unique_ptr<Shop> shop;
  std::unique_ptr<Store> store;
  std::size_t at = 0;
  double hit_percent = 0;
  std::size_t runner = 0;

  bool request(const Trace& trace) {
    const std::string_view key = trace[at++];
    const bool hit = get(key);
    if (!hit) {
      put(key);
    }
    return hit;
  }
};

Subject ours(std::string name, std::uint64_t budget) {
  const auto cache = std::make_shared<Cache<Value>>(
      own_registry(static_cast<std::uint32_t>(2 * budget / value_bytes + 4096)), "c",
      CacheOptions{.budget_bytes = budget});
  Subject subject;
  subject.name = std::move(name);
  subject.get = [cache](std::string_view key) {
    const IpcArc<const Value> value = cache->get(key);
    if (value) {
      benchmark::DoNotOptimize(Value(*value));
    }
    return static_cast<bool>(value);
  };
  subject.put = [cache](std::string_view key) { cache->put(key, Value{}); };
  return subject;
}

Subject local(std::uint64_t budget) {
  const auto cache = std::make_shared<LocalLru<Value>>(budget);
  Subject subject;
  subject.name = "LRU + mutex, one process";
  subject.get = [cache](std::string_view key) {
    const std::shared_ptr<const Value> value = cache->get(key);
    if (value) {
      benchmark::DoNotOptimize(Value(*value));
    }
    return value != nullptr;
  };
  subject.put = [cache](std::string_view key) { cache->put(key, std::make_shared<const Value>()); };
  return subject;
}

void add_server(const Bench& bench, std::vector<Subject>& subjects, const char* name,
                std::unique_ptr<Shop> (*open)(const std::string&, Core, std::uint64_t),
                std::uint64_t budget) {
  Subject subject;
  subject.name = name;
  try {
    subject.shop = open(bench.effort().scratch, Core::first, budget);
    subject.store = subject.shop->connect();
  } catch (const std::runtime_error& error) {
    bench.skip(fmt::format("{}: {}", name, error.what()));
    return;
  }
  Store* const store = subject.store.get();
  subject.get = [store](std::string_view key) {
    Value value;
    const bool hit = store->get(key, std::as_writable_bytes(std::span(&value, 1)));
    benchmark::DoNotOptimize(value);
    return hit;
  };
  subject.put = [store](std::string_view key) {
    const Value value{};
    store->put(key, std::as_bytes(std::span(&value, 1)));
  };
  subjects.push_back(std::move(subject));
}

}  // namespace

void caches(const Bench& bench) {
  const std::uint32_t keys = bench.effort().most_objects;
  // memcached keeps no cache of less than some pages of a megabyte.
  const std::uint64_t budget = std::max<std::uint64_t>(keys / share_of_all * value_bytes >> 20, 8)
                               << 20;
  const std::size_t warm = std::min<std::size_t>(keys / 2, 500'000);
  const Trace trace(keys, 4 * warm);
  std::vector<Subject> subjects;
  subjects.push_back(ours("ipcarc", budget));
  subjects.push_back(
      ours("ipcarc, all counted", budget * value_bytes / (value_bytes + bytes_beside)));
  subjects.push_back(local(budget));
  add_server(bench, subjects, "Redis, allkeys-lru", open_redis_cache, budget);
  add_server(bench, subjects, "memcached", open_memcached_cache, budget);
  for (Subject& subject : subjects) {
    while (subject.at < warm) {
      subject.request(trace);
    }
    std::size_t hits = 0;
    while (subject.at < 2 * warm) {
      hits += subject.request(trace) ? 1 : 0;
    }
    subject.hit_percent = 100 * static_cast<double>(hits) / static_cast<double>(warm);
  }
  Race race(bench.effort());
  for (Subject& subject : subjects) {
    subject.runner = race.add(each([&] { subject.request(trace); }), Clock::wall);
  }
  race.run();
  const std::string what =
      fmt::format("{} keys, Zipf {}, {} MiB: ", counted(keys), zipf_exponent, budget >> 20);
  const Subject& mine = subjects.front();
  for (std::size_t i = 1; i < subjects.size(); ++i) {
    const Subject& other = subjects[i];
    bench.report(race, what + "request", mine.runner, other.name, other.runner,
                 no_goal(Goal::Kind::faster));
    Row row = compare(what + "hit ratio", {mine.hit_percent}, other.name, {other.hit_percent});
    row.unit = "%";
    bench.report(row);
  }
}

}  // namespace ipcarc::bench
