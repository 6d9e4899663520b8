// ipcarc::stable_vector: its interface, and that elements stay where they are.
#include <ipcarc/containers/stable_vector.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ipcarc/containers/string.hpp>

#include "containers/closed.hpp"
#include "support/arena_double.hpp"

namespace ipcarc::test {
namespace {

const std::string long_text = "a text that is too long to be stored inside of a string";

TEST(StableVector, KeepsTheAddressOfEachElement) {
  stable_vector<string> names{"a", "b"};
  const string* const first = &names[0];
  const string* const second = &names[1];
  for (int i = 0; i != 100; ++i) {
    names.insert(names.begin() + 1, "x");
  }
  names.erase(names.begin() + 1, names.begin() + 50);
  EXPECT_EQ(&names.front(), first);
  EXPECT_EQ(&names.back(), second);
  EXPECT_EQ(*second, "b");
  names.erase(names.begin());
  EXPECT_EQ(&names.back(), second);
}

TEST(StableVector, ActsAsAVector) {
  stable_vector<int> numbers{3, 1, 2};
  std::sort(numbers.begin(), numbers.end());
  EXPECT_EQ(numbers, (stable_vector<int>{1, 2, 3}));
  numbers.insert(numbers.begin() + 1, 2, 9);
  numbers.resize(6);
  EXPECT_EQ(numbers, (stable_vector<int>{1, 9, 9, 2, 3, 0}));
  EXPECT_EQ(erase(numbers, 9), 2U);
  EXPECT_THROW(static_cast<void>(numbers.at(4)), std::out_of_range);
}

TEST(StableVector, LeavesNothingWhenAnElementCannotBeMade) {
  FakeSegment segment(1);
  Placed<stable_vector<string>> names(segment.arena(0), std::vector<std::string>(3, long_text));
  const auto blocks = live_blocks(segment.arena(0));
  for (std::size_t allowed = 0; allowed != 3; ++allowed) {
    fail_allocations_after(allowed);
    EXPECT_THROW(names->insert(names->begin(), 3, string(long_text)), std::bad_alloc);
    allow_allocations();
    EXPECT_EQ(names->size(), 3U);
    EXPECT_EQ(live_blocks(segment.arena(0)), blocks);
  }
}

TEST(StableVector, StealsWithinAnArenaAndMovesAcross) {
  FakeSegment segment(2);
  using Texts = stable_vector<string>;
  Placed<Texts> from(segment.arena(0));
  from->push_back(string(long_text + "1"));
  from->push_back(string(long_text + "2"));
  const auto* const element = &*from->begin();
  Placed<Texts> near(segment.arena(0), std::move(*from));
  EXPECT_EQ(&*near->begin(), element);
  EXPECT_TRUE(from->empty());
  Placed<Texts> far(segment.arena(1), std::move(*near));
  EXPECT_TRUE(near->empty());
  EXPECT_EQ(far->size(), 2U);
  for (const string& text : *far) {
    EXPECT_EQ(detail::arena_of(&text), segment.arena(1));
    EXPECT_EQ(detail::arena_of(text.data()), segment.arena(1));
  }
  swap(*far, *near);
  EXPECT_TRUE(far->empty());
  EXPECT_EQ(detail::arena_of(near->begin()->data()), segment.arena(0));
  *far = *near;
  EXPECT_EQ(*far, *near);
  EXPECT_EQ(segment.mirrored(*far), *far);
  const Texts local = std::move(*far);
  EXPECT_EQ(detail::arena_of(local.begin()->data()), nullptr);
  EXPECT_EQ(local, *near);
}

TEST(StableVector, OffersNoWayForContentsToLeave) {
  static_assert(closed<stable_vector<int>>);
}

}  // namespace
}  // namespace ipcarc::test
