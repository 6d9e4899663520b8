// Regions: an object version's chain of chunks, made, freed, and scrubbed of what a death left.
#include <cstdint>

#include "heap_user.hpp"
#include "ipcarc/detail/arena.hpp"
#include "ipcarc/detail/arena_layout.hpp"

namespace ipcarc::test {
namespace {

using detail::ChunkHeader;

TEST(Regions, PutThePayloadWhereItsAlignmentWantsIt) {
  EXPECT_EQ(detail::payload_offset(false, 1), 0U);
  EXPECT_EQ(detail::payload_offset(true, 1), 64U);
  EXPECT_EQ(detail::payload_offset(true, 64), 64U);
  const RegistryName name("regions");
  HeapUser user(name);
  for (std::size_t alignment = 1; alignment <= 4096; alignment *= 2) {
    for (const bool with_arena : {false, true}) {
      for (const std::uint64_t bytes : {1U, 100U, 5000U, 40'000U, 200'000U}) {
        const std::uint32_t offset = detail::payload_offset(with_arena, alignment);
        std::atomic<std::uint64_t> root{
            detail::create_region(user.heap(), user.owner(), offset, bytes,
                                  static_cast<std::uint32_t>(alignment), with_arena)};
        EXPECT_GE(user.heap().usable_bytes(root), offset + bytes);
        std::byte* payload = user.memory(root + offset);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(payload) % alignment, 0U) << alignment;
        if (with_arena) {
          // What the arena gives does not touch the payload, up to its last byte.
          std::fill_n(payload, bytes, std::byte{0x5A});
          detail::Arena* arena = detail::arena_of(payload + bytes - 1);
          for (int i = 0; i < 100; ++i) {
            std::fill_n(static_cast<std::byte*>(detail::arena_allocate(arena, 40, 8)), 40,
                        std::byte{0});
          }
          EXPECT_TRUE(std::all_of(payload, payload + bytes,
                                  [](std::byte b) { return b == std::byte{0x5A}; }));
        }
        detail::free_region(user.heap(), root, user.owner(), with_arena);
        EXPECT_EQ(root.load(), 0U);
        EXPECT_EQ(user.used_bytes(), 0U);
      }
    }
  }
  EXPECT_THROW(detail::create_region(user.heap(), 1, 64, ~std::uint64_t{0}, 8, true), Error);
  user.expect_clean();
}

TEST(Regions, OfAFullHeapAreAlignedOrRefused) {
  const RegistryName name("regions");
  HeapUser user(name, 256 * 1024);
  user.heap().allocate(300, 2);  // a page of blocks that are not powers of two
  try {
    for (;;) {
      user.heap().allocate(4096, 2);
    }
  } catch (const Error&) {
  }
  std::uint64_t made = 0;
  try {
    for (;; ++made) {
      const std::uint64_t root =
          detail::create_region(user.heap(), 1, detail::payload_offset(true, 128), 100, 128, true);
      ASSERT_EQ(root % 128, 0U);
    }
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::out_of_memory);
  }
  std::uint64_t blocks = 0;
  user.heap().for_each_block(
      [&](std::uint64_t, std::uint64_t, std::uint32_t owner) { blocks += owner == 1 ? 1 : 0; });
  EXPECT_EQ(blocks, made);
}

class RegionOfThree : public ::testing::Test {
 protected:
  RegionOfThree()
      : user_(name_), root_(detail::create_region(user_.heap(), owner_, 64, 100, 8, true)) {
    detail::Arena* arena = detail::arena_of(user_.memory(root_ + 64));
    while (chunks().size() < 3) {
      detail::arena_allocate(arena, 100, 8);
    }
  }
  std::vector<std::uint64_t> chunks() {
    std::vector<std::uint64_t> all;
    for (std::uint64_t at = root_; at != 0; at = chunk(at).next) {
      all.push_back(at);
    }
    return all;
  }
  ChunkHeader& chunk(std::uint64_t offset) { return *user_.segment().at<ChunkHeader>(offset); }
  std::uint64_t blocks() {
    std::uint64_t count = 0;
    user_.heap().for_each_block([&](auto...) { ++count; });
    return count;
  }

  static constexpr std::uint32_t owner_ = 7;
  const RegistryName name_{"regions"};
  HeapUser user_;
  std::atomic<std::uint64_t> root_;
};

TEST_F(RegionOfThree, ScrubbingFreesWhatIsOnNoChain) {
  std::atomic<std::uint64_t> roots[2];
  roots[0] = root_.load();
  roots[1] = detail::create_region(user_.heap(), owner_, 64, 100'000, 8, true);
  for (const std::uint64_t bytes : {64U, 1000U, 100'000U}) {
    user_.heap().allocate(bytes, owner_);
    user_.heap().allocate(bytes, owner_ + 1);
  }
  std::uint64_t freed = 0;
  EXPECT_TRUE(detail::scrub_regions(user_.heap(), owner_, roots, freed));
  EXPECT_EQ(freed, 3U);
  EXPECT_EQ(blocks(), 3U + 1 + 3);
  detail::free_region(user_.heap(), roots[0], owner_, true);
  detail::free_region(user_.heap(), roots[1], owner_, true);
  EXPECT_EQ(blocks(), 3U);
}

TEST_F(RegionOfThree, ScrubbingABrokenChainFreesNothing) {
  user_.heap().allocate(64, owner_);
  const std::uint64_t foreign = user_.heap().allocate(64, owner_ + 1);
  const std::vector<std::uint64_t> all = chunks();
  for (const std::uint64_t bad : {all[0], all[1], foreign, all[2] + 1, std::uint64_t{1},
                                  ~std::uint64_t{0}, user_.segment().geometry().file_bytes}) {
    chunk(all[1]).next = bad;
    const std::atomic<std::uint64_t> roots[2] = {root_.load(), 0};
    std::uint64_t freed = 0;
    EXPECT_FALSE(detail::scrub_regions(user_.heap(), owner_, roots, freed)) << bad;
    EXPECT_EQ(freed, 0U);
  }
  // Two chains that meet.
  chunk(all[1]).next = all[2];
  const std::atomic<std::uint64_t> roots[2] = {root_.load(), all[2]};
  std::uint64_t freed = 0;
  EXPECT_FALSE(detail::scrub_regions(user_.heap(), owner_, roots, freed));
  EXPECT_EQ(blocks(), 5U);
}

TEST_F(RegionOfThree, FreeingABrokenChainIsRefusedAtTheBreak) {
  const std::vector<std::uint64_t> all = chunks();
  const std::uint64_t foreign = user_.heap().allocate(64, owner_ + 1);
  for (const std::uint64_t bad : {foreign, all[1], ~std::uint64_t{0}}) {
    std::atomic<std::uint64_t> root{all[2]};
    chunk(all[2]).next = bad;
    try {
      detail::free_region(user_.heap(), root, owner_, true);
      ADD_FAILURE() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::corrupt_segment);
    }
    break;
  }
  EXPECT_EQ(user_.heap().owner_of(foreign), owner_ + 1);
}

TEST_F(RegionOfThree, ACycleEndsFreeing) {
  const std::vector<std::uint64_t> all = chunks();
  chunk(all[2]).next = all[1];
  EXPECT_THROW(detail::free_region(user_.heap(), root_, owner_, true), Error);
  EXPECT_EQ(blocks(), 0U);
}

TEST_F(RegionOfThree, FreedFromAnyPointOnLosesNoChunkByItsTag) {
  const std::vector<std::uint64_t> all = chunks();
  root_ = all[1];  // popped, and its tag not yet cleared: as a kill leaves it
  detail::free_region(user_.heap(), root_, owner_, true);
  const std::uint32_t owners[] = {owner_};
  EXPECT_EQ(user_.heap().free_owned_by(owners), 1U);
  EXPECT_EQ(blocks(), 0U);
}

}  // namespace
}  // namespace ipcarc::test
