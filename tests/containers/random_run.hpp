// A long random run over objects of one type in several arenas and in private memory, against std.
//
// Checked on the way: contents, through both mappings; that everything lies in its object's arena;
// that no word of a segment leads out of its arena, nor any word of private memory into a segment;
// that nothing is left at the end.
#pragma once

#include <chrono>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "containers/random_operations.hpp"
#include "support/arena_double.hpp"
#include "support/escape_checker.hpp"

namespace ipcarc::test {

/// `IPCARC_TEST_SCALE` times as much as usual.
inline std::size_t scaled(std::size_t count) {
  const char* const scale = std::getenv("IPCARC_TEST_SCALE");
  return scale == nullptr ? count : count * static_cast<std::size_t>(std::atoi(scale));
}

/// `IPCARC_TEST_SEED`, or one of the clock's.
inline std::uint64_t chosen_seed() {
  const char* const seed = std::getenv("IPCARC_TEST_SEED");
  return seed != nullptr
             ? std::strtoull(seed, nullptr, 10)
             : static_cast<std::uint64_t>(
                   std::chrono::steady_clock::now().time_since_epoch().count() % 1'000'000);
}

template <class T>
class RandomRun {
 public:
  explicit RandomRun(std::uint64_t seed) : random_(seed) {
    for (std::size_t i = 0; i != owners_per_home * homes; ++i) {
      owners_.push_back({home(i), std::make_unique<Placed<T>>(home(i)), Model<T>()});
    }
  }

  void run(std::size_t operations) {
    for (std::size_t i = 0; i != operations && !testing::Test::HasFailure(); ++i) {
      Owner& owner = owners_[random_(owners_.size())];
      Owner& other = owners_[random_(owners_.size())];
      if (failures_ && random_.one_in(40)) {
        fail_in_the_middle(owner, other);
      } else {
        change(owner, other);
      }
      ASSERT_TRUE(same<T>(**owner.object, owner.model)) << "after operation " << i;
      ASSERT_TRUE(same<T>(**other.object, other.model)) << "the other, after operation " << i;
      if (random_.one_in(50)) {
        check_home(owner);
      }
      if (i % 5000 == 4999) {
        check_all();
      }
    }
    check_all();
    owners_.clear();
    for (std::size_t i = 0; i != homes; ++i) {
      EXPECT_EQ(live_blocks(home(i)), 0U) << "home " << i;
    }
  }

 private:
  struct Owner {
    detail::Arena* arena;
    std::unique_ptr<Placed<T>> object;
    Model<T> model;
  };
  // Two arenas of one segment, one of another, and the process's heap.
  static constexpr std::size_t homes = 4;
  static constexpr std::size_t owners_per_home = 3;

  detail::Arena* home(std::size_t index) const {
    switch (index % homes) {
      case 0:
        return first_.arena(0);
      case 1:
        return first_.arena(1);
      case 2:
        return second_.arena(0);
      default:
        return nullptr;
    }
  }

  void change(Owner& owner, Owner& other) {
    T& ours = **owner.object;
    T& theirs = **other.object;
    const bool distinct = &owner != &other;
    switch (random_(24)) {
      case 0:
        ours = theirs, owner.model = other.model;
        break;
      case 1:
        if (distinct) {
          ours = std::move(theirs);
          owner.model = other.model;
          empty(other);
        }
        break;
      case 2: {
        using std::swap;
        swap(ours, theirs);
        if (distinct) {
          swap(owner.model, other.model);
        }
        break;
      }
      case 3:
        if (distinct) {
          owner.object = std::make_unique<Placed<T>>(owner.arena, std::as_const(theirs));
          owner.model = other.model;
        }
        break;
      case 4:
        if (distinct) {
          owner.object = std::make_unique<Placed<T>>(owner.arena, std::move(theirs));
          owner.model = other.model;
          empty(other);
        }
        break;
      case 5:
        owner.model = random_model<T>(random_);
        owner.object = std::make_unique<Placed<T>>(owner.arena, made_of<T>(owner.model));
        break;
      case 6: {
        const T local = theirs;
        ours = local;
        owner.model = other.model;
        break;
      }
      default:
        mutate<T>(ours, owner.model, random_);
    }
  }
  // What was moved from holds something valid; a container, nothing.
  void empty(Owner& owner) {
    if constexpr (shape<T> == Shape::sequence || shape<T> == Shape::map || shape<T> == Shape::set) {
      EXPECT_TRUE((*owner.object)->empty());
    }
    **owner.object = T();
    owner.model = Model<T>();
  }

  void fail_in_the_middle(Owner& owner, Owner& other) {
    fail_allocations_after(random_(6));
    try {
      change(owner, other);
      allow_allocations();
    } catch (const std::bad_alloc&) {
      allow_allocations();
      for (Owner* torn : {&owner, &other}) {
        check_home(*torn);
        try {
          torn->model = model_of(**torn->object);
        } catch (const std::bad_variant_access&) {
          // A variant that lost its value on the way.
          **torn->object = T();
          torn->model = Model<T>();
        }
      }
    }
  }

  void check_home(const Owner& owner) {
    Walk walk(owner.arena);
    walk(**owner.object);
    EXPECT_TRUE(walk.escapes().empty()) << described(walk.escapes());
  }

  void check_all() {
    for (const Owner& owner : owners_) {
      check_home(owner);
      const T& ours = **owner.object;
      if (owner.arena != nullptr) {
        const FakeSegment& segment = first_.range().contains(&ours) ? first_ : second_;
        ASSERT_TRUE(same<T>(segment.mirrored(ours), owner.model)) << "through the other mapping";
      }
    }
    const std::vector<Range> segments{first_.range(), first_.mirror_range(), second_.range(),
                                      second_.mirror_range()};
    const std::vector<Range> outside = process_memory_except({first_.range(), second_.range()});
    check_arena(first_, 0, outside, {first_.used(1), second_.range()});
    check_arena(first_, 1, outside, {first_.used(0), second_.range()});
    check_arena(second_, 0, outside, {first_.range()});
    for (const Range& block : private_blocks()) {
      const auto escapes = scan(block, {}, segments);
      EXPECT_TRUE(escapes.empty()) << "private memory: " << described(escapes);
    }
  }
  static void check_arena(const FakeSegment& segment, std::size_t index, std::vector<Range> outside,
                          const std::vector<Range>& others) {
    outside.insert(outside.end(), others.begin(), others.end());
    const auto escapes = scan(segment.used(index), segment.range(), outside);
    EXPECT_TRUE(escapes.empty()) << "arena " << index << ": " << described(escapes);
  }

  const bool failures_ = std::getenv("IPCARC_TEST_NO_FAILURES") == nullptr;
  FakeSegment first_{2};
  FakeSegment second_{1};
  Random random_;
  std::vector<Owner> owners_;
};

/// Runs with a seed that a failure reports.
template <class T>
void run_randomly(std::size_t operations) {
  const std::uint64_t seed = chosen_seed();
  SCOPED_TRACE("IPCARC_TEST_SEED=" + std::to_string(seed));
  testing::Test::RecordProperty("seed", std::to_string(seed));
  RandomRun<T>(seed).run(scaled(operations));
}

}  // namespace ipcarc::test
