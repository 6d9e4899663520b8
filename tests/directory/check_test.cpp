// What check() and inspect() are like to call: nothing to say of a whole
// registry, progress, no trace of their own.
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "directory/populated.hpp"

namespace ipcarc::test {
namespace {

using CheckTest = PopulatedTest;

/// From here on the permission bits of a file count for root too.
void forgo_overriding_permissions() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2];
  ASSERT_EQ(::syscall(SYS_capget, &header, data), 0);
  data[0].effective &= ~(1U << CAP_DAC_OVERRIDE);
  ASSERT_EQ(::syscall(SYS_capset, &header, data), 0);
}

TEST_F(CheckTest, AWholeRegistryIsClean) {
  Registry registry = Registry::open(name_, tiny());
  const CheckReport attached = registry.check();
  EXPECT_TRUE(attached.ok() && attached.leftovers.empty()) << joined(attached);
  EXPECT_EQ(attached.unsettled, 0U);
  EXPECT_GE(attached.entries, 6U);
  EXPECT_GE(attached.blocks, 6U);
  const CheckReport looked = Registry::inspect(name_);
  EXPECT_TRUE(looked.ok() && looked.leftovers.empty()) << joined(looked);
  EXPECT_EQ(looked.blocks, attached.blocks);
  EXPECT_EQ(looked.entries, attached.entries);
}

TEST_F(CheckTest, AnInspectorLeavesNoTrace) {
  const SegmentFile file(name_.path());
  const auto before = file.bytes(0, file.size());
  struct stat status_before {};
  ASSERT_EQ(::stat(name_.path().c_str(), &status_before), 0);
  EXPECT_TRUE(Registry::inspect(name_).ok());
  struct stat status_after {};
  ASSERT_EQ(::stat(name_.path().c_str(), &status_after), 0);
  EXPECT_EQ(file.bytes(0, file.size()), before);
  EXPECT_EQ(status_before.st_blocks, status_after.st_blocks);
  EXPECT_EQ(status_before.st_mtim.tv_nsec, status_after.st_mtim.tv_nsec);
}

TEST_F(CheckTest, TheRightToReadIsEnough) {
  ASSERT_EQ(::chmod(name_.path().c_str(), 0444), 0);
  EXPECT_TRUE(run_in_child([&] {
                forgo_overriding_permissions();
                EXPECT_EQ(error_of([&] { Registry::attach(name_); }), Errc::permission_denied);
                const CheckReport report = Registry::inspect(name_);
                EXPECT_TRUE(report.ok() && report.leftovers.empty()) << joined(report);
              }).ok());
}

TEST_F(CheckTest, WhatIsNoRegistryIsRefused) {
  const RegistryName absent("absent");
  EXPECT_EQ(error_of([&] { Registry::inspect(absent); }), Errc::not_found);
  EXPECT_EQ(error_of([&] { Registry::inspect("a/b"); }), Errc::bad_name);
  ASSERT_EQ(::mkfifo(absent.path().c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { Registry::inspect(absent); }), Errc::permission_denied);
  ASSERT_EQ(::unlink(absent.path().c_str()), 0);
  ASSERT_EQ(::symlink(name_.path().c_str(), absent.path().c_str()), 0);
  EXPECT_EQ(error_of([&] { Registry::inspect(absent); }), Errc::permission_denied);
}

TEST_F(CheckTest, ProgressGrowsToItsEnd) {
  std::uint64_t last = 0;
  std::uint64_t end = 0;
  int calls = 0;
  const CheckProgress progress = [&](std::uint64_t done, std::uint64_t total) {
    EXPECT_GE(done, last);
    EXPECT_LE(done, total);
    last = done;
    end = total;
    ++calls;
  };
  Registry::open(name_, tiny()).check(progress);
  EXPECT_GT(calls, 2);
  EXPECT_EQ(last, end);
  last = 0;
  Registry::inspect(name_, {}, progress);
  EXPECT_EQ(last, end);
}

TEST_F(CheckTest, WhatProgressThrowsEndsTheWalk) {
  struct Enough {};
  Registry registry = Registry::open(name_, tiny());
  EXPECT_THROW(registry.check([](std::uint64_t, std::uint64_t) { throw Enough(); }), Enough);
  EXPECT_TRUE(registry.check().ok());
}

TEST_F(CheckTest, ALiveHolderIsNoLeftover) {
  Registry registry = Registry::open(name_, tiny());
  const auto config = registry.get<Config>("config");
  const auto guard = config.acquire();
  const auto alone = registry.create<int>("alone", 1);
  const CheckReport mine = registry.check();
  EXPECT_TRUE(mine.ok() && mine.leftovers.empty()) << joined(mine);
  const CheckReport others = Registry::inspect(name_);
  EXPECT_TRUE(others.ok() && others.leftovers.empty()) << joined(others);
}

TEST_F(CheckTest, AFileWithoutItsNameIsChecked) {
  Registry registry = Registry::open(name_, tiny());
  ASSERT_TRUE(Registry::destroy(name_));
  const CheckReport report = registry.check();
  EXPECT_TRUE(report.ok() && report.leftovers.empty()) << joined(report);
}

}  // namespace
}  // namespace ipcarc::test
