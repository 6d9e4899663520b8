// The containers as ranges, as regular types, and with deduced arguments.
#include <gtest/gtest.h>

#include <algorithm>
#include <concepts>
#include <ranges>
#include <span>
#include <string>

#include <ipcarc/containers.hpp>

namespace ipcarc::test {
namespace {

static_assert(std::ranges::contiguous_range<string>);
static_assert(std::ranges::contiguous_range<vector<int>>);
static_assert(std::ranges::contiguous_range<small_vector<int, 2>>);
static_assert(std::ranges::contiguous_range<static_vector<int, 2>>);
static_assert(std::ranges::contiguous_range<flat_map<int, int>>);
static_assert(std::ranges::contiguous_range<const flat_set<int>>);
static_assert(std::ranges::random_access_range<deque<int>>);
static_assert(std::ranges::random_access_range<const deque<int>>);
static_assert(std::ranges::random_access_range<stable_vector<int>>);
static_assert(std::ranges::bidirectional_range<list<int>>);
static_assert(std::ranges::bidirectional_range<map<int, int>>);
static_assert(std::ranges::bidirectional_range<set<int>>);
static_assert(std::ranges::forward_range<unordered_map<int, int>>);
static_assert(std::ranges::forward_range<unordered_set<int>>);

static_assert(std::regular<string> && std::totally_ordered<string>);
static_assert(std::totally_ordered_with<string, std::string_view>);
static_assert(std::regular<vector<string>> && std::totally_ordered<vector<string>>);
static_assert(std::regular<map<string, int>> && std::totally_ordered<map<string, int>>);
static_assert(std::regular<unordered_map<string, int>>);
static_assert(std::regular<flat_map<string, vector<int>>>);
static_assert(std::regular<deque<list<int>>>);

TEST(Ranges, AlgorithmsTakeContainersAndAnyString) {
  const vector<string> names{"b", "a", "c"};
  EXPECT_EQ(std::ranges::find(names, "a"), names.begin() + 1);
  EXPECT_EQ(std::ranges::find(names, std::string("c")), names.begin() + 2);
  EXPECT_EQ(std::ranges::find(names, std::string_view("x")), names.end());
  deque<int> numbers{3, 1, 2};
  std::ranges::sort(numbers);
  EXPECT_EQ(numbers, (deque<int>{1, 2, 3}));
  vector<int> values{1, 2};
  EXPECT_EQ(std::span<int>(values).back(), 2);
}

TEST(Ranges, ArgumentsAreDeduced) {
  const vector numbers{1, 2, 3};
  static_assert(std::same_as<decltype(numbers), const vector<int>>);
  const vector from_range(numbers.begin(), numbers.end());
  static_assert(std::same_as<decltype(from_range), const vector<int>>);
  const flat_set sorted{2, 1};
  EXPECT_EQ(*sorted.begin(), 1);
  const set ordered{2, 1};
  const deque queue{1};
  const list chain{1};
  EXPECT_EQ(ordered.size() + queue.size() + chain.size(), 4U);
}

TEST(Ranges, CompositeKeysAreHashed) {
  unordered_map<std::pair<string, int>, int> counted;
  counted.try_emplace({"a", 1}, 2);
  EXPECT_EQ(counted.at(std::pair<string, int>("a", 1)), 2);
  unordered_set<vector<int>> rows{{1, 2}, {1, 2}};
  EXPECT_EQ(rows.size(), 1U);
}

}  // namespace
}  // namespace ipcarc::test
