// What others do to the file while it is in use, and where it cannot be made at all.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "registry/example.hpp"
#include "support/sanitizers.hpp"
#include "support/small_filesystem.hpp"

namespace ipcarc::test {
namespace {

class FileTest : public ::testing::Test {
 protected:
  RegistryName name_{"file_fault"};
};

TEST_F(FileTest, TruncatedByAnotherEndsItsUsersBySigbusAndIsRefusedToTheNext) {
  const Signal ready;
  const Signal cut;
  Child user([&] {
    ::signal(SIGBUS, SIG_DFL);  // a sanitizer's would make an exit of it
    Registry registry = Registry::open(name_, small());
    const auto value = registry.create<Pair>("pair");
    value.pin();
    ready.give();
    ASSERT_TRUE(cut.await());
    value.store(Pair{1, 1});
  });
  ASSERT_TRUE(ready.await());
  ASSERT_EQ(::truncate(name_.path().c_str(), 8192), 0);
  cut.give();
  const Exit exit = user.wait();
  EXPECT_TRUE(exit.killed_by(SIGBUS)) << exit;
  EXPECT_EQ(error_of([&] { Registry::open(name_, small()); }), Errc::corrupt_segment);
  EXPECT_EQ(error_of([&] { Registry::attach(name_); }), Errc::corrupt_segment);
  EXPECT_FALSE(Registry::inspect(name_).ok());
  EXPECT_TRUE(Registry::destroy(name_));
  Registry fresh = Registry::open(name_, small());
  fresh.create<Pair>("pair");
  expect_clean(fresh);
}

TEST_F(FileTest, UnlinkedAndMadeAnewIsAnotherRegistryAndTheOldOneGoesOn) {
  Registry old_one = Registry::open(name_, small());
  const auto old_value = old_one.create<int>("n", 1);
  ASSERT_EQ(::unlink(name_.path().c_str()), 0);
  EXPECT_EQ(error_of([&] { Registry::attach(name_); }), Errc::not_found);
  Registry new_one = Registry::open(name_, small());
  EXPECT_FALSE(new_one.contains("n"));
  const auto new_value = new_one.create<int>("n", 2);
  // The old one grows, forks, dies in a child and reaps.
  const auto text = old_one.create<ipcarc::string>("text", ipcarc::string(1 << 20, 'x'));
  const Exit exit = run_in_child([&] {
    EXPECT_EQ(old_one.get<int>("n").load(), 1);
    EXPECT_EQ(new_one.get<int>("n").load(), 2);
    ::raise(SIGKILL);
  });
  EXPECT_TRUE(exit.killed_by(SIGKILL)) << exit;
  EXPECT_EQ(old_one.reap().participants, 1U);
  EXPECT_EQ(new_one.reap().participants, 1U);
  EXPECT_EQ(text.read()->size(), std::size_t{1} << 20);
  expect_clean(old_one);
  expect_clean(new_one);
  EXPECT_EQ(old_value.load(), 1);
  EXPECT_EQ(new_value.load(), 2);
}

TEST_F(FileTest, LeavingTheOldOneLeavesTheNewOneItsName) {
  {
    Registry old_one = Registry::open(name_, small());
    old_one.create<int>("n", 1);
    ASSERT_EQ(::unlink(name_.path().c_str()), 0);
    const Exit exit = run_in_child(
        [&] { Registry::open(name_, small()).create<int>("of the new one", 2).pin(); });
    EXPECT_TRUE(exit.ok()) << exit;
  }
  EXPECT_EQ(Registry::attach(name_).get<int>("of the new one").load(), 2);
}

TEST_F(FileTest, AMissingDirectoryIsTold) {
  Options options = small();
  options.directory = "/no/such/directory";
  for (const bool create : {false, true}) {
    const std::error_code code = error_of(
        [&] { create ? Registry::open(name_, options) : Registry::attach(name_, options); });
    EXPECT_EQ(code, create ? std::make_error_code(std::errc::no_such_file_or_directory)
                           : make_error_code(Errc::not_found));
  }
  EXPECT_FALSE(Registry::destroy(name_, options));
  ::setenv("IPCARC_DIR", "/no/such/directory", 1);
  EXPECT_EQ(error_of([&] { Registry::open(name_, small()); }),
            std::make_error_code(std::errc::no_such_file_or_directory));
  ::unsetenv("IPCARC_DIR");
}

TEST_F(FileTest, AReadOnlyFilesystemIsPermissionDenied) {
  const auto filesystem = SmallFilesystem::mount(std::uint64_t{4} << 20);
  if (filesystem == nullptr) {
    GTEST_SKIP() << "this user may not mount a filesystem";
  }
  Options options;
  options.directory = filesystem->path();
  options.capacity_bytes = std::uint64_t{1} << 20;
  Registry::open("there", options).create<int>("n", 1).pin();
  ASSERT_EQ(::mount(nullptr, filesystem->path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr),
            0);
  EXPECT_EQ(error_of([&] { Registry::open("new", options); }), Errc::permission_denied);
  EXPECT_EQ(error_of([&] { Registry::open("there", options); }), Errc::permission_denied);
  EXPECT_EQ(error_of([&] { Registry::attach("there", options); }), Errc::permission_denied);
  EXPECT_EQ(error_of([&] { Registry::destroy("there", options); }), Errc::permission_denied);
  EXPECT_TRUE(Registry::inspect("there", options).ok());
}

TEST_F(FileTest, ADirectoryThatThisUserMayNotWriteIsPermissionDenied) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root becomes another user";
  }
  std::string directory = "/tmp/ipcarc-fault.XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  ASSERT_EQ(::chmod(directory.c_str(), 0555), 0);
  const Exit exit = run_in_child([&] {
    ASSERT_EQ(::setresuid(12345, 12345, 12345), 0);
    Options options = small();
    options.directory = directory;
    EXPECT_EQ(error_of([&] { Registry::open(name_, options); }), Errc::permission_denied);
  });
  EXPECT_TRUE(exit.ok()) << exit;
  EXPECT_EQ(::rmdir(directory.c_str()), 0) << "something was left there";
}

TEST_F(FileTest, NoDescriptorLeftIsTheSystemsErrorAndCostsNothing) {
  const Exit exit = run_in_child([&] {
    Registry registry = Registry::open(name_, small());
    const auto value = registry.create<int>("n", 1);
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    const rlimit none{3, limit.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    std::vector<std::error_code> codes;
    codes.push_back(error_of([&] { Registry::open(std::string(name_.str()) + "2", small()); }));
    codes.push_back(error_of([&] { registry.create<std::array<char, 1 << 20>>("large"); }));
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    EXPECT_EQ(codes[0], std::make_error_code(std::errc::too_many_files_open));
    EXPECT_FALSE(codes[1]);  // the segment has its descriptor
    EXPECT_EQ(value.load(), 1);
    expect_clean(registry);
  });
  EXPECT_TRUE(exit.ok()) << exit;
}

TEST_F(FileTest, NoAddressSpaceIsOutOfMemory) {
  if (address_sanitizer) {
    GTEST_SKIP() << "the sanitizer has taken more of it already";
  }
  const Exit exit = run_in_child([&] {
    const rlimit limit{std::uint64_t{1} << 30, std::uint64_t{1} << 30};
    ASSERT_EQ(::setrlimit(RLIMIT_AS, &limit), 0);
    Options options;
    options.capacity_bytes = std::uint64_t{4} << 30;
    EXPECT_EQ(error_of([&] { Registry::open(name_, options); }), Errc::out_of_memory);
    EXPECT_FALSE(name_.exists());
    Registry registry = Registry::open(name_, small());
    registry.create<int>("n", 1);
    expect_clean(registry);
  });
  EXPECT_TRUE(exit.ok()) << exit;
}

TEST_F(FileTest, ALimitOnFileSizesIsOutOfMemoryNotASignal) {
  const Exit exit = run_in_child([&] {
    ::signal(SIGXFSZ, SIG_DFL);
    const rlimit limit{std::uint64_t{1} << 20, std::uint64_t{1} << 20};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    EXPECT_EQ(error_of([&] { Registry::open(name_, small()); }), Errc::out_of_memory);
    EXPECT_FALSE(name_.exists());
  });
  EXPECT_TRUE(exit.ok()) << exit;
}

}  // namespace
}  // namespace ipcarc::test
