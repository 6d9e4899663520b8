// One process is held after each change that it makes in the segment in turn, while another uses
// the heap; then it goes on. So each window between a look and the store decided by it is open
// once.
#include <sys/wait.h>

#include <random>
#include <thread>
#include <utility>

#include "stepping.hpp"
#include "support/child_process.hpp"

namespace ipcarc::test {
namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t other_owner = 63;  // of what the held process takes

class Interleaving : public ::testing::Test {
 protected:
  Interleaving() {
    for (const std::uint64_t bytes : {64U, 100U, 600U, 2000U}) {
      for (int i = 0; i < 4; ++i) {
        kept_.push_back(take(bytes));
      }
    }
  }

  struct Block {
    std::uint64_t offset;
    std::uint64_t bytes;
    std::uint64_t mark;
  };
  Block take(std::uint64_t bytes) {
    std::uint64_t usable = 0;
    const std::uint64_t offset = heap().allocate(bytes, user_.owner(), usable);
    Pattern::write(user_.memory(offset), usable, ++mark_);
    return {offset, usable, mark_};
  }
  bool intact(const Block& block) {
    return user_.heap().owner_of(block.offset) == user_.owner() &&
           Pattern::matches(user_.memory(block.offset), block.bytes, block.mark);
  }

  /// Takes all that there is in blocks of several sizes, so that pages change hands and classes,
  /// and gives it back.
  void use_everything() {
    std::vector<Block> blocks;
    for (const std::uint64_t bytes : {100U, 3000U, 64U, 600U, 2000U, 100U}) {
      try {
        for (int i = 0; i < 1000; ++i) {
          blocks.push_back(take(bytes));
        }
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::out_of_memory);
      }
      // All but one, so that the next size finds pages that were recycled and one that was not.
      while (blocks.size() > 1) {
        EXPECT_TRUE(intact(blocks.back()));
        heap().free(blocks.back().offset);
        blocks.pop_back();
      }
    }
    for (const Block& block : blocks) {
      heap().free(block.offset);
    }
    EXPECT_TRUE(std::all_of(kept_.begin(), kept_.end(), [&](const Block& b) { return intact(b); }));
  }

  /// Holds a child that runs `operation` after each change, and meanwhile uses everything here. The
  /// child leaves blocks of `other_owner`: as many as `expected`. With a stride, the first change and
  /// some of the others, other ones in other runs.
  template <class Prepare>
  void hold_everywhere(Prepare prepare, std::uint64_t expected, std::uint64_t stride = 1) {
    std::uint64_t holds = 0;
    std::uint64_t step = 1 + std::random_device{}() % stride;  // to the second; then the stride
    bool more = true;
    for (std::uint64_t held = 1; more && !HasFailure(); held += std::exchange(step, stride)) {
      ++holds;
      Child child([&] {
        const auto operation = prepare();
        ::_exit(run_stepping(user_, What::tables, held, SIGSTOP, operation) ? 0 : 100);
      });
      int status = 0;
      ASSERT_EQ(::waitpid(child.pid(), &status, WUNTRACED), child.pid());
      if (WIFSTOPPED(status)) {
        // What waits for the held process waits until it goes on.
        std::thread waker([&child] {
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
          child.send(SIGCONT);
        });
        use_everything();
        waker.join();
        EXPECT_TRUE(child.wait().ok());
      } else {
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 100) << status;
        more = false;
      }
      std::uint64_t blocks = 0;
      user_.heap().for_each_block([&](std::uint64_t, std::uint64_t, std::uint32_t owner) {
        blocks += owner == other_owner ? 1 : 0;
      });
      EXPECT_EQ(blocks, expected) << "held after change " << held;
      const std::uint32_t owners[] = {other_owner};
      heap().free_owned_by(owners);
      user_.reap();
      use_everything();
      user_.expect_clean();
    }
    EXPECT_GE(holds, 2U);
    std::printf("held %llu times\n", static_cast<unsigned long long>(holds - 1));
  }
  detail::Heap& heap() { return user_.heap(); }

  const RegistryName name_{"interleaving"};
  HeapUser user_{name_, 320 * 1024};
  std::uint64_t mark_ = 0;
  std::vector<Block> kept_;
};

TEST_F(Interleaving, OfWhoTakesABlock) {
  hold_everywhere([&] { return [&] { heap().allocate(100, other_owner); }; }, 1);
}

TEST_F(Interleaving, OfWhoFreesTheLastBlockOfAPage) {
  hold_everywhere(
      [&] {
        const std::uint64_t offset = heap().allocate(1200, other_owner);
        return [&, offset] { heap().free(offset); };
      },
      0);
}

TEST_F(Interleaving, OfWhoTakesAPage) {
  hold_everywhere([&] { return [&] { heap().allocate(1300, other_owner); }; }, 1);
}

TEST_F(Interleaving, OfWhoRecyclesEmptyPages) {
  hold_everywhere(
      [&] {
        for (int i = 0; i < 4; ++i) {
          heap().free(heap().allocate(300U << i, other_owner));
        }
        return [&] { EXPECT_THROW(heap().allocate(50 * page, other_owner), Error); };
      },
      0, 29);
}

TEST_F(Interleaving, OfWhoTakesAndFreesARun) {
  hold_everywhere(
      [&] {
        return [&] {
          heap().free(heap().allocate(2 * page, other_owner));
          heap().allocate(3 * page, other_owner);
        };
      },
      1);
}

}  // namespace
}  // namespace ipcarc::test
