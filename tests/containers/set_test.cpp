// ipcarc::set: its interface, and where its nodes live.
#include <ipcarc/containers/set.hpp>

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

TEST(Set, KeepsUniqueKeysInOrder) {
  set<string> names{"b", "a", "b"};
  EXPECT_TRUE(names.insert("c").second);
  EXPECT_FALSE(names.emplace("a").second);
  EXPECT_EQ(std::vector<std::string>(names.begin(), names.end()),
            (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(names.contains(std::string_view("b")));
  EXPECT_EQ(*names.lower_bound("bb"), "c");
  EXPECT_EQ(names.erase("b"), 1U);
  EXPECT_EQ(names.erase("b"), 0U);
  EXPECT_EQ(erase_if(names, [](const string& name) { return name == "a"; }), 1U);
  EXPECT_EQ(names, set<string>{"c"});
  EXPECT_LT(names, set<string>{"d"});
}

TEST(Set, ConvertsFromAndToStd) {
  const std::set<std::string> names{"x", "y"};
  const set<string> ours(names);
  EXPECT_EQ(std::set<std::string>(ours.begin(), ours.end()), names);
}

TEST(Set, OrdersByAnotherComparator) {
  const set<int, std::greater<>> numbers{1, 3, 2};
  EXPECT_EQ(std::vector<int>(numbers.begin(), numbers.end()), (std::vector<int>{3, 2, 1}));
}

TEST(Set, StealsWithinAnArenaAndMovesAcross) {
  FakeSegment segment(2);
  using Texts = set<string>;
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

TEST(Set, OffersNoWayForContentsToLeave) {
  static_assert(closed<set<int>>);
  static_assert(!closed<boost::container::set<int, std::less<>, detail::allocator<int>>>,
                "or closed would say nothing");
}

}  // namespace
}  // namespace ipcarc::test
