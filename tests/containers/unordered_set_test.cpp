// ipcarc::unordered_set: its interface, and where its nodes live.
#include <ipcarc/containers/unordered_set.hpp>

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ipcarc/containers/string.hpp>

#include "containers/closed.hpp"
#include "support/arena_double.hpp"

namespace ipcarc::test {
namespace {

const std::string long_text = "a text that is too long to be stored inside of a string";

TEST(UnorderedSet, KeepsUniqueKeys) {
  unordered_set<string> names{"b", "a", "b"};
  EXPECT_EQ(names.size(), 2U);
  EXPECT_TRUE(names.insert(string("c")).second);
  EXPECT_FALSE(names.emplace("a").second);
  EXPECT_TRUE(names.contains(std::string_view("b")));
  EXPECT_EQ(names.find("zz"), names.end());
  EXPECT_EQ(names.erase("b"), 1U);
  EXPECT_EQ(names.erase("b"), 0U);
  EXPECT_EQ(erase_if(names, [](const string& name) { return name == "a"; }), 1U);
  EXPECT_EQ(names, unordered_set<string>{"c"});
}

TEST(UnorderedSet, HashesAlikeInEveryProcess) {
  EXPECT_EQ(default_hash<int>{}(5), std::hash<int>{}(5));
  EXPECT_EQ(default_hash<string>{}("text"), std::hash<std::string>{}("text"));
  static_assert(
      std::is_same_v<default_hash<std::pair<int, int>>, boost::hash<std::pair<int, int>>>);
  unordered_set<std::pair<int, int>> pairs{{1, 2}, {1, 2}};
  EXPECT_EQ(pairs.size(), 1U);
}

TEST(UnorderedSet, GrowsWithinItsArena) {
  FakeSegment segment(1);
  Placed<unordered_set<int>> numbers(segment.arena(0));
  for (int i = 0; i != 1000; ++i) {
    numbers->insert(i);
  }
  EXPECT_GE(numbers->bucket_count() * static_cast<std::size_t>(numbers->max_load_factor() + 1),
            1000U);
  EXPECT_EQ(segment.mirrored(*numbers).count(999), 1U);
  EXPECT_GE(live_blocks(segment.arena(0)), 1000U);
}

TEST(UnorderedSet, StealsWithinAnArenaAndMovesAcross) {
  FakeSegment segment(2);
  using Texts = unordered_set<string>;
  Placed<Texts> from(segment.arena(0));
  from->insert(string(long_text + "1"));
  from->insert(string(long_text + "2"));
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

TEST(UnorderedSet, OffersNoWayForContentsToLeave) {
  static_assert(closed<unordered_set<int>>);
  static_assert(
      !closed<boost::unordered_set<int, std::hash<int>, std::equal_to<>, detail::allocator<int>>>,
      "or closed would say nothing");
}

}  // namespace
}  // namespace ipcarc::test
