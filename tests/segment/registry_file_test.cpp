#include "segment/registry_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "support/registry_name.hpp"

namespace ipcarc::detail {
namespace {

Errc refusal_of_name(std::string_view name) {
  try {
    locate(name, "/dev/shm");
  } catch (const Error& error) {
    return static_cast<Errc>(error.code().value());
  }
  return Errc{};
}

TEST(RegistryName, HasOneToTwoHundredBytes) {
  EXPECT_EQ(refusal_of_name(""), Errc::bad_name);
  EXPECT_EQ(refusal_of_name(std::string(201, 'n')), Errc::bad_name);
  EXPECT_EQ(locate(std::string(200, 'n'), "/dev/shm").name.size(), 200U);
  EXPECT_EQ(locate("n", "/dev/shm").file, "/dev/shm/ipcarc.n");
}

TEST(RegistryName, HasNeitherSlashNorNul) {
  EXPECT_EQ(refusal_of_name("a/b"), Errc::bad_name);
  EXPECT_EQ(refusal_of_name("/"), Errc::bad_name);
  EXPECT_EQ(refusal_of_name(std::string_view("a\0b", 3)), Errc::bad_name);
  EXPECT_EQ(locate("..", "/dev/shm").file, "/dev/shm/ipcarc...");
  EXPECT_EQ(locate("\xFF \n", "/dev/shm").name, "\xFF \n");
}

TEST(RegistryName, LiesInTheDirectoryOfTheOptionsElseOfTheEnvironmentElseInDevShm) {
  const char* const before = std::getenv("IPCARC_DIR");
  const std::string saved = before != nullptr ? before : "";
  ::setenv("IPCARC_DIR", "/from/environment", 1);
  EXPECT_EQ(locate("n", "/from/options").file, "/from/options/ipcarc.n");
  EXPECT_EQ(locate("n", "").file, "/from/environment/ipcarc.n");
  ::setenv("IPCARC_DIR", "", 1);
  EXPECT_EQ(locate("n", "").file, "/dev/shm/ipcarc.n");
  ::unsetenv("IPCARC_DIR");
  EXPECT_EQ(locate("n", "").file, "/dev/shm/ipcarc.n");
  if (before != nullptr) {
    ::setenv("IPCARC_DIR", saved.c_str(), 1);
  }
}

TEST(RegistryName, StaysWhereItWasWhenTheProcessChangesItsDirectory) {
  EXPECT_EQ(locate("n", "here").file.front(), '/');
}

TEST(OpenAgain, GivesAnotherDescriptionAlsoOfAFileWithoutAName) {
  test::RegistryName name("again");
  const int fd = ::open(name.path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(fd, 0);
  const FileIdentity identity = identity_of(fd);
  ::unlink(name.path().c_str());
  const Descriptor again = open_again(fd, identity, name.path().c_str());
  ASSERT_TRUE(again);
  EXPECT_EQ(identity_of(again.get()), identity);
  // Another description has an offset of its own.
  ASSERT_EQ(::lseek(fd, 7, SEEK_SET), 7);
  EXPECT_EQ(::lseek(again.get(), 0, SEEK_CUR), 0);
  ::close(fd);
}

TEST(OpenAgain, NeverGivesAnotherFileOfTheSamePath) {
  test::RegistryName name("other");
  const int fd = ::open(name.path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(fd, 0);
  const FileIdentity identity = identity_of(fd);
  ::unlink(name.path().c_str());
  const int other = ::open(name.path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(other, 0);
  EXPECT_FALSE(open_again(other, identity, name.path().c_str()));
  EXPECT_FALSE(open_again(-1, identity, name.path().c_str()));
  ::close(other);
  ::close(fd);
}

TEST(Descriptor, LeavesTheNumbersOfStandardInputOutputAndError) {
  const int saved = ::dup(STDIN_FILENO);
  ::close(STDIN_FILENO);
  Descriptor file(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const int at_first = file.get();
  const bool moved = file.leave_standard_numbers();
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
  EXPECT_EQ(at_first, STDIN_FILENO);
  EXPECT_TRUE(moved);
  EXPECT_GT(file.get(), STDERR_FILENO);
  EXPECT_EQ(::fcntl(file.get(), F_GETFD), FD_CLOEXEC);
}

}  // namespace
}  // namespace ipcarc::detail
