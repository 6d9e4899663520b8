#include "participants/file_lock.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "segment/registry_file.hpp"
#include "support/child_process.hpp"

namespace ipcarc::detail {
namespace {

class FileLock : public ::testing::Test {
 protected:
  FileLock()
      : first(::open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)),
        second(open_again(first.get(), identity_of(first.get()), "")) {}

  Descriptor first;
  Descriptor second;
};

TEST_F(FileLock, ExcludesAnotherDescriptionOfTheSameProcess) {
  ASSERT_TRUE(try_lock_byte(first.get(), 5));
  EXPECT_FALSE(try_lock_byte(second.get(), 5));
  EXPECT_TRUE(try_lock_byte(second.get(), 6));
  EXPECT_FALSE(byte_is_free(second.get(), 5));
  EXPECT_TRUE(byte_is_free(first.get(), 5)) << "a description does not see its own locks";
  unlock_byte(first.get(), 5);
  EXPECT_TRUE(byte_is_free(second.get(), 5));
}

TEST_F(FileLock, GoesWithTheProcessThatDies) {
  const test::Signal locked;
  test::Child child([&] {
    const Descriptor own = open_again(first.get(), identity_of(first.get()), "");
    ASSERT_TRUE(try_lock_byte(own.get(), 5));
    locked.give();
    ::pause();
  });
  ASSERT_TRUE(locked.await());
  EXPECT_FALSE(byte_is_free(first.get(), 5));
  EXPECT_TRUE(child.kill().killed_by(SIGKILL));
  EXPECT_TRUE(byte_is_free(first.get(), 5));
}

TEST_F(FileLock, StaysWithAMappingWhenTheDescriptorIsClosed) {
  ASSERT_EQ(::ftruncate(first.get(), 4096), 0);
  ASSERT_TRUE(try_lock_byte(first.get(), 5));
  void* const mapped = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, first.get(), 0);
  ASSERT_NE(mapped, MAP_FAILED);
  first.reset();
  EXPECT_FALSE(byte_is_free(second.get(), 5));
  ::munmap(mapped, 4096);
  EXPECT_TRUE(byte_is_free(second.get(), 5));
}

TEST_F(FileLock, WaitsThroughSignals) {
  ASSERT_TRUE(try_lock_byte(first.get(), lifecycle_byte));
  const test::Signal waiting;
  test::Child child([&] {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &action, nullptr);
    const itimerval often{{0, 1000}, {0, 1000}};
    ::setitimer(ITIMER_REAL, &often, nullptr);
    const Descriptor own = open_again(first.get(), identity_of(first.get()), "");
    first.reset();
    second.reset();
    waiting.give();
    EXPECT_EQ(lock_byte(own.get(), lifecycle_byte), 0);
  });
  ASSERT_TRUE(waiting.await());
  ::usleep(50'000);
  unlock_byte(first.get(), lifecycle_byte);
  const test::Exit exit = child.wait();
  EXPECT_TRUE(exit.ok()) << exit;
}

TEST_F(FileLock, SaysWhatTheSystemSaidOfNoDescriptor) {
  EXPECT_EQ(lock_byte(-1, 0), EBADF);
  EXPECT_FALSE(try_lock_byte(-1, 0));
  EXPECT_FALSE(byte_is_free(-1, 0)) << "who cannot ask must not take anybody for dead";
}

}  // namespace
}  // namespace ipcarc::detail
