// A cache by one process: what is found, replaced, expired, evicted and counted.
#include "ipcarc/cache.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>

#include "ipcarc/ipcarc.hpp"
#include "ipcarc/serialization.hpp"
#include "support/real_bytes.hpp"
#include "support/registry_name.hpp"

namespace cached {

struct Page {
  ipcarc::string text;
  ipcarc::vector<int> numbers;
};

struct alignas(256) Aligned {
  char bytes[300];
};

}  // namespace cached

namespace {

using cached::Aligned;
using cached::Page;
using ipcarc::Cache;
using ipcarc::CacheOptions;
using ipcarc::Errc;
using ipcarc::Error;
using ipcarc::IpcArc;
using ipcarc::Registry;
using ipcarc::test::RegistryName;
using namespace std::chrono_literals;

ipcarc::Options sized(std::uint64_t capacity_bytes, std::uint32_t max_objects) {
  ipcarc::Options options;
  options.capacity_bytes = capacity_bytes;
  options.max_objects = max_objects;
  return options;
}

Page page(int number, std::size_t length = 100) {
  return {ipcarc::string(length, static_cast<char>('a' + number % 26)), {number, number + 1}};
}

class CacheTest : public testing::Test {
 protected:
  std::uint64_t heap_bytes() const { return registry.stats().heap_bytes_used; }

  RegistryName name{"cache"};
  Registry registry{Registry::open(name, sized(16 << 20, 4096))};
};

TEST_F(CacheTest, GivesWhatWasPut) {
  const Cache<Page> cache(registry, "pages");
  EXPECT_FALSE(cache.get("a"));
  const IpcArc<const Page> put = cache.put("a", page(1));
  const IpcArc<const Page> got = Cache<Page>(registry, "pages").get("a");
  ASSERT_TRUE(got);
  EXPECT_EQ(got, put);
  EXPECT_EQ(got->text, page(1).text);
  EXPECT_EQ(got->numbers[1], 2);
  EXPECT_EQ(got.name(), "pages/a");
  const auto stats = cache.stats();
  EXPECT_EQ(stats.hits, 1U);
  EXPECT_EQ(stats.misses, 1U);
  EXPECT_EQ(stats.insertions, 1U);
  EXPECT_EQ(stats.objects, 1U);
  EXPECT_TRUE(registry.check().ok());
}

TEST_F(CacheTest, CountsTheBytesOfTheHeapAndNoOthers) {
  const Cache<Page> cache(registry, "pages");
  std::vector<int> sizes{1, 50, 1000, 5000, 70'000, 500'000};
  // The queues' nodes are there before it is measured.
  cache.put("warm", page(1));
  cache.erase("warm");
  const std::uint64_t before = heap_bytes();
  EXPECT_EQ(cache.stats().bytes, 0U);
  for (const int size : sizes) {
    cache.put(std::to_string(size), page(size, static_cast<std::size_t>(size)));
    EXPECT_EQ(cache.stats().bytes, heap_bytes() - before) << size;
  }
  cache.put("50", page(2, 200'000));  // replaced
  EXPECT_EQ(cache.stats().bytes, heap_bytes() - before);
  EXPECT_TRUE(cache.erase("70000"));
  EXPECT_FALSE(cache.erase("70000"));
  EXPECT_EQ(cache.stats().bytes, heap_bytes() - before);
  EXPECT_EQ(cache.stats().objects, sizes.size() - 1);
  cache.clear();
  EXPECT_EQ(cache.stats().bytes, 0U);
  EXPECT_EQ(heap_bytes(), before);
  EXPECT_TRUE(registry.check().ok());
}

TEST_F(CacheTest, KeepsItsBudget) {
  const Cache<Page> cache(registry, "pages", {.budget_bytes = 100'000});
  for (int i = 0; i < 2000; ++i) {
    cache.put(std::to_string(i), page(i, static_cast<std::size_t>(i * 7 % 3000)));
    ASSERT_LE(cache.stats().bytes, 100'000U);
  }
  const auto stats = cache.stats();
  EXPECT_GT(stats.bytes, 90'000U);
  EXPECT_EQ(stats.insertions, 2000U);
  EXPECT_EQ(stats.evictions, 2000 - stats.objects);
}

TEST_F(CacheTest, AnEvictedValueStaysWholeForItsReader) {
  const Cache<Page> cache(registry, "pages", {.budget_bytes = 10'000});
  const IpcArc<const Page> held = cache.put("held", page(3));
  for (int i = 0; i < 100; ++i) {
    cache.put(std::to_string(i), page(i));
  }
  EXPECT_FALSE(cache.contains("held"));
  EXPECT_EQ(held->text, page(3).text);
}

TEST_F(CacheTest, AValueLargerThanTheBudgetIsGivenAndNotKept) {
  const Cache<Page> cache(registry, "pages", {.budget_bytes = 10'000});
  cache.put("small", page(1));
  const IpcArc<const Page> large = cache.put("large", page(2, 20'000));
  EXPECT_EQ(large->text.size(), 20'000U);
  EXPECT_FALSE(cache.contains("large"));
  EXPECT_TRUE(cache.contains("small"));
  // Over an older value of its key, which is not what was put last.
  cache.put("small", page(2, 20'000));
  EXPECT_FALSE(cache.contains("small"));
  EXPECT_EQ(cache.stats().bytes, 0U);
  EXPECT_EQ(cache.get_or_compute("large", [] { return page(4, 30'000); })->text.size(), 30'000U);
  EXPECT_FALSE(cache.contains("large"));
}

TEST_F(CacheTest, AValueExpires) {
  const Cache<Page> cache(registry, "pages", {.time_to_live = 20ms});
  cache.put("short", page(1));
  cache.put_for(0ns, "for ever", page(2));
  cache.put_for(1h, "long", page(3));
  EXPECT_EQ(cache.get_or_compute("computed", [] { return page(4); })->numbers[0], 4);
  std::this_thread::sleep_for(25ms);
  EXPECT_FALSE(cache.get("short"));
  EXPECT_FALSE(cache.contains("computed"));
  EXPECT_TRUE(cache.get("for ever"));
  EXPECT_TRUE(cache.get("long"));
  EXPECT_EQ(cache.get_or_compute("computed", [] { return page(5); })->numbers[0], 5);
  EXPECT_EQ(cache.stats().expirations, 1U);
  EXPECT_EQ(cache.stats().objects, 4U);
  EXPECT_EQ(cache.purge(), 1U);
  EXPECT_EQ(cache.stats().objects, 3U);
  EXPECT_EQ(cache.stats().expirations, 2U);
}

TEST_F(CacheTest, ComputesOnceAndWhatThrowsIsComputedAgain) {
  const Cache<Page> cache(registry, "pages");
  EXPECT_THROW(cache.get_or_compute("a", []() -> Page { throw std::runtime_error("no"); }),
               std::runtime_error);
  int calls = 0;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(
        cache
            .get_or_compute(
                "a",
                [&] {
                  ++calls;
                  // Another key of the same cache, while this one is in the making.
                  return page(cache.get_or_compute("b", [] { return page(6); })->numbers[0] + 1);
                })
            ->numbers[0],
        7);
  }
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(cache.stats().objects, 2U);
}

TEST_F(CacheTest, AValueThatIsPutWhileItsKeyIsComputedStays) {
  const Cache<Page> cache(registry, "pages", {.budget_bytes = 10'000});
  for (const std::size_t length : {100U, 20'000U}) {  // computed: one that fits, one that does not
    const auto computed = cache.get_or_compute("a", [&] {
      cache.put("a", page(1));
      return page(2, length);
    });
    EXPECT_EQ(computed->numbers[0], 2);
    EXPECT_EQ(cache.get("a")->numbers[0], 1);
    EXPECT_EQ(cache.stats().bytes, ipcarc::test::real_bytes(registry, "pages"));
    EXPECT_EQ(cache.stats().objects, 1U);
    EXPECT_TRUE(cache.erase("a"));
    EXPECT_EQ(cache.stats().bytes, 0U);
  }
}

TEST_F(CacheTest, AScanLeavesTheHotSetAlone) {
  const Cache<std::uint64_t> cache(registry, "numbers", {.budget_bytes = 64 * 200});
  for (int round = 0; round < 4; ++round) {
    for (std::uint64_t i = 0; i < 100; ++i) {
      if (!cache.get("hot" + std::to_string(i))) {
        cache.put("hot" + std::to_string(i), i);
      }
    }
  }
  for (std::uint64_t i = 0; i < 5000; ++i) {
    cache.put("scan" + std::to_string(i), i);
  }
  int left = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    left += cache.contains("hot" + std::to_string(i)) ? 1 : 0;
  }
  EXPECT_EQ(left, 100);
}

TEST_F(CacheTest, WhenEntriesOrMemoryRunShortItEvicts) {
  const RegistryName small_name("cache.small");
  Registry small = Registry::open(small_name, sized(1 << 20, 100));
  const Cache<Page> cache(small, "pages", {.budget_bytes = 1 << 30});
  for (int i = 0; i < 300; ++i) {
    cache.put(std::to_string(i), page(i));
  }
  EXPECT_GT(cache.stats().objects, 50U);
  const Page large = page(1, 50'000);
  for (int i = 0; i < 100; ++i) {
    cache.put("large" + std::to_string(i), large);
    cache.get_or_compute("computed" + std::to_string(i), [] { return page(2, 40'000); });
  }
  EXPECT_TRUE(cache.contains("computed99"));
  EXPECT_TRUE(small.check().ok());
}

TEST_F(CacheTest, WhatIsRemovedPastTheCacheIsForgottenWhenItIsMet) {
  const Cache<Page> cache(registry, "pages", {.budget_bytes = 50'000});
  cache.put("a", page(1));
  registry.remove("pages/a");
  EXPECT_FALSE(cache.get("a"));
  registry.publish<Page>("pages/b", page(2));  // bears no head
  EXPECT_FALSE(cache.get("b"));
  EXPECT_EQ(cache.get_or_compute("b", [] { return page(3); })->numbers[0], 3);
  registry.publish<Page>("pages/b", page(4));
  cache.put("b", page(5));
  EXPECT_EQ(cache.get("b")->numbers[0], 5);
  for (int i = 0; i < 200; ++i) {
    cache.put(std::to_string(i), page(i));
  }
  // What was removed past it was met, and takes no room any more.
  EXPECT_GT(ipcarc::test::real_bytes(registry, "pages"), 45'000U);
  EXPECT_EQ(cache.stats().bytes, ipcarc::test::real_bytes(registry, "pages"));
}

TEST_F(CacheTest, NamesAndTypesAreChecked) {
  const auto code = [](auto&& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.code();
    }
    return std::error_code();
  };
  EXPECT_EQ(code([&] { Cache<Page>(registry, ""); }), Errc::bad_name);
  EXPECT_EQ(code([&] { Cache<Page>(registry, "a/b"); }), Errc::bad_name);
  EXPECT_EQ(code([&] { Cache<Page>(registry, std::string(101, 'n')); }), Errc::bad_name);
  const Cache<Page> cache(registry, "pages");
  EXPECT_EQ(code([&] { Cache<int>(registry, "pages"); }), Errc::type_mismatch);
  EXPECT_EQ(code([&] { cache.get(""); }), Errc::bad_name);
  EXPECT_EQ(code([&] { cache.get(std::string(195, 'k')); }), Errc::bad_name);
  EXPECT_EQ(code([&] { cache.put(std::string_view("a\0b", 3), page(1)); }), Errc::bad_name);
  cache.put(std::string(194, 'k'), page(1));
  EXPECT_TRUE(cache.get(std::string(194, 'k')));
}

TEST_F(CacheTest, ACachedValueIsAnObjectLikeAnyOther) {
  const Cache<Page> cache(registry, "pages");
  const ipcarc::IpcWeak<const Page> weak = cache.put("a", page(1));
  const ipcarc::Link<const Page> link = weak.lock();
  EXPECT_EQ(weak.lock()->text, page(1).text);
  EXPECT_EQ(link.lock()->text, page(1).text);
  EXPECT_EQ(registry.get<const Page>("pages/a")->text, page(1).text);
  EXPECT_NE(registry.value_json("pages/a").find("\"numbers\":[1,2]"), std::string::npos)
      << registry.value_json("pages/a");
  cache.erase("a");
  EXPECT_FALSE(weak.lock());
  EXPECT_FALSE(link.lock());
}

TEST_F(CacheTest, TakesValuesOfAnyKind) {
  const Cache<std::map<std::string, std::string>> encoded(registry, "encoded");
  encoded.put("a", std::map<std::string, std::string>{{"key", "value"}});
  EXPECT_EQ(encoded.get("a").load().at("key"), "value");
  EXPECT_EQ(encoded.get_or_compute("b", [] { return std::map<std::string, std::string>(); })
                .load()
                .size(),
            0U);
  const Cache<Aligned> aligned(registry, "aligned");
  const auto put = aligned.put("a", [] { return Aligned{{'x'}}; });
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&*put) % alignof(Aligned), 0U);
  EXPECT_EQ(aligned.get("a")->bytes[0], 'x');
  EXPECT_TRUE(registry.check().ok());
}

TEST_F(CacheTest, TheBudgetCanBeChangedAndTheCacheDestroyed) {
  const std::uint64_t before = heap_bytes();
  {
    const Cache<Page> cache(registry, "pages", {.budget_bytes = 100'000});
    for (int i = 0; i < 300; ++i) {
      cache.put(std::to_string(i), page(i));
    }
    const Cache<Page> other(registry, "pages", {.budget_bytes = 7});
    EXPECT_EQ(other.stats().budget_bytes, 100'000U);
    other.resize(10'000);
    EXPECT_LE(cache.stats().bytes, 10'000U);
    EXPECT_GT(cache.stats().objects, 10U);
    cache.destroy();
  }
  EXPECT_EQ(heap_bytes(), before);
  EXPECT_EQ(registry.entries().size(), 0U);
}

}  // namespace
