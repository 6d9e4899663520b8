// A filesystem that is full at any moment: each call either does its work or throws out_of_memory and leaves all as it was; and goes on
// once there is room again. (SIGBUS, which a mapped file on a full tmpfs gives, would end the test.)
#include <functional>

#include "registry/example.hpp"
#include "support/small_filesystem.hpp"

namespace ipcarc::test {
namespace {

const std::string host = "a host name that is longer than what a string has room for in itself";

/// A registry on a filesystem of its own, of which almost all is taken.
class SpaceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    small_ = SmallFilesystem::mount(std::uint64_t{4} << 20);
    if (small_ == nullptr) {
      GTEST_SKIP() << "this user may not mount a filesystem";
    }
    options_.directory = small_->path();
    options_.capacity_bytes = std::uint64_t{16} << 20;
    options_.max_objects = 4096;
  }

  /// Runs `call` with no byte free, then with a page more at a time, until it is through; every failure is out_of_memory, after which
  /// `unchanged` holds. Returns how often it failed.
  int run_from_full(const Registry& registry, const std::function<void()>& call,
                    const std::function<void()>& unchanged, bool all_or_nothing = true) {
    int failures = 0;
    for (std::uint64_t left = 0; left < (std::uint64_t{3} << 20); left += 4096) {
      small_->drain();
      if (small_->free_bytes() > left) {
        small_->fill(left);
      }
      const Stats before = registry.stats();
      const std::error_code code = error_of(call);
      if (!code) {
        expect_clean(registry);
        return failures;
      }
      ++failures;
      EXPECT_EQ(code, Errc::out_of_memory);
      if (all_or_nothing) {
        EXPECT_EQ(registry.stats().heap_bytes_used, before.heap_bytes_used);
      }
      EXPECT_EQ(registry.stats().objects, before.objects);
      expect_clean(registry);
      unchanged();
    }
    ADD_FAILURE() << "never enough room";
    return failures;
  }

  std::unique_ptr<SmallFilesystem> small_;
  Options options_;
};

TEST_F(SpaceTest, OpenOnAFullFilesystemLeavesNothing) {
  for (std::uint64_t left = 0; left < (std::uint64_t{1} << 20); left += std::uint64_t{16} << 10) {
    small_->drain();
    small_->fill(left);
    const std::error_code code = error_of([&] { Registry::open("full", options_); });
    EXPECT_TRUE(!code || code == Errc::out_of_memory) << code;
    EXPECT_NE(::access((small_->path() + "/ipcarc.full").c_str(), F_OK), 0);
    EXPECT_EQ(small_->free_bytes(), left);
  }
}

TEST_F(SpaceTest, CreateThatFindsNoRoomLeavesNoName) {
  Registry registry = Registry::open("create", options_);
  const int failures = run_from_full(
      registry, [&] { registry.create<std::array<std::uint64_t, 100000>>("large").pin(); },
      [&] { EXPECT_FALSE(registry.contains("large")); });
  EXPECT_GT(failures, 0);
  EXPECT_TRUE(registry.contains("large"));
}

TEST_F(SpaceTest, CreatingUntilNothingFitsLosesNothing) {
  Registry registry = Registry::open("many", options_);
  small_->fill(std::uint64_t{1} << 20);
  std::vector<IpcArc<Config>> all;
  const std::error_code code = error_of([&] {
    for (int i = 0; i < 4096; ++i) {
      all.push_back(registry.create<Config>("object " + std::to_string(i), i, host));
    }
  });
  EXPECT_EQ(code, Errc::out_of_memory);
  ASSERT_GT(all.size(), 0U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].read()->port, static_cast<int>(i));
    EXPECT_EQ(all[i].read()->host, host);
  }
  expect_clean(registry);
  all.pop_back();
  all.push_back(registry.create<Config>("in the place of the last", 1, host));
  small_->drain();
  for (int i = 0; i < 200; ++i) {
    all.push_back(registry.create<Config>("later " + std::to_string(i), i, host));
  }
  expect_clean(registry);
}

TEST_F(SpaceTest, PushBackThatFindsNoRoomLeavesTheVectorWhole) {
  Registry registry = Registry::open("push", options_);
  const auto config = registry.create<Config>("cfg");
  std::size_t pushed = 0;
  const int failures = run_from_full(
      registry,
      [&] {
        auto guard = config.acquire();
        while (pushed < 20000) {
          guard->peers.push_back(host);
          ++pushed;
        }
      },
      [&] {
        const auto guard = config.read();  // not poisoned
        EXPECT_EQ(guard->peers.size(), pushed);
        EXPECT_TRUE(pushed == 0 || guard->peers.back() == host);
      },
      false);
  EXPECT_GT(failures, 0);
  EXPECT_EQ(config.read()->peers.size(), 20000U);
}

TEST_F(SpaceTest, UpdateThatFindsNoRoomChangesNothing) {
  Registry registry = Registry::open("update", options_);
  const auto config = registry.create<Config>("cfg", 1, host);
  const std::uint64_t version = config.version();
  const int failures = run_from_full(
      registry,
      [&] {
        config.update([](Config& value) {
          value.port = 2;
          value.host.assign(std::size_t{1} << 20, 'x');
        });
      },
      [&] {
        EXPECT_EQ(config.read()->host, host);
        EXPECT_EQ(config.read()->port, 1);
        EXPECT_EQ(config.version(), version);
      });
  EXPECT_GT(failures, 0);
  EXPECT_EQ(config.read()->host.size(), std::size_t{1} << 20);
}

TEST_F(SpaceTest, PublishAndComputeThatFindNoRoomLeaveTheNameAsItWas) {
  Registry registry = Registry::open("publish", options_);
  registry.publish<ipcarc::string>("text", host);
  const std::string large(std::size_t{1} << 20, 'x');
  int failures = run_from_full(
      registry, [&] { registry.publish<ipcarc::string>("text", large); },
      [&] { EXPECT_EQ(*registry.get<const ipcarc::string>("text"), host); });
  EXPECT_GT(failures, 0);
  EXPECT_EQ(registry.get<const ipcarc::string>("text")->size(), large.size());
  registry.remove("text");
  registry.reap();
  const std::string larger(std::size_t{2} << 20, 'x');
  failures = run_from_full(
      registry,
      [&] {
        registry.get_or_compute<ipcarc::string>("computed", [&] { return ipcarc::string(larger); });
      },
      [&] { EXPECT_FALSE(registry.contains("computed")); });
  EXPECT_TRUE(registry.contains("computed"));
}

TEST_F(SpaceTest, WhatIsThereAlreadyIsUsedWithoutAnyRoom) {
  Registry registry = Registry::open("used", options_);
  const auto config = registry.create<Config>("cfg", 1, host);
  const auto value = registry.create<Pair>("pair", 1U, 1U);
  small_->fill(0);
  config.acquire()->port = 2;
  value.store(Pair{2, 2});
  EXPECT_EQ(value.load().a, 2U);
  EXPECT_EQ(registry.get<Config>("cfg").read()->port, 2);
  EXPECT_EQ(registry.entries().size(), 2U);
  EXPECT_TRUE(registry.remove("cfg"));
  const Exit exit = run_in_child([&] { EXPECT_EQ(registry.get<Pair>("pair").load().b, 2U); });
  EXPECT_TRUE(exit.ok()) << exit;
  ::setenv("IPCARC_DIR", small_->path().c_str(), 1);
  const Exit again =
      run_in_child([&] { EXPECT_EQ(Registry::attach("used").get<Pair>("pair").load().b, 2U); });
  ::unsetenv("IPCARC_DIR");
  EXPECT_TRUE(again.ok()) << again;
  registry.reap();
  expect_clean(registry);
}

}  // namespace
}  // namespace ipcarc::test
