// A file that is cut short, has a page of zeros or of noise, or is of another
// version: looked at without harm, and refused or borne by who attaches.
#include <random>

#include "directory/populated.hpp"

namespace ipcarc::test {
namespace {

constexpr std::uint64_t page_bytes = 4096;

class TornTest : public PopulatedTest {
 protected:
  TornTest() : file_(name_.path()), good_(file_.bytes(0, file_.size())) {}

  std::vector<std::byte> file_bytes_at(std::uint64_t offset) const {
    const auto begin = good_.begin() + static_cast<std::ptrdiff_t>(offset);
    return {begin, begin + page_bytes};
  }

  const SegmentFile file_;
  const std::vector<std::byte> good_;
};

TEST_F(TornTest, AFileCutAtAnyPageIsToldAndRefused) {
  for (std::uint64_t bytes = 0; bytes < good_.size(); bytes += page_bytes) {
    SCOPED_TRACE(bytes);
    ASSERT_EQ(::ftruncate(file_.descriptor(), static_cast<off_t>(bytes)), 0);
    const CheckReport report = Registry::inspect(name_);
    EXPECT_FALSE(report.ok());
    EXPECT_TRUE(has_text(report.errors, bytes == 0 ? "header: " : "cut short")) << joined(report);
    EXPECT_EQ(error_of([&] { Registry::attach(name_); }), Errc::corrupt_segment);
    ASSERT_EQ(::ftruncate(file_.descriptor(), static_cast<off_t>(good_.size())), 0);
    file_.put_bytes(0, good_);
  }
  EXPECT_TRUE(Registry::inspect(name_).ok());
}

TEST_F(TornTest, AFileCutInAnyPlaceIsTold) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 50; ++i) {
    const std::uint64_t bytes = random() % good_.size();
    SCOPED_TRACE(bytes);
    ASSERT_EQ(::ftruncate(file_.descriptor(), static_cast<off_t>(bytes)), 0);
    EXPECT_FALSE(Registry::inspect(name_).ok());
    ASSERT_EQ(::ftruncate(file_.descriptor(), static_cast<off_t>(good_.size())), 0);
    file_.put_bytes(0, good_);
  }
}

TEST_F(TornTest, AnyPageOfTheTablesMayBeZeroOrNoise) {
  std::mt19937_64 random(11);
  const std::vector<std::byte> zeros(page_bytes);
  std::vector<std::byte> noise(page_bytes);
  for (std::uint64_t at = 0; at < file_.geometry().heap; at += page_bytes) {
    SCOPED_TRACE(at);
    file_.put_bytes(at, zeros);
    const CheckReport zeroed = Registry::inspect(name_);
    const auto was = file_bytes_at(at);
    if (was == zeros) {
      EXPECT_TRUE(zeroed.ok()) << joined(zeroed);
    }
    for (std::byte& byte : noise) {
      byte = static_cast<std::byte>(random());
    }
    file_.put_bytes(at, noise);
    Registry::inspect(name_);
    file_.put_bytes(at, was);
  }
  EXPECT_TRUE(Registry::inspect(name_).ok());
}

TEST_F(TornTest, AnotherVersionIsNamedAndNoMoreIsRead) {
  file_.put<std::uint32_t>(offsetof(detail::Header, version), detail::layout_version + 1);
  const CheckReport report = Registry::inspect(name_);
  ASSERT_EQ(report.errors.size(), 1U);
  EXPECT_TRUE(
      has_text(report.errors, "layout version " + std::to_string(detail::layout_version + 1) +
                                  ", this library knows " + std::to_string(detail::layout_version)))
      << joined(report);
}

TEST_F(TornTest, WhatIsNoSegmentAtAllIsTold) {
  std::mt19937_64 random(5);
  auto noise = good_;
  for (std::byte& byte : noise) {
    byte = static_cast<std::byte>(random());
  }
  file_.put_bytes(0, noise);
  EXPECT_TRUE(has_text(Registry::inspect(name_).errors, "magic number"));
}

TEST_F(TornTest, TablesThatAreSaidToBeHugeTakeNoTime) {
  // All that the header says is believed as far as it goes: the largest file
  // there can be, nearly all of it a hole. The ones of the commit map go on
  // into the participants, the shards and the buckets.
  detail::Geometry huge = detail::compute_geometry(detail::max_segment_bytes, 1U << 30);
  ASSERT_EQ(::ftruncate(file_.descriptor(), static_cast<off_t>(huge.file_bytes)), 0);
  file_.put(offsetof(detail::Header, geometry), huge);
  file_.put<std::uint32_t>(offsetof(detail::Header, max_objects), 1U << 30);
  const std::vector<std::byte> ones(1 << 20, std::byte{0xFF});
  const std::uint64_t map_bytes = huge.participants - huge.commit_map;
  for (std::uint64_t at = 0; at < map_bytes; at += ones.size()) {
    file_.put_bytes(huge.commit_map + at, ones);
  }
  file_.put<std::uint32_t>(offsetof(detail::Header, entries_committed), 1U << 30);
  file_.put<std::uint32_t>(
      offsetof(detail::Header, heap) + offsetof(detail::HeapHeader, page_limit), huge.page_count);
  const CheckReport report = Registry::inspect(name_);
  EXPECT_FALSE(report.ok());
  EXPECT_EQ(report.entries, 1U << 30);
}

}  // namespace
}  // namespace ipcarc::test
