// ipcarc::small_vector: its elements inside, and in a block.
#include <ipcarc/containers/small_vector.hpp>

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ipcarc/containers/string.hpp>

#include "containers/closed.hpp"
#include "support/arena_double.hpp"

namespace ipcarc::test {
namespace {

const std::string long_text = "a text that is too long to be stored inside of a string";

TEST(SmallVector, TakesMemoryOnlyForMoreThanFitInside) {
  FakeSegment segment(1);
  Placed<small_vector<int, 4>> numbers(segment.arena(0));
  numbers->assign({1, 2, 3, 4});
  EXPECT_EQ(live_blocks(segment.arena(0)), 1U);
  EXPECT_EQ(numbers->capacity(), 4U);
  numbers->push_back(5);
  EXPECT_EQ(live_blocks(segment.arena(0)), 2U);
  numbers->resize(3);
  numbers->shrink_to_fit();
  EXPECT_EQ(live_blocks(segment.arena(0)), 1U);
  EXPECT_EQ(*numbers, (small_vector<int, 4>{1, 2, 3}));
}

TEST(SmallVector, CopiesAcrossArenasAndNeverSteals) {
  FakeSegment segment(2);
  using Texts = small_vector<string, 2>;
  for (const std::size_t count : {1U, 2U, 3U}) {
    Placed<Texts> from(segment.arena(0), std::vector<std::string>(count, long_text));
    Placed<Texts> to(segment.arena(1), std::move(*from));
    EXPECT_TRUE(from->empty());
    ASSERT_EQ(to->size(), count);
    EXPECT_EQ(detail::arena_of(to->data()), segment.arena(1));
    EXPECT_EQ(detail::arena_of(to->front().data()), segment.arena(1));
    EXPECT_EQ(segment.mirrored(*to), *to);
  }
}

TEST(SmallVector, SwapsWhetherInsideOrNot) {
  using Texts = small_vector<string, 2>;
  for (const std::size_t left_count : {0U, 1U, 3U}) {
    for (const std::size_t right_count : {0U, 2U, 4U}) {
      FakeSegment segment(2);
      for (const std::size_t arena : {0U, 1U}) {
        Placed<Texts> left(segment.arena(0), std::vector<std::string>(left_count, long_text));
        Placed<Texts> right(segment.arena(arena), std::vector<std::string>(right_count, "right"));
        swap(*left, *right);
        EXPECT_EQ(*left, Texts(right_count, "right"));
        EXPECT_EQ(*right, Texts(left_count, string(long_text)));
      }
    }
  }
}

TEST(SmallVector, AlignsWhatItHolds) {
  struct alignas(32) Wide {
    int value;
  };
  small_vector<Wide, 2> wide;
  for (int i = 0; i != 5; ++i) {
    wide.push_back(Wide{i});
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(wide.data()) % 32, 0U);
  }
  EXPECT_EQ(wide.back().value, 4);
}

TEST(SmallVector, OffersNoWayForContentsToLeave) {
  static_assert(closed<small_vector<int, 2>>);
}

}  // namespace
}  // namespace ipcarc::test
