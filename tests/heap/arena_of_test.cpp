// From an address to its arena: in segments, outside them, in several, while others come and go.
#include <unistd.h>

#include <thread>

#include "heap_user.hpp"
#include "ipcarc/detail/arena.hpp"
#include "ipcarc/detail/mapped_segments.hpp"

namespace ipcarc::test {
namespace {

using detail::arena_of;

TEST(ArenaOf, IsNullOutsideEverySegment) {
  const RegistryName name("arena_of");
  const HeapUser user(name);
  const int local = 0;
  const auto heap = std::make_unique<int>();
  EXPECT_EQ(arena_of(&local), nullptr);
  EXPECT_EQ(arena_of(heap.get()), nullptr);
  EXPECT_EQ(arena_of(nullptr), nullptr);
}

TEST(ArenaOf, FindsTheArenaFromEveryByteOfItsChunks) {
  const RegistryName name("arena_of");
  HeapUser user(name);
  for (const std::uint64_t bytes : {10U, 1000U, 30'000U, 300'000U}) {
    const std::uint64_t root = detail::create_region(user.heap(), 1, 64, bytes, 8, true);
    detail::Arena* const arena = arena_of(user.memory(root));
    EXPECT_EQ(reinterpret_cast<std::byte*>(arena), user.memory(root + 16));
    const std::uint64_t usable = user.heap().usable_bytes(root);
    for (std::uint64_t at = 0; at < usable; at += 1 + bytes / 200) {
      ASSERT_EQ(arena_of(user.memory(root + at)), arena);
    }
    ASSERT_EQ(arena_of(user.memory(root + usable - 1)), arena);
    for (const std::size_t piece : {8U, 4000U, 50'000U, 150'000U}) {
      auto* memory = static_cast<std::byte*>(detail::arena_allocate(arena, piece, 8));
      EXPECT_EQ(arena_of(memory), arena);
      EXPECT_EQ(arena_of(memory + piece - 1), arena);
    }
  }
}

TEST(ArenaOf, TellsManySegmentsApart) {
  std::vector<std::unique_ptr<RegistryName>> names;
  std::vector<std::unique_ptr<HeapUser>> users;
  std::vector<std::byte*> payloads;
  for (int i = 0; i < 40; ++i) {  // more than a group of the table
    names.push_back(std::make_unique<RegistryName>("arena_of"));
    users.push_back(std::make_unique<HeapUser>(names.back()->str(), 512 * 1024));
    payloads.push_back(
        users.back()->memory(64 + detail::create_region(users.back()->heap(), 1, 64, 8, 8, true)));
  }
  for (std::size_t i = 0; i < users.size(); i += 2) {
    users[i].reset();
  }
  for (std::size_t i = 1; i < users.size(); i += 2) {
    EXPECT_EQ(reinterpret_cast<std::byte*>(arena_of(payloads[i])), payloads[i] - 48);
    EXPECT_NE(detail::arena_allocate(arena_of(payloads[i]), 1000, 8), nullptr);
  }
  for (std::size_t i = 0; i < users.size(); i += 2) {
    EXPECT_EQ(arena_of(payloads[i]), nullptr);
  }
}

TEST(ArenaOf, IsRightWhileOtherSegmentsComeAndGo) {
  const RegistryName name("arena_of");
  HeapUser user(name);
  std::byte* payload = user.memory(64 + detail::create_region(user.heap(), 1, 64, 8, 8, true));
  std::atomic<bool> done{false};
  std::thread other([&] {
    for (int i = 0; i < 200; ++i) {
      const RegistryName passing("arena_of");
      HeapUser first(passing, 512 * 1024);
      HeapUser second(passing, 512 * 1024);
    }
    done = true;
  });
  const int local = 0;
  std::uint64_t wrong = 0;
  while (!done) {
    wrong += reinterpret_cast<std::byte*>(arena_of(payload)) != payload - 48 ? 1 : 0;
    wrong += arena_of(&local) != nullptr ? 1 : 0;
  }
  other.join();
  EXPECT_EQ(wrong, 0U);
}

using ArenaOfDeathTest = ::testing::Test;

TEST(ArenaOfDeathTest, AbortsWithASentenceInASegmentButInNoArena) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const RegistryName name("arena_of");
  HeapUser user(name);
  ::unlink(name.path().c_str());  // each child makes one of its own, and dies without cleaning up
  const std::uint64_t plain = detail::create_region(user.heap(), 1, 0, 100, 8, false);
  const char* const sentence = "lies in a shared segment, but in no object that has an arena";
  EXPECT_DEATH(arena_of(user.memory(plain + 16)), sentence);
  EXPECT_DEATH(arena_of(user.memory(0)), sentence);
  EXPECT_DEATH(arena_of(user.memory(user.segment().geometry().page_offset(10))), sentence);
}

}  // namespace
}  // namespace ipcarc::test
