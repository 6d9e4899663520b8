// ipcarc::unordered_map: its interface, and where its nodes live.
#include <ipcarc/containers/unordered_map.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <ipcarc/containers/string.hpp>
#include <ipcarc/containers/vector.hpp>

#include "containers/closed.hpp"
#include "support/arena_double.hpp"

namespace ipcarc::test {
namespace {

using namespace std::string_view_literals;

const std::string long_text = "a text that is too long to be stored inside of a string";
using Table = unordered_map<string, vector<string>>;

TEST(UnorderedMap, IsSearchedWithAnyString) {
  Table table;
  table["key"].push_back("value");
  table["other"sv];
  table[std::string("third")] = {"x", "y"};
  EXPECT_EQ(table.at("key").front(), "value");
  EXPECT_TRUE(table.contains("other"sv));
  EXPECT_EQ(table.find("fourth"), table.end());
  EXPECT_EQ(table.count(std::string("third")), 1U);
  EXPECT_THROW(static_cast<void>(table.at("fourth")), std::out_of_range);
  EXPECT_EQ(table.erase("other"), 1U);
  EXPECT_EQ(table.erase("other"), 0U);
  EXPECT_EQ(table.size(), 2U);
}

TEST(UnorderedMap, InsertsLikeStd) {
  unordered_map<int, string> numbers{{3, "three"}, {1, "one"}, {3, "ignored"}};
  EXPECT_EQ(numbers.size(), 2U);
  EXPECT_FALSE(numbers.insert({1, "uno"}).second);
  EXPECT_TRUE(numbers.insert(std::pair(2, "two")).second);
  EXPECT_FALSE(numbers.insert_or_assign(1, "uno").second);
  EXPECT_TRUE(numbers.emplace(5, "five").second);
  EXPECT_TRUE(numbers.try_emplace(4, 4, '4').second);
  std::vector<std::pair<int, std::string>> found;
  for (const auto& [key, value] : numbers) {
    found.emplace_back(key, std::string(value));
  }
  std::sort(found.begin(), found.end());
  const std::vector<std::pair<int, std::string>> expected{
      {1, "uno"}, {2, "two"}, {3, "three"}, {4, "4444"}, {5, "five"}};
  EXPECT_EQ(found, expected);
  EXPECT_EQ(erase_if(numbers, [](const auto& entry) { return entry.first % 2 == 0; }), 2U);
}

TEST(UnorderedMap, TryEmplaceLeavesTheArgumentsAloneWhenTheKeyIsThere) {
  unordered_map<string, string> texts{{"k", "v"}};
  string value = long_text;
  EXPECT_FALSE(texts.try_emplace("k", std::move(value)).second);
  EXPECT_EQ(value, long_text);
  EXPECT_FALSE(texts.insert_or_assign("k", std::move(value)).second);
  EXPECT_EQ(texts.at("k"), long_text);
}

TEST(UnorderedMap, ConvertsFromStd) {
  const std::map<std::string, int> numbers{{"a", 1}, {"b", 2}};
  const unordered_map<string, int> ours(numbers);
  EXPECT_EQ(ours.at("b"), 2);
  const std::map<std::string, int> back(ours.begin(), ours.end());
  EXPECT_EQ(back, numbers);
}

TEST(UnorderedMap, StealsWithinAnArenaAndMovesAcross) {
  FakeSegment segment(2);
  Placed<Table> from(segment.arena(0));
  (*from)[long_text].push_back(long_text);
  (*from)["b"];
  const auto* const element = &*from->begin();
  Placed<Table> near(segment.arena(0), std::move(*from));
  EXPECT_EQ(&*near->begin(), element);
  EXPECT_TRUE(from->empty());
  Placed<Table> far(segment.arena(1), std::move(*near));
  EXPECT_TRUE(near->empty());
  EXPECT_EQ(far->size(), 2U);
  for (const auto& entry : *far) {
    EXPECT_EQ(detail::arena_of(&entry), segment.arena(1));
    EXPECT_EQ(detail::arena_of(entry.first.data()), segment.arena(1));
  }
  far->swap(*near);
  EXPECT_EQ(detail::arena_of(near->at(long_text).front().data()), segment.arena(0));
  *far = *near;
  EXPECT_EQ(*far, *near);
  EXPECT_EQ(segment.mirrored(*far), *far);
  *far = std::move(*near);
  EXPECT_TRUE(near->empty());
  (*near)["again"];
  EXPECT_EQ(near->size(), 1U);
}

TEST(UnorderedMap, IsUnchangedWhenMemoryRunsOut) {
  FakeSegment segment(1);
  Placed<Table> table(segment.arena(0));
  (*table)[long_text].push_back(long_text);
  const auto blocks = live_blocks(segment.arena(0));
  for (std::size_t allowed = 0; allowed != 2; ++allowed) {
    fail_allocations_after(allowed);
    EXPECT_THROW(table->try_emplace(long_text + "2", 3, long_text), std::bad_alloc);
    allow_allocations();
    EXPECT_EQ(table->size(), 1U);
    EXPECT_EQ(live_blocks(segment.arena(0)), blocks);
  }
  const Table local = *table;
  for (std::size_t allowed = 1; allowed != 4; ++allowed) {
    fail_allocations_after(allowed);
    EXPECT_THROW(Placed<Table>(segment.arena(0), local), std::bad_alloc);
    allow_allocations();
    EXPECT_EQ(live_blocks(segment.arena(0)), blocks);
  }
}

TEST(UnorderedMap, OffersNoWayForNodesToLeave) {
  using M = unordered_map<int, int>;
  using Base = boost::unordered_map<int, int, std::hash<int>, std::equal_to<>,
                                    detail::allocator<std::pair<const int, int>>>;
  static_assert(closed<M>);
  static_assert(!closed<Base>, "or closed would say nothing");
  static_assert(!std::is_convertible_v<M&, Base&>);
}

}  // namespace
}  // namespace ipcarc::test
