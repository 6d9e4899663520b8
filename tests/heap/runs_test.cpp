// Runs of pages: found, freed, given back to the system, and mended after a death under the run
// mutex.
#include <signal.h>

#include <cstring>

#include "heap_user.hpp"
#include "ipcarc/detail/page_word.hpp"
#include "participants/robust_lock.hpp"
#include "support/child_process.hpp"
#include "support/small_filesystem.hpp"

namespace ipcarc::test {
namespace {

using detail::PageWord;

constexpr std::uint64_t page = 65536;

TEST(Runs, AnyInteriorAddressFindsTheHead) {
  const RegistryName name("runs");
  HeapUser user(name);
  for (const std::uint64_t pages : {1U, 2U, 3U, 64U, 100U}) {
    const std::uint64_t offset = user.heap().allocate(pages * page, user.owner());
    EXPECT_EQ(offset % page, 0U);
    EXPECT_EQ(user.heap().usable_bytes(offset), pages * page);
    for (std::uint64_t at = 0; at < pages * page; at += 4096) {
      std::uint64_t start = 0;
      ASSERT_EQ(user.heap().owner_of(offset + at, &start), user.owner());
      ASSERT_EQ(start, offset);
    }
    std::uint64_t start = 0;
    user.heap().owner_of(offset + pages * page, &start);
    EXPECT_NE(start, offset);
  }
  user.expect_clean();
}

TEST(Runs, FreePagesJoinAgain) {
  const RegistryName name("runs");
  HeapUser user(name);
  const std::uint64_t capacity = user.stats().heap_bytes_capacity;
  std::vector<std::uint64_t> runs;
  for (std::uint64_t bytes = 0; bytes + 3 * page <= capacity; bytes += 3 * page) {
    runs.push_back(user.heap().allocate(2 * page + 1, user.owner()));
  }
  for (std::size_t i = 0; i < runs.size(); i += 2) {
    user.heap().free(runs[i]);
  }
  EXPECT_THROW(user.heap().allocate(4 * page, user.owner()), Error);
  for (std::size_t i = 1; i < runs.size(); i += 2) {
    user.heap().free(runs[i]);
  }
  user.expect_clean();
  const std::uint64_t whole = user.heap().allocate(capacity, user.owner());
  EXPECT_EQ(whole, user.segment().geometry().heap);
  EXPECT_EQ(user.used_bytes(), capacity);
  user.heap().free(whole);
  EXPECT_THROW(user.heap().allocate(capacity + 1, user.owner()), Error);
  EXPECT_THROW(user.heap().allocate(~std::uint64_t{0}, user.owner()), Error);
  user.expect_clean();
}

TEST(Runs, FreedMemoryGoesBackToTheSystem) {
  const RegistryName name("runs");
  HeapUser user(name, std::uint64_t{256} << 20);
  const std::uint64_t run = user.heap().allocate(std::uint64_t{200} << 20, user.owner());
  EXPECT_GE(user.stats().heap_bytes_committed, std::uint64_t{200} << 20);
  user.heap().free(run);
  EXPECT_LE(user.stats().heap_bytes_committed, std::uint64_t{20} << 20);
  EXPECT_GT(user.stats().heap_bytes_committed, 0U);

  std::vector<std::uint64_t> blocks;
  while (user.used_bytes() < std::uint64_t{128} << 20) {
    for (int i = 0; i < 1000; ++i) {
      blocks.push_back(user.heap().allocate(4096, user.owner()));
    }
  }
  for (const std::uint64_t offset : blocks) {
    user.heap().free(offset);
  }
  // Blocks' pages are looked for each time that as much as there is was freed.
  for (int i = 0; i < 100'000; ++i) {
    user.heap().free(user.heap().allocate(16'000, user.owner()));
  }
  EXPECT_LE(user.stats().heap_bytes_committed, std::uint64_t{40} << 20);
  user.expect_clean();
}

// The file may be larger than the filesystem: memory is asked for before it is used.
TEST(Runs, AFullFilesystemThrowsAndLeavesAllAsItWas) {
  const auto filesystem = SmallFilesystem::mount(std::uint64_t{24} << 20);
  if (filesystem == nullptr) {
    GTEST_SKIP() << "needs the right to mount";
  }
  const RegistryName name("runs", filesystem->path());
  HeapUser user(name, std::uint64_t{1} << 30, filesystem->path());
  std::vector<std::uint64_t> taken;
  const auto fill = [&](std::uint64_t bytes) {
    try {
      for (;;) {
        taken.push_back(user.heap().allocate(bytes, user.owner()));
        std::memset(user.memory(taken.back()), 0x33, bytes);
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::out_of_memory);
    }
  };
  fill(std::uint64_t{1} << 20);
  fill(4096);
  const std::uint64_t used = user.used_bytes();
  EXPECT_GE(used, std::uint64_t{16} << 20);
  for (const std::uint64_t bytes : {64U, 200U, 4000U, 70'000U, 5'000'000U}) {
    try {
      const std::uint64_t offset = user.heap().allocate(bytes, user.owner());
      user.heap().free(offset);  // there was room on a page that is committed
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::out_of_memory);
    }
    EXPECT_EQ(user.used_bytes(), used);
    user.expect_clean();
  }
  // What is free already is used again, in other shapes, with no memory of the system.
  for (const std::uint64_t offset : taken) {
    user.heap().free(offset);
  }
  taken.clear();
  EXPECT_EQ(user.used_bytes(), 0U);
  for (const std::uint64_t bytes : {100U, 3'000'000U, 9000U, 64U}) {
    fill(bytes);
    EXPECT_GE(user.used_bytes(), used * 7 / 10) << bytes;
    for (const std::uint64_t offset : taken) {
      user.heap().free(offset);
    }
    taken.clear();
  }
  user.expect_clean();
}

TEST(Runs, DamagedWordsAreNotFollowed) {
  const RegistryName name("runs");
  HeapUser user(name);
  const std::uint64_t offset = user.heap().allocate(4 * page, user.owner());
  const std::uint64_t good = user.page(0).word.load();
  for (const std::uint64_t bad :
       {PageWord::run(0xFFFFFFF, 1).word, PageWord::run(0, 1).word, PageWord::small(200, 0).word,
        PageWord::tail(1).word, PageWord::tail(0xFFFFFFF).word, std::uint64_t{0x55}}) {
    user.page(0).word.store(bad);
    EXPECT_EQ(user.heap().owner_of(offset), 0U) << bad;
    EXPECT_EQ(user.heap().owner_of(offset + page), 0U) << bad;
    EXPECT_THROW(user.heap().free(offset), Error);
    EXPECT_THROW(user.heap().usable_bytes(offset), Error);
    CheckReport report;
    user.heap().check(report);
    EXPECT_FALSE(report.errors.empty() && report.leftovers.empty()) << bad;
  }
  user.page(0).word.store(good);
  user.expect_clean();
}

// The states that a death between two stores leaves, made by hand; their being all there are is the
// business of kill_step_test.
TEST(Runs, ADeathUnderTheMutexIsMendedByTheNext) {
  const RegistryName name("runs");
  HeapUser user(name);
  const std::uint64_t kept = user.heap().allocate(2 * page, user.owner());
  const std::uint64_t lost = user.heap().allocate(8 * page, user.owner());
  const auto lost_page = static_cast<std::uint32_t>((lost - user.segment().geometry().heap) / page);
  const Exit exit = run_in_child([&] {
    const detail::RobustGuard guard(user.segment().header().heap.run_mutex, user.attachment());
    user.page(lost_page).word.store(0);  // freed, its tails not yet cleared, bits not set
    user.page(lost_page + 3).word.store(0);
    user.segment().header().heap.run_hint.store(1000);
    ::raise(SIGKILL);
  });
  EXPECT_TRUE(exit.killed_by(SIGKILL));
  EXPECT_EQ(user.reap(), 1U);
  user.expect_clean();
  EXPECT_EQ(user.used_bytes(), 2 * page);
  EXPECT_EQ(user.heap().allocate(8 * page, user.owner()), lost);
  user.heap().free(kept);
}

TEST(Runs, ADeathUnderTheMutexIsMendedByTheNextAllocation) {
  const RegistryName name("runs");
  HeapUser user(name);
  const std::uint64_t first = user.heap().allocate(8 * page, user.owner());
  const Exit exit = run_in_child([&] {
    const detail::RobustGuard guard(user.segment().header().heap.run_mutex, user.attachment());
    auto* map = user.segment().at<std::atomic<std::uint64_t>>(user.segment().geometry().free_map);
    map[0].store(0);  // allocated, tails written, no head
    for (std::uint32_t i = 9; i < 16; ++i) {
      user.page(i).word.store(PageWord::tail(i - 8).word);
    }
    ::raise(SIGKILL);
  });
  EXPECT_TRUE(exit.killed_by(SIGKILL));
  EXPECT_EQ(user.heap().allocate(8 * page, user.owner()), first + 8 * page);
  user.expect_clean();
}

}  // namespace
}  // namespace ipcarc::test
