// Values: load, store, update, recover, reset.
#include <array>
#include <atomic>
#include <thread>

#include "registry/example.hpp"

namespace ipcarc::test {

struct Large {
  std::array<std::uint64_t, 1000> words{};
};
struct Odd {
  std::array<char, 13> bytes{};
};

namespace {

class ValuesTest : public RegistryTest {
 protected:
  Registry registry_ = Registry::open(name_, small());
};

TEST_F(ValuesTest, StoreAndLoadEverySize) {
  const auto odd = registry_.create<Odd>("odd");
  for (char c = 'a'; c < 'h'; ++c) {
    Odd value;
    value.bytes.fill(c);
    odd.store(value);
    EXPECT_EQ(odd.load().bytes, value.bytes);
  }
  const auto large = registry_.create<Large>("large");
  const std::uint64_t used = registry_.stats().heap_bytes_used;
  for (std::uint64_t i = 0; i < 10; ++i) {
    Large value;
    value.words.fill(i);
    large.store(value);
    EXPECT_EQ(large.load().words, value.words);
  }
  EXPECT_EQ(registry_.stats().heap_bytes_used, used);
  EXPECT_EQ(large.version(), 10U);
  expect_clean(registry_);
}

TEST_F(ValuesTest, LoadsAreWholeWhileOthersStoreAndChangeInPlace) {
  using Words = std::array<std::uint64_t, 32>;
  const auto value = registry_.create<Words>("words");
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (int t = 0; t < 2; ++t) {
    writers.emplace_back([&, t] {
      for (std::uint64_t i = 1; i <= 4000; ++i) {
        Words words;
        words.fill(i * 2 + static_cast<std::uint64_t>(t));
        switch (i % 3) {
          case 0:
            value.store(words);
            break;
          case 1:
            value.update([&](Words& w) { w = words; });
            break;
          default: {
            auto guard = value.acquire();
            for (auto& word : *guard) {
              __atomic_store_n(&word, words[0], __ATOMIC_RELAXED);
            }
          }
        }
      }
    });
  }
  std::thread reader([&] {
    while (!stop) {
      const Words words = value.load();
      for (const auto word : words) {
        ASSERT_EQ(word, words[0]);
      }
    }
  });
  for (auto& writer : writers) {
    writer.join();
  }
  stop = true;
  reader.join();
  EXPECT_EQ(value.version(), 8000U);
}

TEST_F(ValuesTest, UpdateChangesAllOrNothing) {
  const auto config = registry_.create<Config>("cfg", 1, "before, and long enough for the arena");
  const auto grown = config.update([](Config& c) {
    c.port = 2;
    c.peers.assign(3, "a peer whose name is long enough for the arena");
    return c.peers.size();
  });
  EXPECT_EQ(grown, 3U);
  EXPECT_EQ(config.version(), 1U);
  struct Trouble {};
  EXPECT_THROW(config.update([](Config& c) {
    c.port = 3;
    c.peers.clear();
    throw Trouble();
  }),
               Trouble);
  EXPECT_EQ(config.version(), 1U);
  EXPECT_EQ(config.read()->port, 2);
  EXPECT_EQ(config.read()->peers.size(), 3U);
  config.update([](Config& c) { c.peers = {}; });
  EXPECT_TRUE(config.read()->peers.empty());
  const auto pair = registry_.create<Pair>("pair", 1U, 2U);
  EXPECT_THROW(pair.update([](Pair& p) {
    p.a = 9;
    throw Trouble();
  }),
               Trouble);
  EXPECT_EQ(pair.load().a, 1U);
  expect_clean(registry_);
}

TEST_F(ValuesTest, UpdateLeaksNothingOverThousands) {
  const auto config = registry_.create<Config>("cfg");
  std::uint64_t used = 0;
  for (int i = 0; i < 2000; ++i) {
    config.update([&](Config& c) { c.peers.assign(static_cast<std::size_t>(i % 7), "x"); });
    if (i % 7 == 6) {
      used = used == 0 ? registry_.stats().heap_bytes_used : used;
      ASSERT_EQ(registry_.stats().heap_bytes_used, used);
    }
  }
}

TEST_F(ValuesTest, RecoverOfAWholeObjectDoesNothing) {
  const auto value = registry_.create<int>("n", 1);
  value.recover([](int&) { ADD_FAILURE() << "not poisoned"; });
  EXPECT_EQ(value.version(), 0U);
}

TEST_F(ValuesTest, ResetReplacesTheValueInFreshMemory) {
  const auto config = registry_.create<Config>("cfg", 1, "x");
  config.acquire()->peers.assign(100, "a peer whose name is long enough for the arena");
  config.reset(2, "a new value");
  EXPECT_EQ(config.read()->host, "a new value");
  EXPECT_TRUE(config.read()->peers.empty());
  const auto pair = registry_.create<Pair>("pair");
  pair.reset(3U, 4U);
  EXPECT_EQ(pair.load().b, 4U);
  expect_clean(registry_);
}

}  // namespace
}  // namespace ipcarc::test
