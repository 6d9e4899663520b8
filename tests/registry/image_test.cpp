// Registries dumped to files and loaded from them.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include <ipcarc/serialization.hpp>

#include "registry/example.hpp"
#include "support/small_filesystem.hpp"

namespace ipcarc::test {

struct Chained {
  int number = 0;
  Link<Config> link;
};

namespace {

namespace fs = std::filesystem;

const std::string long_name(150, 'n');
using Encoded = std::map<std::string, int>;

/// A directory for the registries and the files of one test.
class Image : public ::testing::Test {
 protected:
  Image() {
    fs::create_directory(directory_);
    options_.directory = directory_;
    options_.capacity_bytes = std::uint64_t{1} << 20;
    options_.max_objects = 64;
  }
  ~Image() override {
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }

  Registry open(const std::string& name) const { return Registry::open(name, options_); }
  Registry attach(const std::string& name) const { return Registry::attach(name, options_); }
  ImageReport dump(const std::string& name, DumpOptions how = {}) const {
    return Registry::dump(name, file_, how, options_);
  }
  ImageReport load(const std::string& name, bool replace = false) const {
    return Registry::load(name, file_, replace, options_);
  }
  /// What is in the directory, the file of dump() left out.
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      if (entry.path() != file_) {
        all.push_back(entry.path().filename().string());
      }
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  std::string bytes() const {
    std::ifstream stream(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void put_bytes(const std::string& bytes) const {
    std::ofstream(file_, std::ios::binary | std::ios::trunc) << bytes;
  }
  /// A small registry at rest, dumped.
  void make_dump() const {
    {
      Registry registry = open("app");
      const auto config = registry.create<Config>("config");
      config.acquire()->peers.push_back("10.0.0.7");
      config.pin();
      registry.create<Pair>("pair", 1U, 2U).pin();
      registry.publish<Pair>("frozen", 3U, 4U);
    }
    dump("app");
  }

  std::string directory_ = "/dev/shm/" + unique_name("ipcarc-image-test");
  std::string file_ = directory_ + "/dump";
  Options options_;
};

TEST_F(Image, BringsBackEachKindOfValue) {
  options_.capacity_bytes = std::uint64_t{16} << 20;
  std::uint64_t version = 0;
  std::uint64_t heap_bytes = 0;
  {
    Registry registry = open("app");
    const auto config = registry.create<Config>("config");
    for (int i = 0; i < 1000; ++i) {
      config.acquire()->peers.push_back("peer " + ipcarc::string(std::to_string(i)));
    }
    config.pin();
    version = config.version();
    const auto pair = registry.create<Pair>("pair", 1U, 2U);
    pair.store({5, 6});
    pair.pin();
    registry.create<Pair>(long_name, 7U, 8U).pin();
    registry.publish<Config>("frozen", 1, "frozen host");
    registry.publish<Pair>("frozen pair", 9U, 10U);
    registry.create<std::atomic<std::uint64_t>>("sync", std::uint64_t{11}).pin();
    registry.create<Encoded>("encoded", Encoded{{"a", 1}, {"b", 2}}).pin();
    ipcarc::vector<std::uint64_t> many(200000, 12);  // a run of pages
    registry.create<ipcarc::vector<std::uint64_t>>("many", many).pin();
    const auto chained = registry.create<Chained>("chained");
    chained.acquire()->link = config;
    chained.pin();
    registry.create<Pair>("not pinned", 1U, 1U);
    registry.create<Pair>("gone before", 1U, 1U).pin();
    registry.remove("gone before");
    heap_bytes = registry.stats().heap_bytes_used;
  }
  const ImageReport dumped = dump("app");
  EXPECT_EQ(dumped.objects, 9U);
  EXPECT_EQ(dumped.bytes, fs::file_size(file_));
  EXPECT_EQ(load("copy").objects, 9U);
  EXPECT_TRUE(Registry::inspect("copy", options_).ok());
  EXPECT_EQ(Registry::inspect_stats("copy", options_).participants, 0U);

  Registry copy = attach("copy");
  expect_clean(copy);
  EXPECT_EQ(copy.stats().heap_bytes_used, heap_bytes);
  const auto config = copy.get<Config>("config");
  EXPECT_EQ(config.version(), version);
  EXPECT_EQ(config.read()->peers.size(), 1000U);
  EXPECT_EQ(config.read()->peers[999], "peer 999");
  EXPECT_EQ(copy.get<Pair>("pair").load().a, 5U);
  EXPECT_EQ(copy.get<Pair>(long_name).load().b, 8U);
  EXPECT_EQ(copy.get<const Config>("frozen")->host, "frozen host");
  EXPECT_EQ(copy.get<const Pair>("frozen pair")->b, 10U);
  EXPECT_EQ(*copy.get<std::atomic<std::uint64_t>>("sync"), 11U);
  EXPECT_EQ(copy.get<Encoded>("encoded").read()->at("b"), 2);
  EXPECT_EQ(copy.get<ipcarc::vector<std::uint64_t>>("many").read()->at(199999), 12U);
  // Links bear the same mark in both; those in the copy lead to what is there.
  const Registry original = attach("app");
  config.acquire()->port = 1234;
  const auto chained = copy.get<Chained>("chained");
  EXPECT_EQ(chained.read()->link.lock().read()->port, 1234);
  EXPECT_EQ(original.get<Chained>("chained").read()->link.lock().read()->port, 8080);

  // What came back is changed, grows, shrinks and goes like any other.
  config.acquire()->peers.clear();
  config.update([](Config& value) { value.host = "another host, of some length"; });
  copy.publish<Config>("frozen", 2, "another");
  for (int i = 0; i < 40; ++i) {
    copy.create<Pair>("new " + std::to_string(i), 1U, 1U);
  }
  expect_clean(copy);
  for (const EntryInfo& entry : copy.entries()) {
    copy.remove(entry.name);
  }
}

TEST_F(Image, KeepsThePoisonOfAPoisonedObject) {
  Registry registry = open("app");
  registry.create<Config>("config").pin();
  const Exit ended = run_in_child([&] {
    auto guard = attach("app").get<Config>("config").acquire();
    guard->port = 1;
    ::raise(SIGKILL);
  });
  ASSERT_TRUE(ended.killed_by(SIGKILL));
  dump("app");
  load("copy");
  const auto copy = attach("copy").get<Config>("config");
  EXPECT_EQ(error_of([&] { (void)copy.acquire(); }), Errc::poisoned);
  copy.recover([](Config& value) { value.port = 2; });
  EXPECT_EQ(copy.read()->port, 2);
}

TEST_F(Image, NeedsARegistryThatNobodyElseUses) {
  Registry registry = open("app");
  registry.create<Pair>("pair", 1U, 2U).pin();
  registry.publish<Pair>("frozen", 3U, 4U);
  Signal ready;
  Child other([&] {
    Registry own = attach("app");
    ready.give();
    ::pause();
  });
  ASSERT_TRUE(ready.await());
  EXPECT_EQ(error_of([&] { dump("app"); }), std::errc::device_or_resource_busy);
  EXPECT_FALSE(fs::exists(file_));
  DumpOptions frozen;
  frozen.frozen_only = true;
  const ImageReport report = dump("app", frozen);
  EXPECT_EQ(report.objects, 1U);
  EXPECT_EQ(report.left_out, 1U);
  other.kill();  // the dead are no users
  EXPECT_EQ(dump("app").objects, 2U);
  dump("app", frozen);
  load("copy");
  const Registry copy = attach("copy");
  EXPECT_TRUE(copy.contains("frozen"));
  EXPECT_FALSE(copy.contains("pair"));
  expect_clean(copy);
}

TEST_F(Image, TakesFrozenObjectsWholeWhileOthersPublish) {
  Registry registry = open("app");
  registry.publish<Config>("config", 0, "host");
  std::jthread publisher([&](const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested(); ++i) {
      registry.publish<Config>("config", i, ipcarc::string(std::to_string(i) + " is the number"));
    }
  });
  DumpOptions frozen;
  frozen.frozen_only = true;
  for (int i = 0; i < 30; ++i) {
    dump("app", frozen);
    load("copy", true);
    const Registry copy = attach("copy");
    expect_clean(copy);
    if (const auto config = copy.find<const Config>("config"); config && config->port != 0) {
      EXPECT_EQ(config->host, ipcarc::string(std::to_string(config->port) + " is the number"));
    }
  }
}

TEST_F(Image, ReplacesARegistryOnlyWhenAsked) {
  make_dump();
  EXPECT_EQ(error_of([&] { load("app"); }), Errc::already_exists);
  const Registry old = attach("app");
  const auto pair = old.get<Pair>("pair");
  pair.store({100, 100});
  load("app", true);
  EXPECT_EQ(pair.load().a, 100U);  // who has the old one open keeps it
  EXPECT_EQ(attach("app").get<Pair>("pair").load().a, 1U);
  EXPECT_EQ(names(), (std::vector<std::string>{"ipcarc.app"}));
}

TEST_F(Image, RefusesAFlippedBitAnywhere) {
  make_dump();
  const std::string good = bytes();
  std::size_t step = std::max<std::size_t>(1, good.size() / 1500);
  for (std::size_t at = 0; at < good.size(); at += at < 512 ? 1 : step) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (1 << at % 8));
    put_bytes(bad);
    const std::error_code code = error_of([&] { load("copy"); });
    EXPECT_EQ(code, at < 8 ? Errc::incompatible_segment : Errc::corrupt_segment) << at;
  }
  for (std::size_t size = 0; size < good.size(); size += size < 512 ? 1 : step) {
    put_bytes(good.substr(0, size));
    EXPECT_NE(error_of([&] { load("copy"); }), std::error_code()) << size;
  }
  put_bytes(good + "x");
  EXPECT_EQ(error_of([&] { load("copy"); }), Errc::corrupt_segment);
  EXPECT_EQ(names(), (std::vector<std::string>{"ipcarc.app"}));
  put_bytes(good);
  EXPECT_EQ(load("copy").objects, 3U);
}

// Somebody who knows the form can make the checksum right.
TEST_F(Image, BearsAnyBytesBehindARightChecksum) {
  make_dump();
  const std::string good = bytes();
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  int loaded = 0;
  for (int i = 0; i < 250; ++i) {
    std::string bad = good.substr(0, good.size() - sizeof(XXH64_hash_t));
    for (auto changes = 1 + random() % 3; changes != 0; --changes) {
      // Most of them where the words are, not in values.
      const std::size_t at =
          random() % (i % 2 == 0 ? std::min<std::size_t>(bad.size(), 700) : bad.size());
      bad[at] = random() % 2 == 0 ? static_cast<char>(bad[at] ^ (1 << random() % 8))
                                  : static_cast<char>(random());
    }
    if (i % 8 == 0) {
      bad.resize(random() % bad.size());
    }
    const XXH64_hash_t checksum = XXH3_64bits(bad.data(), bad.size());
    bad.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
    put_bytes(bad);
    const std::error_code code = error_of([&] { load("copy", true); });
    if (!code) {
      ++loaded;
      EXPECT_TRUE(Registry::inspect("copy", options_).ok());
    } else {
      EXPECT_TRUE(code == Errc::corrupt_segment || code == Errc::incompatible_segment ||
                  code == Errc::out_of_memory)
          << code.message();
    }
  }
  EXPECT_GT(loaded, 0) << "a value that changed is a value";
}

TEST_F(Image, SaysOfWhatItIsNoDump) {
  EXPECT_EQ(error_of([&] { load("copy"); }), Errc::not_found);
  put_bytes("a text that somebody wrote");
  EXPECT_EQ(error_of([&] { load("copy"); }), Errc::incompatible_segment);
  fs::remove(file_);
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { load("copy"); }), Errc::incompatible_segment);
  open("app").publish<Pair>("frozen", 3U, 4U);
  EXPECT_EQ(error_of([&] { dump("app"); }), std::errc::file_exists);
  EXPECT_EQ(error_of([&] { Registry::dump("app", directory_, {}, options_); }),
            std::errc::is_a_directory);
}

TEST_F(Image, LeavesNothingOnAFullDisk) {
  const auto full = SmallFilesystem::mount(std::uint64_t{2} << 20);
  if (full == nullptr) {
    GTEST_SKIP() << "this user may not mount a small filesystem";
  }
  {
    Registry registry = open("app");
    ipcarc::vector<std::uint64_t> many(20000, 12);
    registry.create<ipcarc::vector<std::uint64_t>>("many", many).pin();
  }
  full->fill(64 * 1024);
  const std::string there = full->path() + "/dump";
  EXPECT_EQ(error_of([&] { Registry::dump("app", there, {}, options_); }),
            std::errc::no_space_on_device);
  EXPECT_FALSE(fs::exists(there));
  dump("app");
  Options elsewhere = options_;
  elsewhere.directory = full->path();
  EXPECT_EQ(error_of([&] { Registry::load("copy", file_, false, elsewhere); }),
            Errc::out_of_memory);
  EXPECT_TRUE(Registry::list(elsewhere).empty());
  full->drain();
  EXPECT_EQ(Registry::load("copy", file_, false, elsewhere).objects, 1U);
}

TEST_F(Image, KilledAnywhereLeavesTheWholeOrNothing) {
  make_dump();
  const std::string good = bytes();
  std::mt19937 random(1);
  const std::string other = directory_ + "/other";
  for (int i = 0; i < 60; ++i) {
    Child child([&] {
      for (;;) {
        Registry::dump("app", other, {}, options_);
        Registry::load("copy", file_, true, options_);
      }
    });
    std::this_thread::sleep_for(std::chrono::microseconds(300 + random() % 6000));
    child.kill();
    if (fs::exists(other)) {
      EXPECT_EQ(Registry::load("from other", other, true, options_).objects, 3U);
    }
    if (fs::exists(directory_ + "/ipcarc.copy")) {
      const Registry copy = attach("copy");
      expect_clean(copy);
      EXPECT_EQ(copy.stats().objects, 3U);
    }
  }
  EXPECT_TRUE(Registry::inspect("app", options_).ok());
  // What a kill between the last two steps may leave is taken away by the next.
  for (int i = 0; i < 2; ++i) {
    Registry::dump("app", other, {}, options_);
    Registry::load("copy", file_, true, options_);
    Registry::load("from other", other, true, options_);
  }
  EXPECT_EQ(names(),
            (std::vector<std::string>{"ipcarc.app", "ipcarc.copy", "ipcarc.from other", "other"}));
}

}  // namespace
}  // namespace ipcarc::test
