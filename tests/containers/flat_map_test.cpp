// ipcarc::flat_map: its order, its interface, and where its elements live.
#include <ipcarc/containers/flat_map.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ipcarc/containers/string.hpp>

#include "containers/closed.hpp"
#include "support/arena_double.hpp"

namespace ipcarc::test {
namespace {

const std::string long_text = "a text that is too long to be stored inside of a string";

TEST(FlatMap, IsSearchedWithAnyString) {
  flat_map<string, int> numbers{{"b", 2}, {"a", 1}, {"b", 3}};
  EXPECT_EQ(numbers.size(), 2U);
  EXPECT_EQ(numbers.at("b"), 2) << "of equal keys the first is kept";
  numbers["c"] = 4;
  numbers[string("d")];
  EXPECT_FALSE(numbers.try_emplace("a", 9).second);
  EXPECT_FALSE(numbers.insert_or_assign("a", 9).second);
  EXPECT_TRUE(numbers.emplace("aa", 5).second);
  EXPECT_TRUE(numbers.insert({"e", 6}).second);
  EXPECT_EQ(numbers.find(std::string_view("aa"))->second, 5);
  EXPECT_TRUE(numbers.contains(std::string("e")));
  EXPECT_EQ(numbers.lower_bound("b")->first, "b");
  EXPECT_EQ(numbers.erase("b"), 1U);
  EXPECT_EQ(numbers.erase("b"), 0U);
  EXPECT_THROW(static_cast<void>(numbers.at("b")), std::out_of_range);
  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
  EXPECT_EQ(erase_if(numbers, [](const auto& entry) { return entry.second > 4; }), 3U);
}

TEST(FlatMap, SortsManyAtOnce) {
  FakeSegment segment(1);
  Placed<flat_map<string, string>> texts(segment.arena(0));
  std::map<std::string, std::string> expected;
  for (int round = 0; round != 3; ++round) {
    std::vector<std::pair<std::string, std::string>> several;
    for (int i = 0; i != 500; ++i) {
      several.emplace_back(long_text + std::to_string(i * 7919 % (500 + round * 100)),
                           std::to_string(round));
    }
    texts->insert(several.begin(), several.end());
    expected.insert(several.begin(), several.end());
  }
  EXPECT_TRUE(std::equal(texts->begin(), texts->end(), expected.begin(), expected.end(),
                         [](const auto& ours, const auto& theirs) {
                           return ours.first == theirs.first && ours.second == theirs.second;
                         }));
  EXPECT_EQ(detail::arena_of(texts->begin()->first.data()), segment.arena(0));
  EXPECT_EQ(segment.mirrored(*texts), *texts);
}

TEST(FlatMap, ConvertsKeysForAComparatorThatWantsThem) {
  flat_map<string, int, std::less<string>> numbers;
  numbers["x"] = 1;
  EXPECT_EQ(numbers.find("x")->second, 1);
  EXPECT_EQ(numbers.erase("x"), 1U);
}

TEST(FlatMap, IsEmptyRatherThanOutOfOrderWhenAMoveFails) {
  FakeSegment segment(1);
  flat_map<string, int> local;
  for (int i = 0; i != 10; ++i) {
    local.try_emplace(long_text + std::to_string(i), i);
  }
  Placed<flat_map<string, int>> shared(segment.arena(0));
  fail_allocations_after(5);
  EXPECT_THROW(*shared = std::move(local), std::bad_alloc);
  allow_allocations();
  EXPECT_TRUE(shared->empty());
  EXPECT_TRUE(local.empty());
}

TEST(FlatMap, OffersNoWayForContentsToLeave) {
  static_assert(closed<flat_map<int, int>>);
}

}  // namespace
}  // namespace ipcarc::test
