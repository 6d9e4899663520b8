// Random use of a heap by many threads at once, each with an owner of its own.
#pragma once

#include <bit>
#include <cstdio>
#include <random>
#include <thread>

#include "heap_user.hpp"

namespace ipcarc::test {

/// One thread's random use of the heap, with a check of every byte pattern and tag.
class Hammer {
 public:
  Hammer(HeapUser& user, std::uint32_t owner, std::uint64_t seed)
      : user_(user), owner_(owner), random_(seed), mark_(seed << 32) {}

  void run(std::uint64_t operations, std::uint64_t most_bytes) {
    for (std::uint64_t i = 0; i < operations; ++i) {
      if (live_.empty() || random_() % 2 == 0) {
        allocate(1 + random_() % (std::uint64_t{1} << random_() % std::bit_width(most_bytes)));
      } else {
        free_one();
      }
    }
  }
  void free_all() {
    while (!live_.empty()) {
      free_one();
    }
  }
  std::uint64_t wrong() const { return wrong_; }
  std::uint64_t refused() const { return refused_; }

 private:
  struct Block {
    std::uint64_t offset;
    std::uint64_t bytes;
    std::uint64_t mark;
  };

  void allocate(std::uint64_t bytes) {
    try {
      std::uint64_t usable = 0;
      const std::uint64_t offset = user_.heap().allocate(bytes, owner_, usable);
      Pattern::write(user_.memory(offset), usable, ++mark_);
      live_.push_back({offset, usable, mark_});
    } catch (const Error& error) {
      wrong_ += error.code() != Errc::out_of_memory ? 1 : 0;
      ++refused_;
      if (!live_.empty()) {
        free_one();
      }
    }
  }
  void free_one() {
    std::swap(live_[random_() % live_.size()], live_.back());
    const Block block = live_.back();
    live_.pop_back();
    wrong_ += Pattern::matches(user_.memory(block.offset), block.bytes, block.mark) ? 0 : 1;
    wrong_ += user_.heap().owner_of(block.offset + block.bytes / 2) == owner_ ? 0 : 1;
    user_.heap().free(block.offset);
  }

  HeapUser& user_;
  std::uint32_t owner_;
  std::mt19937_64 random_;
  std::uint64_t mark_;
  std::vector<Block> live_;
  std::uint64_t wrong_ = 0;
  std::uint64_t refused_ = 0;
};

/// Printed, so that a failure can be looked into.
inline std::uint64_t seed_of_run() {
  const std::uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

/// `count` threads of this participant, until each has done its operations and freed all it had.
inline void hammer_with_threads(HeapUser& user, std::uint32_t count, std::uint64_t seed,
                                std::uint64_t operations, std::uint64_t most_bytes) {
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> wrong{0};
  for (std::uint32_t i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      Hammer hammer(user, user.owner() + i, seed * count + i);
      hammer.run(operations, most_bytes);
      hammer.free_all();
      wrong += hammer.wrong();
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(wrong, 0U);
}

}  // namespace ipcarc::test
