// The double of the arenas finds what it is there to find.
#include "support/arena_double.hpp"

#include <gtest/gtest.h>

namespace ipcarc::test {
namespace {

TEST(ArenaDoubleDeathTest, FindsMemoryGivenBackWrongly) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  FakeSegment segment(2);
  void* const memory = detail::arena_allocate(segment.arena(0), 40, 8);
  EXPECT_DEATH(detail::arena_deallocate(segment.arena(1), memory, 40, 8), "another arena");
  EXPECT_DEATH(detail::arena_deallocate(nullptr, memory, 40, 8), "another arena");
  EXPECT_DEATH(detail::arena_deallocate(segment.arena(0), memory, 41, 8), "another size");
  EXPECT_DEATH(detail::arena_deallocate(segment.arena(0), memory, 40, 16), "another size");
  detail::arena_deallocate(segment.arena(0), memory, 40, 8);
  EXPECT_DEATH(detail::arena_deallocate(segment.arena(0), memory, 40, 8), "freed twice");
  EXPECT_DEATH(detail::arena_allocate(segment.arena(0), 0, 8), "breaks the contract");
}

TEST(ArenaDouble, KnowsWhichArenaAnAddressLiesIn) {
  FakeSegment segment(2);
  EXPECT_EQ(detail::arena_of(segment.arena(1)), segment.arena(1));
  void* const memory = detail::arena_allocate(segment.arena(0), 40, 64);
  EXPECT_EQ(detail::arena_of(memory), segment.arena(0));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 64, 0U);
  int local = 0;
  EXPECT_EQ(detail::arena_of(&local), nullptr);
  EXPECT_EQ(live_blocks(segment.arena(0)), 1U);
  detail::arena_deallocate(segment.arena(0), memory, 40, 64);
  EXPECT_EQ(live_blocks(segment.arena(0)), 0U);
}

TEST(ArenaDouble, FailsOnDemand) {
  fail_allocations_after(1);
  void* const memory = detail::arena_allocate(nullptr, 40, 8);
  EXPECT_THROW(detail::arena_allocate(nullptr, 40, 8), std::bad_alloc);
  allow_allocations();
  detail::arena_deallocate(nullptr, memory, 40, 8);
}

}  // namespace
}  // namespace ipcarc::test
