// ipcarc::deque: its interface, where its blocks live, and what it stores.
#include <ipcarc/containers/deque.hpp>

#include <algorithm>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ipcarc/containers/string.hpp>

#include "containers/closed.hpp"
#include "support/arena_double.hpp"

namespace ipcarc::test {
namespace {

const std::string long_text = "a text that is too long to be stored inside of a string";

TEST(Deque, GrowsAtBothEnds) {
  deque<int> ours;
  std::deque<int> theirs;
  for (int i = 0; i != 1000; ++i) {
    ours.push_back(i), theirs.push_back(i);
    ours.push_front(-i), theirs.push_front(-i);
  }
  EXPECT_TRUE(std::equal(ours.begin(), ours.end(), theirs.begin(), theirs.end()));
  EXPECT_EQ(ours[0], -999);
  EXPECT_EQ(ours.at(1999), 999);
  EXPECT_THROW(static_cast<void>(ours.at(2000)), std::out_of_range);
}

TEST(Deque, KeepsReferencesWhileItsEndsChange) {
  deque<string> names{"first"};
  const string* const first = &names.front();
  for (int i = 0; i != 1000; ++i) {
    names.push_back("after");
    names.push_front("before");
  }
  EXPECT_EQ(&names[1000], first);
  EXPECT_EQ(*first, "first");
}

TEST(Deque, DoesNotGrowAsAQueue) {
  FakeSegment segment(1);
  Placed<deque<string>> queue(segment.arena(0));
  for (int i = 0; i != 100; ++i) {
    queue->push_back("x");
  }
  const auto blocks = live_blocks(segment.arena(0));
  for (int i = 0; i != 100'000; ++i) {
    queue->push_back("x");
    queue->pop_front();
  }
  EXPECT_LE(live_blocks(segment.arena(0)), blocks + 4);
  for (int i = 0; i != 100'000; ++i) {
    queue->push_front("x");
    queue->pop_back();
  }
  EXPECT_LE(live_blocks(segment.arena(0)), 2 * blocks + 8);
  queue->clear();
  queue->shrink_to_fit();
  EXPECT_EQ(live_blocks(segment.arena(0)), 1U);
}

TEST(Deque, SortsInsertsAndErasesAnywhere) {
  deque<int> numbers(40);
  for (int i = 0; i != 40; ++i) {
    numbers[static_cast<std::size_t>(i)] = (i * 7) % 40;
  }
  std::sort(numbers.begin(), numbers.end());
  EXPECT_EQ(*numbers.insert(numbers.begin() + 3, 100), 100);
  EXPECT_EQ(*numbers.erase(numbers.begin(), numbers.begin() + 3), 100);
  EXPECT_EQ(*numbers.erase(numbers.end() - 2), 39);
  EXPECT_EQ(numbers.size(), 37U);
  EXPECT_EQ(numbers.back(), 39);
  numbers.insert(numbers.begin(), {7, 8});
  EXPECT_EQ(numbers[1], 8);
  EXPECT_EQ(erase(numbers, 8), 2U);
}

TEST(Deque, HasTheStoredBytesOfItsDescription) {
  deque<std::uint64_t> numbers;
  numbers.push_front(11);
  numbers.push_back(22);
  std::uint64_t stored[5];
  std::memcpy(stored, &numbers, sizeof(stored));
  EXPECT_EQ(stored[4], 2U);
  const std::uint64_t block_elements = 1024 / sizeof(std::uint64_t);
  for (const std::uint64_t i : {std::uint64_t{0}, std::uint64_t{1}}) {
    const std::uint64_t position = stored[3] + i;
    const char* const link = reinterpret_cast<const char*>(&numbers) +
                             static_cast<std::int64_t>(stored[0]) + 8 * (position / block_elements);
    std::int64_t distance = 0;
    std::memcpy(&distance, link, 8);
    std::uint64_t element = 0;
    std::memcpy(&element, link + distance + 8 * (position % block_elements), 8);
    EXPECT_EQ(element, 11 * (i + 1));
  }
}

TEST(Deque, StealsWithinAnArenaAndMovesAcross) {
  FakeSegment segment(2);
  using Texts = deque<string>;
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

TEST(Deque, OffersNoWayForContentsToLeave) {
  static_assert(closed<deque<int>>);
}

}  // namespace
}  // namespace ipcarc::test
