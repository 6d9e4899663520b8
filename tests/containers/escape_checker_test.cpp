// The escape checker finds planted escapes of each kind, and nothing where there is none.
#include "support/escape_checker.hpp"

#include <cstring>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <boost/interprocess/offset_ptr.hpp>

#include "containers/model.hpp"
#include "support/arena_double.hpp"

namespace ipcarc::test {
namespace {

using boost::interprocess::offset_ptr;

const std::string long_text = "a text that is too long to be stored inside of a string";
int in_static_memory = 0;

class EscapeChecker : public testing::Test {
 protected:
  struct Slot {
    void* absolute = nullptr;
    offset_ptr<void> relative;
  };

  std::vector<Escape> scanned() const {
    std::vector<Range> forbidden = process_memory_except({segment_.range()});
    forbidden.push_back(segment_.used(1));
    return scan(segment_.used(0), segment_.range(), forbidden);
  }
  void expect_found(void* target, const char* what) {
    EXPECT_EQ(scanned().size(), 0U);
    slot_->absolute = target;
    EXPECT_EQ(scanned().size(), 1U) << "absolute, to " << what;
    slot_->absolute = nullptr;
    slot_->relative = target;
    EXPECT_EQ(scanned().size(), 1U) << "relative, to " << what;
    slot_->relative = nullptr;
  }

  FakeSegment segment_{2};
  Placed<Slot> slot_{segment_.arena(0)};
};

TEST_F(EscapeChecker, FindsPointersOutOfASegment) {
  int on_the_stack = 0;
  expect_found(&on_the_stack, "the stack");
  const auto on_the_heap = std::make_unique<int>();
  expect_found(on_the_heap.get(), "the heap");
  const auto large = std::make_unique<std::byte[]>(1 << 22);
  expect_found(large.get() + 1000, "the middle of a large block of the heap");
  expect_found(&in_static_memory, "static memory");
  expect_found(reinterpret_cast<void*>(&std::fopen), "a library");
}

TEST_F(EscapeChecker, FindsPointersIntoAnotherArena) {
  Placed<string> other(segment_.arena(1), long_text);
  expect_found(&*other, "another arena");
  expect_found(other->data(), "a block of another arena");
}

TEST_F(EscapeChecker, FindsAbsoluteAddressesOfTheSegmentItself) {
  EXPECT_EQ(scanned().size(), 0U);
  slot_->relative = &*slot_;
  EXPECT_EQ(scanned().size(), 0U) << "a relative one is no escape";
  slot_->absolute = &*slot_;
  EXPECT_EQ(scanned().size(), 1U);
  slot_->absolute = const_cast<Slot*>(&segment_.mirrored(*slot_));
  EXPECT_EQ(scanned().size(), 1U) << "the other mapping";
}

TEST_F(EscapeChecker, FindsSegmentMemoryInPrivateContainers) {
  Placed<Slot> local(nullptr);
  const auto found = [&] {
    std::size_t escapes = 0;
    for (const Range& block : private_blocks()) {
      escapes += scan(block, {}, {segment_.range(), segment_.mirror_range()}).size();
    }
    return escapes;
  };
  EXPECT_EQ(found(), 0U);
  local->absolute = &*slot_;
  EXPECT_EQ(found(), 1U);
  local->absolute = nullptr;
  local->relative = &*slot_;
  EXPECT_EQ(found(), 1U);
}

// Puts the bytes of a container into another arena, as no container of ours would.
template <class T>
void expect_walk_finds_transplanted(FakeSegment& segment, const T& donor) {
  Walk at_home(segment.arena(0));
  at_home(donor);
  EXPECT_EQ(at_home.escapes().size(), 0U) << described(at_home.escapes());
  Placed<std::array<std::byte, sizeof(T)>> place(segment.arena(1));
  std::memcpy(static_cast<void*>(&*place), &donor, sizeof(T));
  Walk transplanted(segment.arena(1));
  transplanted(*reinterpret_cast<const T*>(&*place));
  EXPECT_GE(transplanted.escapes().size(), 1U);
}

TEST_F(EscapeChecker, WalksEachKindOfContainer) {
  // A copy whose relative links were made right, as a wrong move would make them: by raw relocation
  // to another arena.
  Placed<vector<string>> texts(segment_.arena(0), std::vector<std::string>(2, long_text));
  alignas(vector<string>) std::byte bytes[sizeof(vector<string>)];
  detail::access::relocate(&*texts, bytes);
  auto* const on_the_stack = reinterpret_cast<vector<string>*>(bytes);
  Walk walk(nullptr);
  walk(*on_the_stack);
  EXPECT_GE(walk.escapes().size(), 4U) << "a block's two ends, and each element with its block";
  detail::access::relocate(on_the_stack, &*texts);

  Placed<map<string, int>> numbers(segment_.arena(0));
  expect_walk_finds_transplanted(segment_, *numbers);
  Placed<unordered_map<string, int>> hashed(segment_.arena(0));
  expect_walk_finds_transplanted(segment_, *hashed);
  Placed<list<string>> names(segment_.arena(0));
  expect_walk_finds_transplanted(segment_, *names);
}

TEST_F(EscapeChecker, WalksMembersOfPlainTypes) {
  Placed<Record> record(segment_.arena(0));
  record->note = long_text;
  record->labels[1] = long_text;
  record->choice = string(long_text);
  std::get<1>(record->mixed)[1] = long_text;
  record->few = {string(long_text)};
  record->bounded = {string(long_text)};
  Walk at_home(segment_.arena(0));
  at_home(*record);
  EXPECT_EQ(at_home.escapes().size(), 0U) << described(at_home.escapes());
  Walk elsewhere(segment_.arena(1));
  elsewhere(*record);
  EXPECT_GE(elsewhere.escapes().size(), 20U);
}

}  // namespace
}  // namespace ipcarc::test
