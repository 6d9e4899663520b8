// ipcarc::list: its interface, and where its nodes live.
#include <ipcarc/containers/list.hpp>

#include <list>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ipcarc/containers/string.hpp>

#include "containers/closed.hpp"
#include "support/arena_double.hpp"

namespace ipcarc::test {
namespace {

const std::string long_text = "a text that is too long to be stored inside of a string";

TEST(List, InsertsSortsAndRemoves) {
  list<string> names{"c", "a"};
  names.push_front("b");
  names.insert(std::next(names.begin()), 2, "z");
  EXPECT_EQ(names, (list<string>{"b", "z", "z", "c", "a"}));
  names.sort();
  names.unique();
  names.reverse();
  EXPECT_EQ(names, (list<string>{"z", "c", "b", "a"}));
  names.remove("c");
  EXPECT_EQ(erase(names, "a"), 1U);
  names.resize(3, "r");
  EXPECT_EQ(std::list<std::string>(names.begin(), names.end()),
            (std::list<std::string>{"z", "b", "r"}));
}

TEST(List, InsertsItsOwnElements) {
  list<string> names{long_text};
  names.push_back(names.front());
  names.insert(names.begin(), 2, names.back());
  EXPECT_EQ(names.size(), 4U);
  EXPECT_EQ(names.front(), long_text);
}

TEST(List, StealsWithinAnArenaAndMovesAcross) {
  FakeSegment segment(2);
  using Texts = list<string>;
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

TEST(List, OffersNoWayForContentsToLeave) {
  static_assert(closed<list<int>>);
  static_assert(!closed<boost::container::list<int, detail::allocator<int>>>,
                "or closed would say nothing");
}

}  // namespace
}  // namespace ipcarc::test
