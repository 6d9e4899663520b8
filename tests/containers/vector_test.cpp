// ipcarc::vector: its interface, where its elements live, and what it stores.
#include <ipcarc/containers/vector.hpp>

#include <algorithm>
#include <list>
#include <memory>
#include <numeric>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ipcarc/containers/string.hpp>

#include "containers/closed.hpp"
#include "support/arena_double.hpp"

namespace ipcarc::test {
namespace {

const std::string long_text = "a text that is too long to be stored inside of a string";

// Counts its objects, and throws on demand.
struct Counted {
  static inline int alive = 0;
  static inline int copies_left = 1'000'000;
  int value;
  explicit Counted(int number) : value(number) { ++alive; }
  Counted(const Counted& other) : value(other.value) {
    if (copies_left-- == 0) {
      throw std::runtime_error("no more copies");
    }
    ++alive;
  }
  Counted(Counted&& other) noexcept : value(std::exchange(other.value, -1)) { ++alive; }
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&& other) noexcept {
    value = std::exchange(other.value, -1);
    return *this;
  }
  ~Counted() { --alive; }
  friend bool operator==(const Counted& left, int right) { return left.value == right; }
};

TEST(Vector, HasTheStoredBytesOfItsDescription) {
  const vector<int> numbers{1, 2, 3};
  std::int64_t stored[3];
  std::memcpy(stored, &numbers, sizeof(stored));
  EXPECT_EQ(reinterpret_cast<const char*>(&numbers) + stored[0],
            reinterpret_cast<const char*>(numbers.data()));
  EXPECT_EQ(stored[1], 3);
  EXPECT_EQ(static_cast<std::size_t>(stored[2]), numbers.capacity());
}

TEST(Vector, TakesNothingUntilItHoldsSomething) {
  FakeSegment segment(1);
  Placed<vector<int>> numbers(segment.arena(0));
  EXPECT_EQ(live_blocks(segment.arena(0)), 1U);
  EXPECT_TRUE(numbers->empty());
  EXPECT_EQ(numbers->begin(), numbers->end());
  numbers->push_back(1);
  EXPECT_EQ(live_blocks(segment.arena(0)), 2U);
  numbers->clear();
  numbers->shrink_to_fit();
  EXPECT_EQ(live_blocks(segment.arena(0)), 1U);
}

TEST(Vector, IsMadeFromEverythingThatHoldsElements) {
  EXPECT_EQ(vector<int>(3), (vector<int>{0, 0, 0}));
  EXPECT_EQ(vector<int>(2, 7), (vector<int>{7, 7}));
  const std::list<std::string> names{"a", "b"};
  EXPECT_EQ(vector<string>(names.begin(), names.end()), (vector<string>{"a", "b"}));
  EXPECT_EQ(vector<string>(names), (vector<string>{"a", "b"}));
  std::istringstream words("x y z");
  EXPECT_EQ(vector<string>(std::istream_iterator<std::string>(words),
                           std::istream_iterator<std::string>()),
            (vector<string>{"x", "y", "z"}));
  const vector<string> ours(names);
  EXPECT_EQ(std::vector<std::string>(ours.begin(), ours.end()),
            (std::vector<std::string>{"a", "b"}));
}

TEST(Vector, PushesItsOwnElements) {
  vector<string> texts{long_text};
  for (int i = 0; i != 100; ++i) {
    texts.push_back(texts[0]);
    texts.insert(texts.begin(), texts.back());
  }
  EXPECT_EQ(texts.size(), 201U);
  EXPECT_EQ(std::count(texts.begin(), texts.end(), long_text), 201);
}

TEST(Vector, KeepsContentsInItsArena) {
  FakeSegment segment(1);
  Placed<vector<string>> texts(segment.arena(0));
  const std::string local = long_text;
  texts->push_back(local);
  texts->emplace_back(local);
  texts->insert(texts->begin(), local);
  texts->insert(texts->begin() + 1, 3, local);
  texts->insert_range(texts->begin() + 2, std::vector<std::string>{local, local});
  texts->resize(20, local);
  texts->emplace(texts->begin() + 4, std::size_t{50}, 'x');
  std::sort(texts->begin(), texts->end());
  std::rotate(texts->begin(), texts->begin() + 5, texts->end());
  std::swap(texts->front(), texts->back());
  EXPECT_EQ(texts->size(), 21U);
  for (const string& text : *texts) {
    EXPECT_EQ(detail::arena_of(text.data()), segment.arena(0));
  }
  EXPECT_EQ(segment.mirrored(*texts), *texts);
}

TEST(Vector, NestsWithoutCopyingWhenItGrows) {
  FakeSegment segment(1);
  Placed<vector<vector<string>>> rows(segment.arena(0));
  rows->emplace_back(vector<string>{long_text});
  const char* const characters = rows->front().front().data();
  for (int i = 0; i != 100; ++i) {
    rows->emplace(rows->begin());
  }
  EXPECT_EQ(rows->back().front().data(), characters);
}

TEST(Vector, StealsWithinAnArenaAndMovesAcross) {
  FakeSegment segment(2);
  Placed<vector<string>> from(segment.arena(0), std::vector<std::string>(10, long_text));
  const string* const elements = from->data();
  Placed<vector<string>> near(segment.arena(0), std::move(*from));
  EXPECT_EQ(near->data(), elements);
  EXPECT_TRUE(from->empty());
  Placed<vector<string>> far(segment.arena(1), std::move(*near));
  EXPECT_TRUE(near->empty());
  EXPECT_EQ(far->size(), 10U);
  EXPECT_EQ(detail::arena_of(far->data()), segment.arena(1));
  EXPECT_EQ(detail::arena_of(far->front().data()), segment.arena(1));
  swap(*near, *far);
  EXPECT_TRUE(far->empty());
  EXPECT_EQ(detail::arena_of(near->front().data()), segment.arena(0));
  vector<string> local = std::move(*near);
  EXPECT_EQ(detail::arena_of(local.front().data()), nullptr);
  *far = local;
  EXPECT_EQ(*far, local);
  *far = std::move(local);
  EXPECT_TRUE(local.empty());
}

TEST(Vector, InsertsAndErasesAnywhere) {
  vector<int> numbers(10);
  std::iota(numbers.begin(), numbers.end(), 0);
  EXPECT_EQ(*numbers.insert(numbers.begin() + 5, 50), 50);
  EXPECT_EQ(*numbers.erase(numbers.begin()), 1);
  numbers.insert(numbers.end(), {20, 21});
  numbers.erase(numbers.begin() + 2, numbers.begin() + 6);
  EXPECT_EQ(numbers, (vector<int>{1, 2, 6, 7, 8, 9, 20, 21}));
  EXPECT_EQ(erase_if(numbers, [](int number) { return number > 8; }), 3U);
  EXPECT_EQ(erase(numbers, 6), 1U);
  EXPECT_EQ(numbers, (vector<int>{1, 2, 7, 8}));
  numbers.assign(2, 9);
  EXPECT_EQ(numbers, (vector<int>{9, 9}));
  EXPECT_THROW(static_cast<void>(numbers.at(2)), std::out_of_range);
}

TEST(Vector, ComparesLexicographically) {
  EXPECT_LT((vector<int>{1, 2}), (vector<int>{1, 3}));
  EXPECT_LT((vector<string>{"a"}), (vector<string>{"a", "b"}));
  struct OnlyLess {
    int value;
    bool operator<(const OnlyLess& other) const { return value < other.value; }
  };
  EXPECT_TRUE((vector<OnlyLess>{{1}} < vector<OnlyLess>{{2}}));
}

TEST(Vector, LeavesNothingWhenAConstructorThrows) {
  FakeSegment segment(1);
  const std::vector<Counted> source{Counted(1), Counted(2), Counted(3)};
  Counted::copies_left = 2;
  EXPECT_THROW(Placed<vector<Counted>>(segment.arena(0), source), std::runtime_error);
  EXPECT_EQ(Counted::alive, 3);
  EXPECT_EQ(live_blocks(segment.arena(0)), 0U);
  Counted::copies_left = 1'000'000;
}

TEST(Vector, HoldsWhatItHeldWhenInsertionThrows) {
  {
    vector<Counted> numbers;
    numbers.reserve(8);
    for (int i = 0; i != 4; ++i) {
      numbers.emplace_back(i);
    }
    const Counted extra(9);
    for (const int copies : {0, 1, 2}) {
      Counted::copies_left = copies;
      EXPECT_THROW(numbers.insert(numbers.begin() + 1, 3, extra), std::runtime_error);
      ASSERT_EQ(numbers.size(), 4U);
      for (int i = 0; i != 4; ++i) {
        EXPECT_EQ(numbers[static_cast<std::size_t>(i)], i);
      }
    }
    Counted::copies_left = 0;
    numbers.shrink_to_fit();
    EXPECT_THROW(numbers.push_back(extra), std::runtime_error);
    EXPECT_EQ(numbers.size(), 4U);
    EXPECT_EQ(numbers[3], 3);
    Counted::copies_left = 1'000'000;
  }
  EXPECT_EQ(Counted::alive, 0);
}

TEST(Vector, IsUnchangedWhenMemoryRunsOut) {
  FakeSegment segment(1);
  Placed<vector<string>> texts(segment.arena(0), std::vector<std::string>(4, long_text));
  const vector<string> before = *texts;
  texts->shrink_to_fit();
  for (std::size_t allowed = 0; allowed != 2; ++allowed) {
    fail_allocations_after(allowed);
    EXPECT_THROW(texts->push_back(before[0]), std::bad_alloc);
    EXPECT_THROW(texts->insert(texts->begin(), before[0]), std::bad_alloc);
    allow_allocations();
    EXPECT_EQ(*texts, before);
  }
}

TEST(Vector, HoldsTypesThatOnlyMove) {
  vector<std::optional<std::unique_ptr<int>>> pointers;
  for (int i = 0; i != 20; ++i) {
    pointers.emplace(pointers.begin(), std::make_unique<int>(i));
  }
  pointers.erase(pointers.begin() + 1);
  EXPECT_EQ(**pointers.front(), 19);
  EXPECT_EQ(**pointers[1], 17);
}

TEST(Vector, HoldsItsOwnKindIncomplete) {
  struct Node {
    string name;
    vector<Node> children;
  };
  FakeSegment segment(1);
  Placed<Node> root(segment.arena(0), Node{"root", {}});
  root->children.push_back(Node{long_text, {}});
  root->children[0].children.emplace_back(Node{"leaf", {}});
  EXPECT_EQ(segment.mirrored(*root).children[0].children[0].name, "leaf");
}

TEST(Vector, OffersNoWayToItsArena) {
  static_assert(closed<vector<int>>);
  static_assert(!closed<std::vector<int, detail::allocator<int>>>, "or closed would say nothing");
  static_assert(std::is_same_v<vector<int>::iterator, int*>);
}

}  // namespace
}  // namespace ipcarc::test
