#include "segment/birth.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <vector>

#include "support/child_process.hpp"
#include "support/registry_name.hpp"
#include "support/small_filesystem.hpp"

namespace ipcarc::detail {
namespace {

constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t mib = 1024 * kib;

Options of_capacity(std::uint64_t bytes, std::uint32_t objects = 0) {
  Options options;
  options.capacity_bytes = bytes;
  options.max_objects = objects;
  return options;
}

struct stat status_of(const UnnamedFile& born) {
  struct stat status {};
  EXPECT_EQ(::fstat(born.file.get(), &status), 0);
  return status;
}

std::unique_ptr<Segment> newborn(const RegistryPath& path, const Options& options) {
  UnnamedFile born = make_unnamed_file(path, options);
  auto segment = std::make_unique<Segment>(path.name, path.file, born.file.release(), born.geometry,
                                           options.huge_pages);
  furnish(*segment, path);
  return segment;
}

std::error_code failure_of(const Options& options) {
  try {
    newborn(locate("birth", options.directory), options);
  } catch (const Error& error) {
    EXPECT_NE(std::strstr(error.what(), "registry \"birth\""), nullptr) << error.what();
    return error.code();
  }
  return {};
}

TEST(Birth, MakesAFileWithoutANameOfTheFullSizeAndCommitsItsFirstTables) {
  const RegistryPath path = locate("birth", "");
  const auto born = newborn(path, of_capacity(64 * mib));
  struct stat status {};
  ASSERT_EQ(::fstat(born->descriptor(), &status), 0);
  EXPECT_EQ(status.st_nlink, 0U);
  EXPECT_EQ(static_cast<std::uint64_t>(status.st_size), 64 * mib);
  EXPECT_GE(static_cast<std::uint64_t>(status.st_blocks) * 512,
            born->geometry().committed_at_birth);
  EXPECT_LT(static_cast<std::uint64_t>(status.st_blocks) * 512, 8 * mib);
  EXPECT_NE(::access(path.file.c_str(), F_OK), 0);
}

TEST(Birth, AppliesTheModeWhateverTheUmask) {
  const mode_t before = ::umask(077);
  Options options = of_capacity(mib);
  EXPECT_EQ(status_of(make_unnamed_file(locate("birth", ""), options)).st_mode & 07777, 0600U);
  options.mode = 0664;
  EXPECT_EQ(status_of(make_unnamed_file(locate("birth", ""), options)).st_mode & 07777, 0664U);
  ::umask(before);
}

TEST(Birth, FitsTheNumberOfObjectsToTheCapacity) {
  const RegistryPath path = locate("birth", "");
  EXPECT_EQ(make_unnamed_file(path, of_capacity(256 * kib)).geometry.max_objects, 64U);
  EXPECT_EQ(make_unnamed_file(path, of_capacity(4 * mib)).geometry.max_objects, 1024U);
  EXPECT_EQ(make_unnamed_file(path, of_capacity(64 * 1024 * mib)).geometry.max_objects,
            default_max_objects);
  EXPECT_EQ(make_unnamed_file(path, of_capacity(mib, 7)).geometry.max_objects, 7U);
}

TEST(Birth, RefusesOptionsThatLeaveNoRoomForTheHeap) {
  const auto invalid = std::make_error_code(std::errc::invalid_argument);
  EXPECT_EQ(failure_of(of_capacity(256 * kib - 1)), invalid);
  EXPECT_EQ(failure_of(of_capacity(max_segment_bytes + 1)), invalid);
  EXPECT_EQ(failure_of(of_capacity(256 * kib, 100'000)), invalid);
  EXPECT_EQ(failure_of(of_capacity(mib, 0xFFFFFFFF)), invalid);
}

TEST(Birth, SaysThatTheDirectoryIsNotThere) {
  Options options = of_capacity(mib);
  options.directory = "/no/such/directory";
  EXPECT_EQ(failure_of(options), std::make_error_code(std::errc::no_such_file_or_directory));
}

TEST(Birth, SaysThatAFilesystemKnowsNoUnnamedFiles) {
  Options options = of_capacity(mib);
  options.directory = "/sys";
  if (::access("/sys", W_OK) != 0) {
    GTEST_SKIP() << "no right to write to the one filesystem that is known to have none";
  }
  EXPECT_EQ(failure_of(options), std::make_error_code(std::errc::operation_not_supported));
}

TEST(Birth, EveryGeometryLiesWithinItsFile) {
  for (std::uint64_t bytes = min_segment_bytes; bytes <= max_segment_bytes; bytes += bytes / 7) {
    for (const std::uint32_t objects : {1U, 16U, 1000U, default_max_objects, most_max_objects}) {
      if (!usable_size(bytes, objects)) {
        continue;
      }
      const Geometry g = compute_geometry(bytes, objects);
      EXPECT_LE(g.heap + (std::uint64_t{g.page_count} << g.page_shift), g.file_bytes) << bytes;
      EXPECT_LE(g.committed_at_birth, g.types) << bytes;
      EXPECT_LE(g.tags + std::uint64_t{g.page_count} * g.tags_per_page() * 4, g.heap) << bytes;
      EXPECT_GE(g.types - g.commit_map, ((g.file_bytes >> g.commit_shift) + 1 + 7) / 8) << bytes;
    }
  }
}

TEST(Geometry, HasALinkForEachEntryOnALineThatNoNeighbourHas) {
  constexpr std::uint32_t entries = 4 * Geometry::links_block;
  std::vector<bool> taken(entries);
  for (std::uint32_t i = 0; i < entries; ++i) {
    const std::uint32_t place = Geometry::link_place(i);
    ASSERT_LT(place, Geometry::links_bytes(i + 1) / sizeof(std::uint32_t));
    EXPECT_FALSE(taken[place]);
    taken[place] = true;
    for (std::uint32_t near = 1; near < 16; ++near) {
      EXPECT_NE(Geometry::link_place(i + near) / 16, place / 16) << i << " and " << i + near;
    }
  }
}

TEST(Geometry, LinksLeadToTheirEntryAndBearTheRestOfTheHash) {
  for (const std::uint32_t objects : {1U, 7U, 1024U, (1U << 18), 1'000'000U, (1U << 30)}) {
    Geometry g{};
    g.max_objects = objects;
    for (const std::uint32_t index : {0U, objects / 2, objects - 1}) {
      for (const std::uint32_t hash : {0U, 0x12345678U, 0xFFFFFFFFU}) {
        const std::uint32_t link = g.link_to(index, hash);
        EXPECT_NE(link, 0U);
        EXPECT_EQ(g.index_of(link), index);
        EXPECT_EQ((link ^ hash) & ~g.index_mask(), 0U);
      }
    }
    EXPECT_GE(g.index_of(~g.index_mask()), objects);  // bits of a hash, and no entry
  }
}

TEST(Birth, TakesTheFreeSpaceOfTheFilesystemWhenNotToldACapacity) {
  const auto small = test::SmallFilesystem::mount(16 * mib);
  if (!small) {
    GTEST_SKIP() << "no right to mount a filesystem";
  }
  Options options;
  options.directory = small->path();
  const std::uint64_t available = small->free_bytes();
  const UnnamedFile born = make_unnamed_file(locate("birth", small->path()), options);
  EXPECT_EQ(born.geometry.file_bytes, available);
}

TEST(Birth, LeavesNothingOnAFullFilesystem) {
  const auto small = test::SmallFilesystem::mount(16 * mib);
  if (!small) {
    GTEST_SKIP() << "no right to mount a filesystem";
  }
  small->fill(16 * kib);
  const std::uint64_t available = small->free_bytes();
  Options options = of_capacity(8 * mib);
  options.directory = small->path();
  EXPECT_EQ(failure_of(options), Errc::out_of_memory);
  EXPECT_EQ(small->free_bytes(), available);
}

TEST(Birth, IsRefusedByALimitOnFileSizesInsteadOfEndedByASignal) {
  const test::Exit exit = test::run_in_child([] {
    const rlimit limit{mib, mib};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    EXPECT_EQ(failure_of(of_capacity(2 * mib)), Errc::out_of_memory);
    EXPECT_EQ(make_unnamed_file(locate("birth", ""), {}).geometry.file_bytes, mib);
  });
  EXPECT_TRUE(exit.ok()) << exit;
}

TEST(Birth, LinksOneFileToANameAndNoMore) {
  test::RegistryName name("link");
  const RegistryPath path = locate(name, "");
  const UnnamedFile first = make_unnamed_file(path, of_capacity(mib));
  const UnnamedFile second = make_unnamed_file(path, of_capacity(mib));
  EXPECT_TRUE(link_file(path, first.file.get()));
  EXPECT_FALSE(link_file(path, second.file.get()));
  struct stat status {};
  ASSERT_EQ(::stat(name.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_ino, status_of(first).st_ino);
}

}  // namespace
}  // namespace ipcarc::detail
