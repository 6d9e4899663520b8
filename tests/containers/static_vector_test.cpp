// ipcarc::static_vector: its elements inside, and its bound.
#include <ipcarc/containers/static_vector.hpp>

#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ipcarc/containers/string.hpp>

#include "containers/closed.hpp"
#include "support/arena_double.hpp"

namespace ipcarc::test {
namespace {

const std::string long_text = "a text that is too long to be stored inside of a string";

TEST(StaticVector, TakesNoMemory) {
  FakeSegment segment(1);
  Placed<static_vector<int, 4>> numbers(segment.arena(0), std::vector<int>{1, 2, 3, 4});
  EXPECT_EQ(live_blocks(segment.arena(0)), 1U);
  EXPECT_EQ(numbers->max_size(), 4U);
  EXPECT_EQ(segment.mirrored(*numbers), *numbers);
}

TEST(StaticVector, ThrowsAndStaysAsItWasWhenFull) {
  static_vector<string, 3> names{"a", "b"};
  names.push_back(string(long_text));
  EXPECT_THROW(names.push_back("d"), std::length_error);
  EXPECT_THROW(names.insert(names.begin(), "d"), std::length_error);
  EXPECT_THROW(names.resize(4), std::length_error);
  EXPECT_THROW(names.assign(4, "d"), std::length_error);
  names = {"a", "b", string(long_text)};
  EXPECT_THROW(names.insert(names.begin() + 1, 2, "d"), std::length_error);
  EXPECT_EQ(names, (static_vector<string, 3>{"a", "b", string(long_text)}));
}

TEST(StaticVector, KeepsContentsInItsArena) {
  FakeSegment segment(2);
  using Texts = static_vector<string, 8>;
  Placed<Texts> from(segment.arena(0), std::vector<std::string>(3, long_text));
  from->insert(from->begin() + 1, string(long_text));
  Placed<Texts> to(segment.arena(1), std::move(*from));
  EXPECT_TRUE(from->empty());
  swap(*from, *to);
  for (const string& text : *from) {
    EXPECT_EQ(detail::arena_of(text.data()), segment.arena(0));
  }
  EXPECT_EQ(from->size(), 4U);
}

TEST(StaticVector, OffersNoWayForContentsToLeave) {
  static_assert(closed<static_vector<int, 2>>);
}

}  // namespace
}  // namespace ipcarc::test
