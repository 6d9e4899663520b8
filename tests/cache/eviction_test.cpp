// The order of evictions, against a plain model of the algorithm, in one process.
#include <gtest/gtest.h>

#include <random>

#include "cache/reference.hpp"
#include "ipcarc/cache.hpp"
#include "support/registry_name.hpp"

namespace {

using ipcarc::Cache;
using ipcarc::Registry;
using ipcarc::test::ReferenceCache;
using ipcarc::test::RegistryName;

/// Keys as a program asks for them: a few often, many seldom, and now and then a run of new ones.
class Keys {
 public:
  Keys(unsigned seed, int count) : random_(seed), count_(count) {}

  std::string next() {
    if (scan_left_ > 0) {
      --scan_left_;
      return std::to_string(scan_at_++ % count_);
    }
    if (random_() % 500 == 0) {
      scan_left_ = static_cast<int>(random_() % 200);
    }
    const double even = std::uniform_real_distribution<>(0, 1)(random_);
    return std::to_string(static_cast<int>(even * even * even * count_));
  }
  std::mt19937& random() { return random_; }

 private:
  std::mt19937 random_;
  int count_;
  int scan_left_ = 0;
  int scan_at_ = 0;
};

void run(unsigned seed, std::size_t budget, int key_count) {
  SCOPED_TRACE("seed " + std::to_string(seed) + ", budget " + std::to_string(budget));
  const RegistryName name("cache.order");
  const Registry registry = Registry::open(name);
  constexpr std::uint64_t value_bytes = 64;  // the smallest block
  const Cache<std::uint64_t> cache(registry, "c", {.budget_bytes = budget * value_bytes});
  ReferenceCache reference(budget);
  Keys keys(seed, key_count);
  for (int step = 0; step < 6000; ++step) {
    const std::string key = keys.next();
    const auto what = keys.random()() % 100;
    if (what < 2) {
      cache.erase(key);
      reference.erase(key);
    } else if (what < 5) {
      cache.put(key, std::uint64_t{1});
      reference.put(key);
    } else {
      const bool hit = static_cast<bool>(cache.get(key));
      ASSERT_EQ(hit, reference.get(key)) << "step " << step;
      if (hit) {
        continue;
      }
      cache.put(key, std::uint64_t{2});
      reference.put(key);
    }
    ASSERT_EQ(cache.stats().objects, reference.size()) << "step " << step;
    for (int i = 0; i < key_count; ++i) {
      ASSERT_EQ(cache.contains(std::to_string(i)), reference.contains(std::to_string(i)))
          << "key " << i << ", step " << step;
    }
  }
  EXPECT_GT(cache.stats().evictions, 100U);
  EXPECT_GT(cache.stats().hits, 1000U);
}

TEST(Eviction, IsThatOfTheReference) {
  const unsigned seed = std::random_device()();
  run(seed, 20, 100);
  run(seed + 1, 50, 150);
  run(seed + 2, 7, 60);
}

}  // namespace
