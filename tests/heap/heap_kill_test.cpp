// Kills at every point: a child steps through an operation instruction by instruction, is killed
// after each that changed the segment, and what is left must be whole.
#include <cstring>
#include <random>

#include "ipcarc/detail/arena.hpp"
#include "stepping.hpp"
#include "support/child_process.hpp"

namespace ipcarc::test {
namespace {

constexpr std::uint64_t page = 4096;

/// Runs `prepare`, then what it returns up to the instruction that makes the segment's `changes`-th
/// change, in a child that is killed there. False if it came to the end first.
template <class Prepare>
bool kill_after(HeapUser& user, What what, std::uint64_t changes, Prepare prepare) {
  Child child([&] { run_stepping(user, what, changes, SIGKILL, prepare()); });
  const Exit exit = child.wait();
  EXPECT_TRUE(exit.ok() || exit.killed_by(SIGKILL)) << exit;
  return exit.killed_by(SIGKILL);
}

/// Kills after every `stride`-th change that the operation makes, and calls `survive` each time.
template <class Prepare, class Survive>
void kill_everywhere(HeapUser& user, What what, std::uint64_t stride, Prepare prepare,
                     Survive survive) {
  std::uint64_t kills = 0;
  // With a stride, other changes in other runs.
  const std::uint64_t first = 1 + std::random_device{}() % stride;
  for (std::uint64_t changes = first; kill_after(user, what, changes, prepare); changes += stride) {
    ++kills;
    survive();
    ASSERT_FALSE(testing::Test::HasFailure()) << "killed after change " << changes;
  }
  EXPECT_GE(kills, 1U);
  std::printf("%llu kills\n", static_cast<unsigned long long>(kills));
}

class HeapKills : public ::testing::Test {
 protected:
  HeapKills() {
    // Some of everything, and free pages in between.
    for (const std::uint64_t bytes : {64U, 100U, 600U, 5000U, 9000U}) {
      for (int i = 0; i < 3; ++i) {
        kept_.push_back(user_.heap().allocate(bytes, user_.owner()));
        gone_.push_back(user_.heap().allocate(bytes, user_.owner()));
      }
    }
    for (const std::uint64_t offset : gone_) {
      user_.heap().free(offset);
    }
    used_ = user_.used_bytes();
  }

  void expect_whole() {
    ASSERT_EQ(user_.reap(), 1U);
    ASSERT_EQ(user_.used_bytes(), used_);
    user_.expect_clean();
    for (const std::uint64_t bytes : {64U, 600U, 5000U, 20'000U}) {
      user_.heap().free(user_.heap().allocate(bytes, user_.owner()));
    }
    ASSERT_EQ(user_.used_bytes(), used_);
  }
  detail::Heap& heap() { return user_.heap(); }
  std::uint32_t owner() const { return user_.owner(); }

  const RegistryName name_{"heap_kill"};
  HeapUser user_{name_, 320 * 1024};
  std::vector<std::uint64_t> kept_;
  std::vector<std::uint64_t> gone_;
  std::uint64_t used_ = 0;
};

TEST_F(HeapKills, WhileABlockIsAllocated) {
  kill_everywhere(
      user_, What::tables, 1, [&] { return [&] { heap().allocate(100, owner()); }; },
      [&] { expect_whole(); });
}

TEST_F(HeapKills, WhileABlockIsFreed) {
  kill_everywhere(
      user_, What::tables, 1,
      [&] {
        const std::uint64_t offset = heap().allocate(100, owner());
        return [&, offset] { heap().free(offset); };
      },
      [&] { expect_whole(); });
}

TEST_F(HeapKills, WhileAPageIsTaken) {
  kill_everywhere(
      user_, What::tables, 1, [&] { return [&] { heap().allocate(1500, owner()); }; },
      [&] { expect_whole(); });
}

TEST_F(HeapKills, WhileARunIsAllocated) {
  kill_everywhere(
      user_, What::tables, 1, [&] { return [&] { heap().allocate(3 * page, owner()); }; },
      [&] { expect_whole(); });
}

TEST_F(HeapKills, WhileTheHeapGrows) {
  const RegistryName name("heap_kill");
  HeapUser user(name, std::uint64_t{1} << 20);
  kill_everywhere(
      user, What::tables, 5, [&] { return [&] { user.heap().allocate(70 * page, user.owner()); }; },
      [&] {
        ASSERT_EQ(user.reap(), 1U);
        ASSERT_EQ(user.used_bytes(), 0U);
        user.expect_clean();
        // As before the growth, for the next to grow.
        user.segment().header().heap.page_limit = 0;
      });
}

TEST_F(HeapKills, WhileARunIsFreed) {
  kill_everywhere(
      user_, What::tables, 1,
      [&] {
        const std::uint64_t offset = heap().allocate(5 * page, owner());
        return [&, offset] { heap().free(offset); };
      },
      [&] { expect_whole(); });
}

TEST_F(HeapKills, WhileEmptyPagesAreRecycledAndMemoryGivenBack) {
  const std::uint64_t most = user_.stats().heap_bytes_capacity;
  kill_everywhere(
      user_, What::tables, 5,
      [&, most] { return [&, most] { EXPECT_THROW(heap().allocate(most, owner()), Error); }; },
      [&] { expect_whole(); });
}

TEST_F(HeapKills, WhileTheLeavingsOfAnotherAreFreed) {
  // The child frees as a reaper does: what it was killed before, the next does.
  constexpr std::uint32_t dead = 60;
  kill_everywhere(
      user_, What::tables, 2,
      [&] {
        return [&] {
          const std::uint32_t owners[] = {dead};
          heap().free_owned_by(owners);
          heap().drop_claims(dead);
        };
      },
      [&] {
        const std::uint32_t owners[] = {dead};
        heap().free_owned_by(owners);
        expect_whole();
        for (const std::uint64_t bytes : {100U, 100U, 9000U}) {
          heap().allocate(bytes, dead);
        }
        used_ = user_.used_bytes() - 128 - 128 - 3 * page;
      });
}

TEST_F(HeapKills, WhileARegionIsCreatedAndFreed) {
  kill_everywhere(
      user_, What::tables_and_pages, 4,
      [&] {
        return [&] {
          std::atomic<std::uint64_t> root{detail::create_region(heap(), owner(), 64, 300, 8, true)};
          detail::Arena* arena = detail::arena_of(user_.memory(root + 64));
          detail::arena_allocate(arena, 300, 8);
          detail::arena_allocate(arena, 8000, 8);
          detail::free_region(heap(), root, owner(), true);
        };
      },
      [&] { expect_whole(); });
}

/// An object of the survivor's, whose guard the victim holds: its arena goes on after what the
/// guard's death left is scrubbed.
class ArenaKills : public HeapKills {
 protected:
  ArenaKills() { renew(); }

  void renew() {
    detail::free_region(heap(), roots_[0], object, true);
    const std::uint32_t owners[] = {object};
    heap().free_owned_by(owners);
    used_ = user_.used_bytes();
    roots_[0] = detail::create_region(heap(), object, 64, 100, 8, true);
    live_.clear();
    spare_.clear();
    for (const std::size_t bytes : {16U, 40U, 40U, 40U, 200U, 600U, 5000U, 8000U, 5000U}) {
      take(live_, bytes);
      take(spare_, bytes);
    }
  }
  detail::Arena* arena() { return detail::arena_of(user_.memory(roots_[0] + 64)); }

  struct Piece {
    std::byte* memory;
    std::size_t bytes;
  };
  void take(std::vector<Piece>& into, std::size_t bytes) {
    auto* memory = static_cast<std::byte*>(detail::arena_allocate(arena(), bytes, 8));
    std::memset(memory, static_cast<int>(bytes % 251), bytes);
    into.push_back({memory, bytes});
  }
  static bool intact(const Piece& piece) {
    return std::all_of(piece.memory, piece.memory + piece.bytes,
                       [&](std::byte b) { return b == std::byte(piece.bytes % 251); });
  }

  void expect_usable() {
    ASSERT_EQ(user_.reap(), 1U);
    std::uint64_t freed = 0;
    ASSERT_TRUE(detail::scrub_regions(heap(), object, roots_, freed));
    std::vector<Piece> all;
    for (int i = 0; i < 60; ++i) {
      take(all, 16 + static_cast<std::size_t>(i) * 97 % (i % 10 == 0 ? 9000 : 700));
    }
    for (const Piece& piece : live_) {
      ASSERT_TRUE(intact(piece));
    }
    for (const Piece& piece : all) {
      ASSERT_TRUE(intact(piece));
      detail::arena_deallocate(arena(), piece.memory, piece.bytes, 8);
    }
    user_.expect_clean();
    renew();
    user_.expect_clean();
  }

  static constexpr std::uint32_t object = 61;
  std::atomic<std::uint64_t> roots_[2] = {};
  std::vector<Piece> live_;
  std::vector<Piece> spare_;
};

TEST_F(ArenaKills, WhilePiecesAreTaken) {
  kill_everywhere(
      user_, What::tables_and_pages, 2,
      [&] {
        return [&] {
          for (const std::size_t bytes : {40U, 600U, 5000U, 300U, 300U}) {
            detail::arena_allocate(arena(), bytes, 8);
          }
        };
      },
      [&] { expect_usable(); });
}

TEST_F(ArenaKills, WhilePiecesAreGivenBack) {
  kill_everywhere(
      user_, What::tables_and_pages, 4,
      [&] {
        return [&] {
          for (const Piece& piece : spare_) {
            detail::arena_deallocate(arena(), piece.memory, piece.bytes, 8);
          }
        };
      },
      [&] { expect_usable(); });
}

TEST_F(ArenaKills, WhilePiecesAreTakenFromLists) {
  kill_everywhere(
      user_, What::tables_and_pages, 4,
      [&] {
        for (const Piece& piece : spare_) {
          detail::arena_deallocate(arena(), piece.memory, piece.bytes, 8);
        }
        return [&] {
          for (const Piece& piece : spare_) {
            detail::arena_allocate(arena(), piece.bytes, 8);
          }
        };
      },
      [&] { expect_usable(); });
}

}  // namespace
}  // namespace ipcarc::test
