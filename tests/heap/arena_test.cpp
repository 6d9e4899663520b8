// Arenas: pieces that are apart, aligned and used again; chunks that come and go; a second mapping
// at another address.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <random>

#include "heap_user.hpp"
#include "ipcarc/detail/arena.hpp"
#include "ipcarc/detail/arena_paths.hpp"

namespace ipcarc::test {
namespace {

using detail::Arena;
using detail::arena_allocate;
using detail::arena_deallocate;

class Arenas : public ::testing::Test {
 protected:
  std::uint64_t create(std::uint64_t payload_bytes = 64) {
    return detail::create_region(user_.heap(), user_.owner(), 64, payload_bytes, 8, true);
  }
  Arena* arena_in(std::uint64_t root) { return detail::arena_of(user_.memory(root + 64)); }
  std::uint64_t blocks() {
    std::uint64_t count = 0;
    user_.heap().for_each_block([&](auto...) { ++count; });
    return count;
  }

  const RegistryName name_{"arenas"};
  HeapUser user_{name_};
};

TEST_F(Arenas, WithoutFreesCostTheirHeaderAndNoLists) {
  const std::uint64_t root = create();
  Arena* arena = arena_in(root);
  ASSERT_NE(arena, nullptr);
  EXPECT_EQ(reinterpret_cast<std::byte*>(arena), user_.memory(root + 16));
  for (int i = 0; i < 1000; ++i) {
    arena_allocate(arena, 24, 8);
  }
  EXPECT_EQ(arena->lists, 0);
  EXPECT_LE(user_.used_bytes(), 128 + 1000 * 32 * 2U);
}

TEST_F(Arenas, TheLastPieceGoesBackToTheCursor) {
  Arena* arena = arena_in(create(1000));
  void* first = arena_allocate(arena, 30, 1);
  arena_deallocate(arena, first, 30, 1);
  EXPECT_EQ(arena_allocate(arena, 17, 1), first);
}

TEST_F(Arenas, FreedPiecesAreUsedAgain) {
  Arena* arena = arena_in(create());
  std::vector<void*> pieces;
  for (const std::size_t bytes : {16U, 48U, 500U, 600U, 1100U, 4096U}) {
    for (int i = 0; i < 50; ++i) {
      pieces.push_back(arena_allocate(arena, bytes, 16));
    }
    for (void* piece : pieces) {
      arena_deallocate(arena, piece, bytes, 16);
    }
    const std::uint64_t used = user_.used_bytes();
    for (int round = 0; round < 20; ++round) {
      for (void*& piece : pieces) {
        piece = arena_allocate(arena, bytes, 16);
      }
      std::shuffle(pieces.begin(), pieces.end(), std::mt19937{1});
      for (void* piece : pieces) {
        arena_deallocate(arena, piece, bytes, 16);
      }
    }
    EXPECT_LE(user_.used_bytes(), used + 2 * 32768) << bytes;
    pieces.clear();
  }
}

TEST_F(Arenas, LargePiecesAreChunksThatGoBackAlone) {
  const std::uint64_t root = create();
  Arena* arena = arena_in(root);
  std::vector<std::pair<void*, std::size_t>> pieces;
  const std::uint64_t before = blocks();
  for (const std::size_t bytes : {4097U, 10'000U, 32'768U, 70'000U, 5000U, 1'000'000U, 4097U}) {
    pieces.emplace_back(arena_allocate(arena, bytes, 16), bytes);
    std::memset(pieces.back().first, 0x77, bytes);
  }
  EXPECT_EQ(blocks(), before + pieces.size());
  std::shuffle(pieces.begin(), pieces.end(), std::mt19937{3});
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    arena_deallocate(arena, pieces[i].first, pieces[i].second, 16);
    EXPECT_EQ(blocks(), before + pieces.size() - 1 - i);
  }
  // A link back that a death left stale is walked around.
  void* first = arena_allocate(arena, 5000, 16);
  void* second = arena_allocate(arena, 5000, 16);
  const auto link_of = [&](void* piece) {
    std::uint64_t start = 0;
    user_.heap().owner_of(user_.segment().offset_of(piece), &start);
    return user_.segment().at<detail::ChunkLink>(start + 16);
  };
  link_of(first)->previous = 12345;
  arena_deallocate(arena, first, 5000, 16);
  link_of(second)->previous = user_.segment().geometry().heap + 64;
  arena_deallocate(arena, second, 5000, 16);
  EXPECT_EQ(blocks(), before);
  std::atomic<std::uint64_t> freed{root};
  detail::free_region(user_.heap(), freed, user_.owner(), true);
  EXPECT_EQ(blocks(), 0U);
}

TEST_F(Arenas, PiecesAreAsAlignedAsWanted) {
  Arena* arena = arena_in(create());
  std::mt19937 random(5);
  std::map<std::uintptr_t, std::size_t> live;
  for (int i = 0; i < 3000; ++i) {
    const std::size_t alignment = std::size_t{1} << random() % 13;
    const std::size_t bytes = 1 + random() % (random() % 10 == 0 ? 20'000 : 600);
    const auto piece = reinterpret_cast<std::uintptr_t>(arena_allocate(arena, bytes, alignment));
    EXPECT_EQ(piece % alignment, 0U);
    EXPECT_EQ(piece % 16, 0U);
    const auto after = live.upper_bound(piece);
    EXPECT_TRUE(after == live.end() || piece + bytes <= after->first);
    EXPECT_TRUE(after == live.begin() ||
                std::prev(after)->first + std::prev(after)->second <= piece);
    live.emplace(piece, bytes);
    if (live.size() > 100) {
      const auto gone =
          std::next(live.begin(), static_cast<std::ptrdiff_t>(random() % live.size()));
      arena_deallocate(arena, reinterpret_cast<void*>(gone->first), gone->second, 1);
      live.erase(gone);
    }
  }
}

TEST_F(Arenas, AFullHeapLeavesAllAsItWas) {
  const RegistryName name("arenas");
  HeapUser user(name, 256 * 1024);
  std::atomic<std::uint64_t> root{detail::create_region(user.heap(), 1, 64, 64, 8, true)};
  Arena* arena = detail::arena_of(user.memory(root + 64));
  EXPECT_THROW(arena_allocate(arena, 1 << 20, 16), Error);
  const volatile std::size_t far_too_much = ~std::size_t{0} - 100;
  EXPECT_THROW(arena_allocate(arena, far_too_much, 16), Error);
  std::vector<void*> pieces;
  const auto fill = [&] {
    try {
      for (;;) {
        pieces.push_back(arena_allocate(arena, 100, 16));
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::out_of_memory);
    }
  };
  fill();
  EXPECT_GE(user.used_bytes(), user.stats().heap_bytes_capacity * 95 / 100);
  // Freeing works without memory for lists.
  const std::size_t count = pieces.size();
  for (void* piece : pieces) {
    arena_deallocate(arena, piece, 100, 16);
  }
  pieces.clear();
  fill();
  EXPECT_GE(pieces.size(), count - 10);
  detail::free_region(user.heap(), root, 1, true);
  EXPECT_EQ(user.used_bytes(), 0U);
  user.expect_clean();
}

TEST_F(Arenas, RandomUseOfSeveralAtOnceKeepsEveryByte) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  struct Piece {
    std::size_t region;
    void* memory;
    std::size_t bytes;
    std::uint64_t mark;
  };
  std::vector<std::uint64_t> roots;
  for (std::uint64_t i = 0; i < 5; ++i) {
    roots.push_back(create(1 + i * 300));
  }
  // The same segment through a second mapping, as another process may have it.
  const std::size_t file_bytes = user_.segment().geometry().file_bytes;
  const int file = ::open(name_.path().c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  auto* mirror =
      static_cast<std::byte*>(::mmap(nullptr, file_bytes, PROT_READ, MAP_SHARED, file, 0));
  ::close(file);
  ASSERT_NE(mirror, MAP_FAILED);
  std::vector<Piece> live;
  std::uint64_t mark = 0;
  for (int i = 0; i < 300'000; ++i) {
    if (live.empty() || random() % 100 < (i / 30'000 % 2 == 0 ? 55U : 45U)) {
      const std::size_t region = random() % roots.size();
      const std::size_t bytes =
          16 + random() % (std::size_t{1} << (3 + random() % (random() % 50 == 0 ? 16 : 8)));
      void* memory = arena_allocate(arena_in(roots[region]), bytes, 8);
      ASSERT_EQ(detail::arena_of(static_cast<std::byte*>(memory) + bytes - 1),
                arena_in(roots[region]));
      Pattern::write(static_cast<std::byte*>(memory), bytes, ++mark);
      live.push_back({region, memory, bytes, mark});
    } else {
      std::swap(live[random() % live.size()], live.back());
      const Piece piece = live.back();
      live.pop_back();
      ASSERT_TRUE(Pattern::matches(mirror + user_.segment().offset_of(piece.memory), piece.bytes,
                                   piece.mark));
      arena_deallocate(arena_in(roots[piece.region]), piece.memory, piece.bytes, 8);
    }
  }
  for (const Piece& piece : live) {
    ASSERT_TRUE(Pattern::matches(static_cast<std::byte*>(piece.memory), piece.bytes, piece.mark));
  }
  ::munmap(mirror, file_bytes);
  for (const std::uint64_t root : roots) {
    std::atomic<std::uint64_t> freed{root};
    detail::free_region(user_.heap(), freed, user_.owner(), true);
  }
  EXPECT_EQ(user_.used_bytes(), 0U);
  user_.expect_clean();
}

TEST_F(Arenas, AnotherParticipantAtAnotherAddressGoesOnWithThem) {
  const std::uint64_t root = create();
  HeapUser other(name_);
  ASSERT_NE(other.segment().base(), user_.segment().base());
  std::vector<std::pair<std::uint64_t, std::uint64_t>> pieces;
  std::mt19937 random(9);
  for (int i = 0; i < 20'000; ++i) {
    HeapUser& turn = i / 100 % 2 == 0 ? user_ : other;
    Arena* arena = detail::arena_of(turn.memory(root + 64));
    ASSERT_EQ(reinterpret_cast<std::byte*>(arena), turn.memory(root + 16));
    if (pieces.size() < 200 || random() % 2 == 0) {
      const std::uint64_t bytes = 8 + random() % (random() % 20 == 0 ? 9000 : 300);
      auto* piece = static_cast<std::byte*>(arena_allocate(arena, bytes, 8));
      Pattern::write(piece, bytes + (bytes < 16 ? 8 : 0), bytes);
      pieces.emplace_back(turn.segment().offset_of(piece), bytes);
    } else {
      std::swap(pieces[random() % pieces.size()], pieces.back());
      const auto [offset, bytes] = pieces.back();
      pieces.pop_back();
      ASSERT_TRUE(Pattern::matches(turn.memory(offset), bytes + (bytes < 16 ? 8 : 0), bytes));
      arena_deallocate(arena, turn.memory(offset), bytes, 8);
    }
  }
  std::atomic<std::uint64_t> freed{root};
  detail::free_region(other.heap(), freed, user_.owner(), true);
  EXPECT_EQ(user_.used_bytes(), 0U);
  user_.expect_clean();
}

TEST(ProcessHeap, ServesWhatLiesInNoSegment) {
  for (const std::size_t alignment : {1U, 16U, 64U, 4096U}) {
    void* memory = arena_allocate(nullptr, 100, alignment);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % alignment, 0U);
    arena_deallocate(nullptr, memory, 100, alignment);
  }
}

}  // namespace
}  // namespace ipcarc::test
