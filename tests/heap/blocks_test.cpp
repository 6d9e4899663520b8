// Blocks of size classes: taken, freed, taken again, recycled to other classes, and all of it on a
// full heap.
#include <map>
#include <random>
#include <set>

#include "heap_user.hpp"

namespace ipcarc::test {
namespace {

using detail::class_count;
using detail::class_for;
using detail::class_sizes;

constexpr std::uint64_t small_capacity = 256 * 1024;

TEST(SizeClasses, WasteLessThanAQuarterFromFourBlocksOf64On) {
  for (std::uint64_t bytes = 257; bytes <= 16384; ++bytes) {
    const std::uint64_t given = class_sizes[class_for(bytes)].bytes;
    EXPECT_GE(given, bytes);
    EXPECT_LT(given - bytes, given / 4) << bytes;
  }
}

TEST(SizeClasses, FillAPageOf64KiBUpToOneEighth) {
  for (unsigned c = 0; c < class_count; ++c) {
    EXPECT_LT(65536 % class_sizes[c].bytes, 65536 / 8) << class_sizes[c].bytes;
  }
}

TEST(Blocks, AreAlignedTaggedAndApart) {
  const RegistryName name("blocks");
  HeapUser user(name);
  std::set<std::pair<std::uint64_t, std::uint64_t>> taken;
  for (std::uint64_t bytes = 1; bytes <= 32768; bytes += 1 + bytes / 7) {
    for (int i = 0; i < 3; ++i) {
      std::uint64_t usable = 0;
      const std::uint64_t offset = user.heap().allocate(bytes, user.owner(), usable);
      EXPECT_EQ(offset % 64, 0U);
      EXPECT_GE(usable, bytes);
      EXPECT_EQ(user.heap().usable_bytes(offset), usable);
      std::uint64_t start = 0;
      EXPECT_EQ(user.heap().owner_of(offset + usable - 1, &start), user.owner());
      EXPECT_EQ(start, offset);
      taken.emplace(offset, offset + usable);
    }
  }
  std::uint64_t end = 0;
  std::uint64_t bytes = 0;
  for (const auto& [from, to] : taken) {
    EXPECT_GE(from, end);
    end = to;
    bytes += to - from;
  }
  EXPECT_EQ(user.used_bytes(), bytes);
  user.expect_clean();
  for (const auto& [from, to] : taken) {
    user.heap().free(from);
    EXPECT_EQ(user.heap().owner_of(from), 0U);
  }
  EXPECT_EQ(user.used_bytes(), 0U);
  user.expect_clean();
}

TEST(Blocks, FreedLastIsTakenFirst) {
  const RegistryName name("blocks");
  HeapUser user(name);
  const std::uint64_t first = user.heap().allocate(100, user.owner());
  const std::uint64_t second = user.heap().allocate(100, user.owner());
  user.heap().free(first);
  user.heap().free(second);
  EXPECT_EQ(user.heap().allocate(100, user.owner()), second);
  EXPECT_EQ(user.heap().allocate(100, user.owner()), first);
}

TEST(Blocks, FreedTwiceOrInTheMiddleIsRefused) {
  const RegistryName name("blocks");
  HeapUser user(name);
  const std::uint64_t offset = user.heap().allocate(200, user.owner());
  const auto refused = [&](std::uint64_t at) {
    try {
      user.heap().free(at);
    } catch (const Error& error) {
      return error.code() == Errc::corrupt_segment;
    }
    return false;
  };
  EXPECT_TRUE(refused(offset + 64));
  EXPECT_TRUE(refused(offset + 1));
  EXPECT_TRUE(refused(0));
  EXPECT_TRUE(refused(~std::uint64_t{0}));
  EXPECT_TRUE(refused(user.segment().geometry().file_bytes));
  user.heap().free(offset);
  EXPECT_TRUE(refused(offset));
}

TEST(Blocks, FullHeapThrowsAndIsAsBefore) {
  const RegistryName name("blocks");
  HeapUser user(name, small_capacity);
  std::vector<std::uint64_t> taken;
  const auto fill = [&] {
    try {
      for (;;) {
        taken.push_back(user.heap().allocate(64, user.owner()));
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::out_of_memory);
      EXPECT_NE(std::string(error.what()).find(name.str()), std::string::npos) << error.what();
    }
  };
  fill();
  const std::size_t capacity = taken.size();
  EXPECT_EQ(user.used_bytes(), user.stats().heap_bytes_capacity);
  user.expect_clean();
  EXPECT_THROW(user.heap().allocate(4096, user.owner()), Error);
  EXPECT_EQ(user.used_bytes(), capacity * 64);

  // One block free anywhere is found, whatever the hints say.
  user.heap().free(taken[capacity / 2]);
  for (std::uint32_t page = 0; page < user.segment().geometry().page_count; ++page) {
    user.page(page).maybe_free = 0;
    user.page(page).scan_hint = 0xFFFFFFFF;
  }
  HeapUser other(name, small_capacity);
  EXPECT_EQ(other.heap().allocate(1, other.owner()), taken[capacity / 2]);
  EXPECT_THROW(other.heap().allocate(1, other.owner()), Error);

  for (const std::uint64_t offset : taken) {
    user.heap().free(offset);
  }
  EXPECT_EQ(user.used_bytes(), 0U);
  taken.clear();
  fill();
  EXPECT_EQ(taken.size(), capacity);
}

TEST(Blocks, EmptyPagesServeOtherClassesAndRuns) {
  const RegistryName name("blocks");
  HeapUser user(name, small_capacity);
  const std::uint64_t capacity = user.stats().heap_bytes_capacity;
  for (int round = 0; round < 3; ++round) {
    for (const std::uint64_t bytes : {64U, 192U, 512U, 2048U, 4096U, 12288U}) {
      std::vector<std::uint64_t> taken;
      try {
        for (;;) {
          taken.push_back(user.heap().allocate(bytes, user.owner()));
        }
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::out_of_memory);
      }
      EXPECT_GE(user.used_bytes(), capacity * 7 / 10) << bytes;
      for (const std::uint64_t offset : taken) {
        user.heap().free(offset);
      }
      user.expect_clean();
    }
  }
}

TEST(Blocks, RandomUseLosesAndDoublesNothing) {
  const RegistryName name("blocks");
  HeapUser user(name, std::uint64_t{16} << 20);
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::map<std::uint64_t, std::pair<std::uint64_t, std::uint64_t>> live;  // offset: bytes, mark
  std::uint64_t used = 0;
  std::uint64_t mark = 1;
  std::size_t refused = 0;
  for (int i = 0; i < 200'000; ++i) {
    // Grows for a while, then shrinks.
    const bool grow = random() % 100 < (i / 20'000 % 2 == 0 ? 65 : 35);
    if (grow || live.empty()) {
      const std::uint64_t bytes =
          random() % 200 == 0 ? 1 + random() % 500'000 : 8 + random() % (1 << random() % 14);
      try {
        std::uint64_t usable = 0;
        const std::uint64_t offset = user.heap().allocate(bytes, user.owner(), usable);
        Pattern::write(user.memory(offset), usable, ++mark);
        ASSERT_TRUE(live.emplace(offset, std::pair(usable, mark)).second);
        used += usable;
      } catch (const Error& error) {
        ASSERT_EQ(error.code(), Errc::out_of_memory);
        ++refused;
      }
    } else {
      auto at = live.lower_bound(user.segment().geometry().heap + random() % (16 << 20));
      at = at == live.end() ? live.begin() : at;
      ASSERT_TRUE(Pattern::matches(user.memory(at->first), at->second.first, at->second.second));
      user.heap().free(at->first);
      used -= at->second.first;
      live.erase(at);
    }
    if (i % 20'000 == 0) {
      ASSERT_EQ(user.used_bytes(), used);
      user.expect_clean();
    }
  }
  std::map<std::uint64_t, std::uint64_t> seen;
  user.heap().for_each_block([&](std::uint64_t offset, std::uint64_t bytes, std::uint32_t owner) {
    EXPECT_EQ(owner, user.owner());
    seen.emplace(offset, bytes);
  });
  ASSERT_EQ(seen.size(), live.size());
  EXPECT_TRUE(std::equal(seen.begin(), seen.end(), live.begin(), [](const auto& a, const auto& b) {
    return a.first == b.first && a.second == b.second.first;
  }));
  const std::uint32_t owners[] = {user.owner()};
  EXPECT_EQ(user.heap().free_owned_by(owners), live.size());
  EXPECT_EQ(user.used_bytes(), 0U);
  user.expect_clean();
  RecordProperty("refused", static_cast<int>(refused));
}

TEST(Blocks, OfOneOwnerAreFreedButThoseKept) {
  const RegistryName name("blocks");
  HeapUser user(name);
  std::vector<std::uint64_t> keep;
  for (int i = 0; i < 3000; ++i) {
    for (std::uint32_t owner = 1; owner <= 3; ++owner) {
      const std::uint64_t offset = user.heap().allocate(i % 100 == 0 ? 100'000 : 100, owner);
      if (owner == 2 && i % 50 == 0) {
        keep.push_back(offset);
      }
    }
  }
  std::sort(keep.begin(), keep.end());
  const std::uint32_t owners[] = {2, 3};
  EXPECT_EQ(user.heap().free_owned_by(owners, keep), 6000 - keep.size());
  std::map<std::uint32_t, std::uint64_t> left;
  user.heap().for_each_block(
      [&](std::uint64_t, std::uint64_t, std::uint32_t owner) { ++left[owner]; });
  EXPECT_EQ(left, (std::map<std::uint32_t, std::uint64_t>{{1, 3000}, {2, keep.size()}}));
}

TEST(Blocks, OfAProducerAreFreedByAConsumerWithoutGrowth) {
  const RegistryName name("blocks");
  HeapUser producer(name);
  HeapUser consumer(name);
  for (int i = 0; i < 300'000; ++i) {
    const std::uint64_t offset =
        producer.heap().allocate(16 + static_cast<std::uint64_t>(i) % 1000, producer.owner());
    consumer.heap().free(offset);
  }
  EXPECT_EQ(producer.used_bytes(), 0U);
  EXPECT_LE(producer.segment().header().heap.page_limit.load(), 128U);
  producer.expect_clean();
}

}  // namespace
}  // namespace ipcarc::test
