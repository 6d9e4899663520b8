// check(): says nothing about a heap that is whole, something about one that is not, and survives
// any bytes.
#include <cstring>
#include <random>

#include "heap_user.hpp"
#include "ipcarc/detail/page_word.hpp"

namespace ipcarc::test {
namespace {

using detail::PageWord;

class Checked : public ::testing::Test {
 protected:
  Checked() {
    for (int i = 0; i < 300; ++i) {
      user_.heap().allocate(i % 30 == 0 ? 5000 : 100, user_.owner());
    }
    user_.heap().allocate(3000, user_.owner());
  }
  CheckReport check() {
    CheckReport report;
    user_.heap().check(report);
    return report;
  }
  std::uint32_t page_with(detail::PageKind kind) {
    std::uint32_t page = 0;
    while (PageWord{user_.page(page).word}.kind() != kind) {
      ++page;
    }
    return page;
  }
  std::atomic<std::uint32_t>* tags(std::uint32_t page) {
    const detail::Geometry& geometry = user_.segment().geometry();
    return user_.segment().at<std::atomic<std::uint32_t>>(geometry.tags) +
           page * geometry.tags_per_page();
  }

  const RegistryName name_{"heap_check"};
  HeapUser user_{name_, 512 * 1024};
};

TEST_F(Checked, AWholeHeapIsClean) {
  EXPECT_TRUE(check().ok());
  EXPECT_TRUE(check().leftovers.empty());
  EXPECT_EQ(check().blocks, 301U);
}

TEST_F(Checked, EachDamageIsFound) {
  const std::uint32_t small = page_with(detail::PageKind::small);
  const std::uint32_t run = page_with(detail::PageKind::run);
  const auto found = [&](auto& word, auto bad) {
    const auto good = word.load();
    word.store(bad);
    const bool clean = check().errors.empty();
    word.store(good);
    EXPECT_TRUE(check().errors.empty());
    return !clean;
  };
  EXPECT_TRUE(found(user_.page(small).word, std::uint64_t{7}));
  EXPECT_TRUE(found(user_.page(small).word, PageWord::small(250, 0).word));
  EXPECT_TRUE(found(user_.page(small).word, PageWord::small(1, 200).word));  // nobody's claim
  EXPECT_TRUE(found(user_.page(small).word, std::uint64_t{0}));  // and tags that are not zero
  EXPECT_TRUE(
      found(user_.page(run).word, PageWord::run(1, 1).word | PageWord::run(0xFFFFFF, 1).word));
  EXPECT_TRUE(found(user_.page(run).word, PageWord::run(2, 0).word));
  EXPECT_TRUE(found(user_.page(run + 1).word, std::uint64_t{0}));
  EXPECT_TRUE(found(user_.page(run + 1).word, PageWord::tail(5).word));
  EXPECT_TRUE(found(tags(small)[0], 0xFFFFFFFFU));
  EXPECT_TRUE(found(tags(run)[3], 1U));
  EXPECT_TRUE(found(user_.segment().header().heap.page_limit, 0xFFFFFFFFU));
}

TEST_F(Checked, RandomBytesAreSurvivedByAllThatOnlyLooks) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const detail::Geometry& geometry = user_.segment().geometry();
  const std::uint64_t tables_bytes = geometry.heap - geometry.page_table;
  // Only bytes that are committed are damaged: a file has no others.
  const std::uint32_t limit = user_.segment().header().heap.page_limit;
  std::vector<std::byte> good(tables_bytes);
  std::memcpy(good.data(), user_.memory(geometry.page_table), tables_bytes);
  const std::uint32_t good_limit = limit;
  for (int round = 0; round < 400; ++round) {
    for (std::uint64_t i = 0, n = 1 + random() % 40; i < n; ++i) {
      const auto page = static_cast<std::uint32_t>(random() % limit);
      const std::uint64_t bit = std::uint64_t{1} << random() % 64;
      switch (random() % 4) {
        case 0:
          user_.page(page).word = random();
          break;
        case 1:
          user_.page(page).word ^= bit;
          break;
        case 2:
          tags(page)[random() % geometry.tags_per_page()] = static_cast<std::uint32_t>(random());
          break;
        default:
          user_.segment().header().heap.page_limit =
              random() % 2 == 0 ? static_cast<std::uint32_t>(random()) : limit;
          user_.segment().header().heap.run_hint = static_cast<std::uint32_t>(random());
      }
    }
    check();
    user_.stats();
    for (int i = 0; i < 200; ++i) {
      std::uint64_t start = 0;
      const std::uint64_t offset = random() % 2 == 0 ? random() : random() % geometry.file_bytes;
      user_.heap().owner_of(offset, &start);
      try {
        EXPECT_LE(user_.heap().usable_bytes(offset), geometry.file_bytes);
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::corrupt_segment);
      }
    }
    user_.segment().header().heap.page_limit = good_limit;
    std::memcpy(user_.memory(geometry.page_table), good.data(), tables_bytes);
  }
  user_.segment().header().heap.run_hint = 0;
  EXPECT_TRUE(check().ok());
}

TEST_F(Checked, RandomBytesDoNotMakeAllocationWriteOutOfTheHeap) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const detail::Geometry& geometry = user_.segment().geometry();
  const std::uint32_t limit = user_.segment().header().heap.page_limit;
  for (int round = 0; round < 400; ++round) {
    user_.page(static_cast<std::uint32_t>(random() % limit)).word = random() % 0xFFFF;
    user_.page(static_cast<std::uint32_t>(random() % limit)).scan_hint =
        static_cast<std::uint32_t>(random());
    user_.segment().header().heap.run_hint = static_cast<std::uint32_t>(random());
    for (int i = 0; i < 20; ++i) {
      try {
        std::uint64_t usable = 0;
        const std::uint64_t offset =
            user_.heap().allocate(1 + random() % 10'000, user_.owner(), usable);
        ASSERT_GE(offset, geometry.heap);
        ASSERT_LE(offset + usable, geometry.file_bytes);
        std::memset(user_.memory(offset), 0x11, usable);
        if (random() % 2 == 0) {
          user_.heap().free(offset);
        }
      } catch (const Error& error) {
        ASSERT_TRUE(error.code() == Errc::out_of_memory || error.code() == Errc::corrupt_segment);
      }
    }
  }
}

}  // namespace
}  // namespace ipcarc::test
