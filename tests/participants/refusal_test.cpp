// Files that must not be believed, each refused with a sentence and left as it was.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/version.hpp>
#include <cstddef>
#include <fstream>
#include <functional>

#include "participants/fake_inhabitants.hpp"
#include "participants/file_lock.hpp"
#include "segment/registry_file.hpp"
#include "support/child_process.hpp"
#include "support/registry_name.hpp"

namespace ipcarc::detail {
namespace {

using test::Attached;
using test::code_of;
using test::RegistryName;

class Refusal : public ::testing::Test {
 protected:
  Refusal() : name("refusal") {}

  // A consistent registry that nobody uses.
  void make_registry() {
    ::unlink(name.path().c_str());
    Attached first(name);
    first.inhabitants.pinned = true;
  }

  void edit_header(const std::function<void(Header&)>& edit, bool sign) {
    make_registry();
    const int fd = ::open(name.path().c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_GE(fd, 0);
    Header header;
    ASSERT_EQ(::pread(fd, static_cast<void*>(&header), sizeof(header), 0), sizeof(header));
    edit(header);
    if (sign) {
      header.checksum = header_checksum(header);
    }
    ASSERT_EQ(::pwrite(fd, static_cast<const void*>(&header), sizeof(header), 0), sizeof(header));
    ::close(fd);
  }

  void expect_refused(Errc code, std::string_view sentence) {
    for (const OpenMode mode : {OpenMode::open_or_create, OpenMode::attach_existing}) {
      std::string message;
      EXPECT_EQ(code_of([&] { Attached(name, mode); }, &message), code) << message;
      EXPECT_NE(message.find(sentence), std::string::npos) << message;
      EXPECT_NE(message.find(name.str()), std::string::npos) << message;
      EXPECT_NE(message.find(name.path()), std::string::npos) << message;
    }
    struct stat status {};
    EXPECT_EQ(::lstat(name.path().c_str(), &status), 0) << "a refused file stays";
  }

  RegistryName name;
};

TEST_F(Refusal, OfASymbolicLink) {
  RegistryName target("target");
  Attached real(target);
  ASSERT_EQ(::symlink(target.path().c_str(), name.path().c_str()), 0);
  expect_refused(Errc::permission_denied, "symbolic link");
  EXPECT_EQ(code_of([&] { Attachment::destroy(name, {}); }), Errc::permission_denied);
}

TEST_F(Refusal, OfALinkThatLeadsNowhere) {
  ASSERT_EQ(::symlink("/nowhere", name.path().c_str()), 0);
  expect_refused(Errc::permission_denied, "symbolic link");
}

TEST_F(Refusal, OfASecondNameOfAnotherRegistry) {
  RegistryName target("target");
  Attached real(target);
  ASSERT_EQ(::link(target.path().c_str(), name.path().c_str()), 0);
  expect_refused(Errc::permission_denied, "2 hard links");
  ::unlink(name.path().c_str());
  Attached again(target, OpenMode::attach_existing);
}

TEST_F(Refusal, OfADirectory) {
  ASSERT_EQ(::mkdir(name.path().c_str(), 0700), 0);
  expect_refused(Errc::permission_denied, "regular file");
  EXPECT_EQ(code_of([&] { Attachment::destroy(name, {}); }), Errc::permission_denied);
  ::rmdir(name.path().c_str());
}

TEST_F(Refusal, OfAPipeWithoutWaitingForItsOtherEnd) {
  ASSERT_EQ(::mkfifo(name.path().c_str(), 0600), 0);
  expect_refused(Errc::permission_denied, "regular file");
}

TEST_F(Refusal, OfAFileOfAnotherUserUnlessThatOneIsTrusted) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root gives files away";
  }
  make_registry();
  ASSERT_EQ(::chown(name.path().c_str(), 12345, 12345), 0);
  expect_refused(Errc::permission_denied, "user 12345");
  EXPECT_EQ(code_of([&] { Attachment::destroy(name, {}); }), Errc::permission_denied);
  EXPECT_TRUE(name.exists());
  Options trusting = Attached::small();
  trusting.trusted_owners = {7, 12345};
  Attached first(name, OpenMode::open_or_create, trusting);
  EXPECT_FALSE(first.created());
}

TEST_F(Refusal, OfAFileThatThisUserMayNotOpen) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root becomes another user";
  }
  make_registry();
  const test::Exit exit = test::run_in_child([&] {
    ASSERT_EQ(::setresuid(12345, 12345, 12345), 0);
    expect_refused(Errc::permission_denied, "Permission denied");
  });
  EXPECT_TRUE(exit.ok()) << exit;
}

TEST_F(Refusal, NotOfAFileOfRootThatItsModeOpensToThisUser) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root becomes another user";
  }
  Options open_to_all = Attached::small();
  open_to_all.mode = 0666;
  Attached first(name, OpenMode::open_or_create, open_to_all);
  const test::Exit exit = test::run_in_child([&] {
    ASSERT_EQ(::setresuid(12345, 12345, 12345), 0);
    Attached second(name, OpenMode::attach_existing);
    EXPECT_FALSE(second->is_dead(first->slot()));
  });
  EXPECT_TRUE(exit.ok()) << exit;
}

TEST_F(Refusal, OfAnEmptyFile) {
  std::ofstream(name.path()).flush();
  expect_refused(Errc::corrupt_segment, "at least 4096 bytes, found a file of 0");
}

TEST_F(Refusal, OfAFileThatIsNoRegistry) {
  std::ofstream(name.path()) << std::string(300'000, 'x');
  expect_refused(Errc::corrupt_segment, "magic number");
}

TEST_F(Refusal, OfAFileThatWasCutShort) {
  make_registry();
  ASSERT_EQ(::truncate(name.path().c_str(), 200 * 1024), 0);
  expect_refused(Errc::corrupt_segment, "expected a file of 262144 bytes, found 204800");
  ASSERT_EQ(::truncate(name.path().c_str(), 4095), 0);
  expect_refused(Errc::corrupt_segment, "at least 4096 bytes, found a file of 4095");
}

TEST_F(Refusal, OfAnotherLayoutVersion) {
  edit_header([](Header& header) { header.version = 99; }, false);
  expect_refused(Errc::incompatible_segment,
                 "layout version " + std::to_string(layout_version) + ", found 99");
}

TEST_F(Refusal, OfContainersOfAnotherBoost) {
  edit_header([](Header& header) { header.boost_version = 107400; }, true);
  expect_refused(Errc::incompatible_segment,
                 "Boost " + std::to_string(BOOST_VERSION) + ", found those of Boost 107400");
}

TEST_F(Refusal, OfAnotherPidNamespace) {
  edit_header([](Header& header) { header.pid_namespace = 4711; }, true);
  expect_refused(Errc::incompatible_segment, "found one of 4711");
}

TEST_F(Refusal, OfAGeometryThatIsNotThatOfItsSize) {
  edit_header([](Header& header) { header.geometry.entries += 4096; }, true);
  expect_refused(Errc::corrupt_segment, "found others");
}

TEST_F(Refusal, OfNumbersThatNoSegmentHas) {
  edit_header([](Header& header) { header.geometry.file_bytes = 1; }, true);
  expect_refused(Errc::corrupt_segment, "found others");
  edit_header([](Header& header) { header.max_objects = 0xFFFFFFFF; }, true);
  expect_refused(Errc::corrupt_segment, "found others");
  edit_header([](Header& header) { header.max_objects = 0; }, true);
  expect_refused(Errc::corrupt_segment, "found others");
}

TEST_F(Refusal, OfEverySingleFlippedBitOfTheHeader) {
  make_registry();
  const int fd = ::open(name.path().c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  for (std::size_t bit = 0; bit < (offsetof(Header, checksum) + 8) * 8; ++bit) {
    const auto at = static_cast<off_t>(bit / 8);
    unsigned char byte = 0;
    ASSERT_EQ(::pread(fd, &byte, 1, at), 1);
    const auto flipped = static_cast<unsigned char>(byte ^ (1U << (bit % 8)));
    ASSERT_EQ(::pwrite(fd, &flipped, 1, at), 1);
    const std::error_code code = code_of([&] { Attached(name, OpenMode::attach_existing); });
    EXPECT_TRUE(code == Errc::corrupt_segment || code == Errc::incompatible_segment) << bit;
    ASSERT_EQ(::pwrite(fd, &byte, 1, at), 1);
  }
  ::close(fd);
  Attached first(name, OpenMode::attach_existing);
}

TEST_F(Refusal, LeavesNoSlotAndNoLockBehind) {
  edit_header([](Header& header) { header.version = 99; }, false);
  expect_refused(Errc::incompatible_segment, "layout version");
  const Descriptor file(::open(name.path().c_str(), O_RDWR | O_CLOEXEC));
  for (off_t byte = 0; byte <= max_participants; ++byte) {
    EXPECT_TRUE(byte_is_free(file.get(), byte)) << byte;
  }
}

}  // namespace
}  // namespace ipcarc::detail
