// Segments as past versions of the layout wrote them, kept: a change of the layout that does not change its version is found here.
//
// A new version keeps its own: `IPCARC_KEEP_SEGMENT=tests/layout/version_N.segment layout_test --gtest_filter=*WriteAndRead`.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/version.hpp>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "ipcarc/ipcarc.hpp"

namespace ipcarc::test {
namespace kept {

enum class Level : std::uint8_t { low, high };

struct Inner {
  string text;
  std::optional<double> ratio;
};

struct Everything {
  std::int32_t number = 0;
  Level level = Level::low;
  string text;
  vector<Inner> inners;
  map<string, std::uint64_t> tree;
  unordered_map<std::uint32_t, string> table;
  deque<std::int16_t> queue;
};

struct Point {
  std::int64_t x = 0;
  std::int64_t y = 0;
};

const std::string long_name(150, 'n');

}  // namespace kept

namespace {

constexpr const char* everything_json =
    R"({"number":-7,"level":1,"text":"short","inners":[{"text":"a text that is too long to lie in the string itself","ratio":0.5},{"text":"","ratio":null}],"tree":{"one":1,"two":2},"table":[[17,"seventeen"]],"queue":[3,1,4]})";

// A folder for a scope, on the filesystem of the tests' files, which has holes.
class Folder {
 public:
  Folder() {
    char name[] = "/dev/shm/ipcarc-layout.XXXXXX";
    path_ = ::mkdtemp(name);
    options_.directory = path_;
    options_.capacity_bytes = 256 * 1024;
    options_.max_objects = 64;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const Options& options() const { return options_; }
  std::filesystem::path file() const { return std::filesystem::path(path_) / "ipcarc.kept"; }

 private:
  std::string path_;
  Options options_;
};

void write(const Options& options) {
  auto registry = Registry::open("kept", options);
  auto everything = registry.create<kept::Everything>("everything");
  everything.update([](kept::Everything& value) {
    value.number = -7;
    value.level = kept::Level::high;
    value.text = "short";
    value.inners.resize(2);
    value.inners[0] = {"a text that is too long to lie in the string itself", 0.5};
    value.tree = {{"one", 1}, {"two", 2}};
    value.table[17] = "seventeen";
    value.queue = {3, 1, 4};
  });
  everything.pin();
  auto point = registry.create<kept::Point>("point", 1, 2);
  point.store({3, 4});
  point.pin();
  registry.create<std::atomic<std::uint32_t>>("count", 42U).pin();
  registry.publish<string>(kept::long_name, "frozen, and its name has a tail");
  registry.create<int>("gone", 1);  // its entry is free again
}

void read(const Options& options) {
  const CheckReport report = Registry::inspect("kept", options);
  EXPECT_TRUE(report.ok());
  const auto value = [&](std::string_view name) {
    return Registry::inspect_json("kept", name, options);
  };
  EXPECT_EQ(value("everything"), everything_json);
  EXPECT_EQ(value("point"), R"({"x":3,"y":4})");
  EXPECT_EQ(value("count"), "42");
  EXPECT_EQ(value(kept::long_name), R"("frozen, and its name has a tail")");
  EXPECT_EQ(Registry::inspect_stats("kept", options).objects, 4U);
  // The same types have the same fingerprints and layouts.
  const EntryInfo everything = Registry::inspect_entry("kept", "everything", options);
  EXPECT_EQ(everything.fingerprint, fingerprint<kept::Everything>());
  EXPECT_EQ(everything.version, 1U);
  EXPECT_TRUE(everything.pinned);
  EXPECT_EQ(Registry::inspect_layout("kept", "everything", options), layout_of<kept::Everything>());
  EXPECT_EQ(Registry::inspect_entry("kept", "count", options).fingerprint,
            fingerprint<std::atomic<std::uint32_t>>());
}

TEST(KeptSegment, WriteAndRead) {
  const Folder folder;
  write(folder.options());
  read(folder.options());
  if (const char* const target = std::getenv("IPCARC_KEEP_SEGMENT")) {
    std::filesystem::copy_file(folder.file(), target,
                               std::filesystem::copy_options::overwrite_existing);
  }
}

TEST(KeptSegment, IsReadAsItWasWritten) {
  if (BOOST_VERSION != 108100) {
    GTEST_SKIP() << "its containers are those of Boost 1.81";
  }
  const Folder folder;
  std::filesystem::copy_file(IPCARC_SOURCE_DIR "/tests/layout/version_3.segment", folder.file());
  std::filesystem::permissions(
      folder.file(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  read(folder.options());
}

}  // namespace
}  // namespace ipcarc::test
