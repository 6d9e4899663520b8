// The fuzzer's findings, replayed: each file of the corpus, and some damage by chance.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "fuzz/damage.hpp"
#include "fuzz/exercise.hpp"
#include "layout/tables.hpp"

namespace ipcarc::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// A directory of the test's own, gone at its end.
class FuzzTest : public ::testing::Test {
 protected:
  FuzzTest() {
    const char* const from_environment = std::getenv("IPCARC_DIR");
    path_ = std::string(from_environment != nullptr ? from_environment : "/dev/shm") +
            "/ipcarc-fuzz.XXXXXX";
    EXPECT_NE(::mkdtemp(path_.data()), nullptr);
  }
  ~FuzzTest() override { std::filesystem::remove_all(path_); }

  std::string path_;
};

TEST_F(FuzzTest, WholeSegmentsAreUsedWithoutAnError) {
  for (std::uint8_t which = 0; which < base_count; ++which) {
    const Bytes input{which};
    const Image image = damaged_segment(input, path_);
    image.write(path_ + "/ipcarc." + registry_name);
    Options options;
    options.directory = path_;
    const CheckReport report = Registry::inspect(registry_name, options);
    EXPECT_TRUE(report.ok()) << report.errors.front();
    EXPECT_EQ(report.leftovers.empty(), which < 2);
    Registry registry = Registry::attach(registry_name, options);
    EXPECT_TRUE(registry.check().ok());
    EXPECT_TRUE(registry.check().leftovers.empty()) << registry.check().leftovers.front();
    EXPECT_EQ(registry.get<const Point>("frozen")->y, 2U);
    EXPECT_GE(registry.entries().size(), 7U);
    EXPECT_TRUE(Registry::destroy(registry_name, options));
    const Outcome outcome = exercise(input, path_);
    EXPECT_TRUE(outcome.good()) << outcome.describe();
  }
}

/// A segment that is whole but for one word of an entry, attached to.
class OneWordTest : public FuzzTest {
 protected:
  /// Where the entry of that name lies in the file.
  static std::uint64_t entry_of(Image& image, const char* object) {
    for (std::uint64_t i = 0; i < image.geometry.max_objects; ++i) {
      const std::uint64_t at = image.geometry.entries + i * sizeof(detail::Entry);
      const std::byte* name = image.at(at + offsetof(detail::Entry, name), std::strlen(object));
      if (name != nullptr && std::memcmp(name, object, std::strlen(object)) == 0) {
        return at;
      }
    }
    ADD_FAILURE() << "no object " << object;
    return image.geometry.entries;
  }
  template <class Body>
  void with(const char* object, std::uint64_t offset, std::uint64_t word, Body body) {
    Image image = base_segment(0, path_);
    std::memcpy(image.at(entry_of(image, object) + offset, sizeof word), &word, sizeof word);
    image.write(path_ + "/ipcarc." + registry_name);
    Options options;
    options.directory = path_;
    Registry registry = Registry::attach(registry_name, options);
    EXPECT_FALSE(registry.check().ok());
    body(registry);
    Registry::destroy(registry_name, options);
  }

  template <class Call>
  static std::error_code code_of(Call call) {
    try {
      call();
    } catch (const Error& error) {
      return error.code();
    }
    return {};
  }
};

TEST_F(OneWordTest, APayloadOutsideTheHeapOrOutOfLineIsRefusedByGet) {
  const std::uint64_t end = base_segment(0, path_).geometry.file_bytes;
  const std::uint64_t heap = base_segment(0, path_).geometry.heap;
  for (const std::uint64_t payload :
       {std::uint64_t{0}, std::uint64_t{64}, heap - 16, heap + 17, end - 4, end, end + 4096,
        std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    with("number", offsetof(detail::Entry, payload), payload, [](Registry& registry) {
      EXPECT_EQ(code_of([&] { registry.find<int>("number"); }), Errc::corrupt_segment);
      EXPECT_FALSE(code_of([&] { registry.find<const Point>("frozen"); }));
    });
  }
}

TEST_F(OneWordTest, APayloadOutsideTheHeapOrOutOfLineIsRefusedByAWeakReference) {
  Image image = base_segment(0, path_);
  const std::string file = path_ + "/ipcarc." + registry_name;
  image.write(file);
  Options options;
  options.directory = path_;
  Registry registry = Registry::attach(registry_name, options);
  IpcWeak<int> weak(registry.get<int>("number"));
  IpcWeak<const Point> other(registry.get<const Point>("frozen"));
  ASSERT_TRUE(weak.lock());
  const std::uint64_t place = entry_of(image, "number") + offsetof(detail::Entry, payload);
  const std::uint64_t good = image.word(place);
  const auto put = [&](std::uint64_t payload) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(place));
    stream.write(reinterpret_cast<const char*>(&payload), sizeof payload);
    EXPECT_TRUE(stream.flush());
  };
  const std::uint64_t end = image.geometry.file_bytes;
  const std::uint64_t heap = image.geometry.heap;
  for (const std::uint64_t payload :
       {std::uint64_t{0}, std::uint64_t{64}, heap - 16, heap + 17, end - 4, end, end + 4096,
        std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    put(payload);
    EXPECT_EQ(code_of([&] { (void)weak.lock(); }), Errc::corrupt_segment) << payload;
    EXPECT_TRUE(other.lock());
  }
  put(good);
  EXPECT_TRUE(weak.lock());
  for (const EntryInfo& entry : registry.entries()) {
    EXPECT_EQ(entry.holders, 0U) << entry.name;  // no refusal kept a hold
  }
  weak = {};
  other = {};
  Registry::destroy(registry_name, options);
}

TEST_F(OneWordTest, ARegionOutsideTheHeapOrOutOfLineIsRefusedByTheGuard) {
  const std::uint64_t end = base_segment(0, path_).geometry.file_bytes;
  const std::uint64_t heap = base_segment(0, path_).geometry.heap;
  for (const std::uint64_t root : {std::uint64_t{0}, heap - 64, heap + 8, end - 64, end, end + 64,
                                   std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    for (std::size_t slot = root == 0 ? 1 : 0; slot < 2; ++slot) {  // no other region is right
      with("settings", offsetof(detail::Entry, root) + slot * 8, root, [slot](Registry& registry) {
        const auto settings = registry.get<Settings>("settings");
        const bool chosen = slot == 1;  // by an update
        const auto expected = chosen ? make_error_code(Errc::corrupt_segment) : std::error_code{};
        EXPECT_EQ(code_of([&] { settings.acquire()->port = 3; }), expected);
        EXPECT_EQ(code_of([&] { static_cast<void>(settings.read()->port); }), expected);
        EXPECT_EQ(code_of([&] { (void)settings.try_acquire(); }), expected);
        if (chosen) {
          EXPECT_EQ(code_of([&] { settings.update([](Settings& value) { value.port = 4; }); }),
                    expected);
          // Each released the mutex.
          EXPECT_EQ(code_of([&] { settings.acquire()->port = 3; }), expected);
        }
      });
    }
  }
}

TEST_F(FuzzTest, EachFileOfTheCorpusIsBorne) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(IPCARC_FUZZ_CORPUS)) {
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    const Outcome outcome = exercise(Bytes(text.begin(), text.end()), path_);
    EXPECT_TRUE(outcome.good()) << entry.path().filename() << " " << outcome.describe();
    ++files;
  }
  EXPECT_GT(files, 0);
}

TEST_F(FuzzTest, DamageByChanceIsBorne) {
  const auto seed = std::random_device{}();
  std::mt19937_64 random(seed);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(8);
  for (int i = 0; i < 400 && std::chrono::steady_clock::now() < end; ++i) {
    Bytes input(8 + random() % 60);
    for (std::uint8_t& byte : input) {
      byte = static_cast<std::uint8_t>(random());
    }
    const Outcome outcome = exercise(input, path_);
    std::string shown;
    for (const std::uint8_t byte : input) {
      shown +=
          "\\x" + std::string(1, "0123456789abcdef"[byte >> 4]) + "0123456789abcdef"[byte & 15];
    }
    ASSERT_TRUE(outcome.good()) << outcome.describe() << ", by " << shown;
  }
}

}  // namespace
}  // namespace ipcarc::fuzz
