// Many threads of one process on one heap: no block is anybody's twice, and every hand-over of one
// is ordered.
#include "hammer.hpp"
#include "ipcarc/detail/arena.hpp"

namespace ipcarc::test {
namespace {

TEST(HeapThreads, FourShareAHeap) {
  const RegistryName name("heap_threads");
  HeapUser user(name, std::uint64_t{32} << 20);
  hammer_with_threads(user, 4, seed_of_run(), 40'000, 100'000);
  EXPECT_EQ(user.used_bytes(), 0U);
  user.expect_clean();
}

// Small pages and little room: pages are recycled between classes and runs all the time, while
// others free.
TEST(HeapThreads, FourShareATinyHeap) {
  const RegistryName name("heap_threads");
  HeapUser user(name, 320 * 1024);
  hammer_with_threads(user, 4, seed_of_run(), 40'000, 8'000);
  EXPECT_EQ(user.used_bytes(), 0U);
  user.expect_clean();
}

// Blocks are freed by another thread than took them, while a third recycles what is empty.
TEST(HeapThreads, OneTakesAnotherFreesAThirdRecycles) {
  const RegistryName name("heap_threads");
  HeapUser user(name, 320 * 1024);
  constexpr std::uint64_t none = 0;
  std::atomic<std::uint64_t> handed{none};
  std::atomic<bool> done{false};
  std::thread freer([&] {
    while (!done || handed != none) {
      const std::uint64_t offset = handed.exchange(none);
      if (offset != none) {
        EXPECT_EQ(*reinterpret_cast<std::uint64_t*>(user.memory(offset)), offset);
        user.heap().free(offset);
      } else {
        std::this_thread::yield();
      }
    }
  });
  std::thread recycler([&] {
    while (!done) {
      // More than there is: looks for empty pages everywhere.
      EXPECT_THROW(user.heap().allocate(400 * 1024, 2), Error);
      try {
        user.heap().free(user.heap().allocate(20'000, 2));
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::out_of_memory);
      }
      std::this_thread::yield();
    }
  });
  std::mt19937 random(11);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t offset = user.heap().allocate(64U << random() % 6, 1);
    *reinterpret_cast<std::uint64_t*>(user.memory(offset)) = offset;
    std::uint64_t expected = none;
    while (!handed.compare_exchange_weak(expected, offset)) {
      expected = none;
      std::this_thread::yield();
    }
  }
  done = true;
  freer.join();
  recycler.join();
  EXPECT_EQ(user.used_bytes(), 0U);
  user.expect_clean();
}

// Each object's arena is one thread's at a time, and the heap below them everybody's.
TEST(HeapThreads, EachWithAnArenaOfItsOwn) {
  const RegistryName name("heap_threads");
  HeapUser user(name, std::uint64_t{32} << 20);
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < 4; ++i) {
    threads.emplace_back([&user, owner = 1 + i] {
      std::mt19937 random(owner);
      for (int round = 0; round < 100; ++round) {
        std::atomic<std::uint64_t> root{
            detail::create_region(user.heap(), owner, 64, 100, 8, true)};
        detail::Arena* const arena = detail::arena_of(user.memory(root + 64));
        std::vector<std::pair<void*, std::size_t>> pieces;
        for (int n = 0; n < 200; ++n) {
          const std::size_t bytes = 16 + random() % (n % 20 == 0 ? 10'000 : 200);
          pieces.emplace_back(detail::arena_allocate(arena, bytes, 8), bytes);
          Pattern::write(static_cast<std::byte*>(pieces.back().first), bytes, owner);
        }
        for (const auto& [memory, bytes] : pieces) {
          EXPECT_TRUE(Pattern::matches(static_cast<std::byte*>(memory), bytes, owner));
          if (random() % 2 == 0) {
            detail::arena_deallocate(arena, memory, bytes, 8);
          }
        }
        detail::free_region(user.heap(), root, owner, true);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(user.used_bytes(), 0U);
  user.expect_clean();
}

}  // namespace
}  // namespace ipcarc::test
