// ipcarc::flat_set: its order, its interface, and where its elements live.
#include <ipcarc/containers/flat_set.hpp>

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

TEST(FlatSet, KeepsUniqueKeysInOrder) {
  flat_set<string> names(std::vector<std::string>{"b", "a", "b"});
  EXPECT_TRUE(names.insert("c").second);
  EXPECT_FALSE(names.emplace("a").second);
  EXPECT_EQ(std::vector<std::string>(names.begin(), names.end()),
            (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(*names.lower_bound("bb"), "c");
  EXPECT_EQ(names.count("b"), 1U);
  EXPECT_EQ(names.erase("b"), 1U);
  EXPECT_EQ(*names.erase(names.begin()), "c");
  static_assert(std::is_same_v<flat_set<string>::iterator, const string*>);
}

TEST(FlatSet, StealsWithinAnArenaAndMovesAcross) {
  FakeSegment segment(2);
  using Texts = flat_set<string>;
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

TEST(FlatSet, OffersNoWayForContentsToLeave) {
  static_assert(closed<flat_set<int>>);
}

}  // namespace
}  // namespace ipcarc::test
