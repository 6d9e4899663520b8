// One process is held at each of its system calls in turn, while another does something; then it
// goes on. So each window between a look and what was decided by it is open once for sure.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>

#include "participants/fake_inhabitants.hpp"
#include "participants/stepped.hpp"
#include "support/child_process.hpp"
#include "support/registry_name.hpp"

namespace ipcarc::detail {
namespace {

using test::Attached;
using test::RegistryName;
using test::Stepped;

// A number that this process and its children see.
class SharedCount {
 public:
  SharedCount()
      : count_(new (::mmap(nullptr, sizeof(std::atomic<std::uint32_t>), PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0)) std::atomic<std::uint32_t>(0)) {}
  ~SharedCount() { ::munmap(static_cast<void*>(count_), sizeof(*count_)); }
  SharedCount(const SharedCount&) = delete;
  SharedCount& operator=(const SharedCount&) = delete;
  std::atomic<std::uint32_t>& operator*() const { return *count_; }

 private:
  std::atomic<std::uint32_t>* count_;
};

// Holds a process that runs `body` at its first stop, its second and so on, and does `meanwhile`
// there. False if it ended before that stop.
bool hold_at(int stop, Stepped& process, const std::function<void()>& meanwhile) {
  for (int i = 0; i < stop; ++i) {
    if (!process.step()) {
      return false;
    }
  }
  meanwhile();
  EXPECT_EQ(process.run(), 0);
  return true;
}

TEST(Interleaving, OfTwoReapersCountsTheDeathOnce) {
  int stop = 0;
  for (bool more = true; more && !::testing::Test::HasFailure(); ++stop) {
    RegistryName name("reapers");
    const SharedCount reaped_by_first;
    Stepped first([&] {
      Attached attached(name);
      *reaped_by_first = attached.reap().participants;
      ::getppid();  // the last stop is after the reaping
      // Leaving would reap too, uncounted.
      ::_exit(::testing::Test::HasFailure() ? 1 : 0);
    });
    Attached second(name);
    const test::Exit exit = test::run_in_child([] {});
    ASSERT_TRUE(exit.ok()) << exit;
    ASSERT_TRUE(second->is_dead(1));
    std::uint32_t reaped_by_second = 0;
    more = hold_at(stop, first, [&] { reaped_by_second = second.reap().participants; });
    if (more) {
      EXPECT_EQ(*reaped_by_first + reaped_by_second, 1U) << "held at stop " << stop;
    }
  }
  EXPECT_GT(stop, 20) << "it was not stopped at its system calls";
}

TEST(Interleaving, OfTwoClaimersLosesNoDeath) {
  int stop = 0;
  for (bool more = true; more && !::testing::Test::HasFailure(); ++stop) {
    RegistryName name("claimers");
    Stepped first([&] {
      Attached attached(name);
      ::_exit(::testing::Test::HasFailure() ? 1 : 0);
    });
    Attached second(name);
    // A fork claims without the lifecycle lock; its child ends at once.
    more = hold_at(stop, first, [&] {
      const test::Exit exit = test::run_in_child([] {});
      EXPECT_TRUE(exit.ok()) << exit;
    });
    if (more) {
      EXPECT_EQ(second->participants(), 3U) << "held at stop " << stop;
      EXPECT_EQ(second.reap().participants, 2U) << "held at stop " << stop;
    }
  }
  EXPECT_GT(stop, 20) << "it was not stopped at its system calls";
}

TEST(Interleaving, OfAnOpenerAndALeaverGivesARegistryThatHasItsName) {
  int stop = 0;
  for (bool more = true; more && !::testing::Test::HasFailure(); ++stop) {
    RegistryName name("opener");
    Stepped opener([&] {
      Attached attached(name);
      struct stat status {};
      EXPECT_EQ(::stat(name.path().c_str(), &status), 0);
      EXPECT_EQ(status.st_ino, attached->identity().inode);
    });
    Attached leaver(name);
    // If the opener is held inside the lifecycle lock, the leaver would wait for it: another
    // process does.
    const test::Signal about_to_leave;
    std::unique_ptr<test::Child> other;
    other = std::make_unique<test::Child>([&] {
      EXPECT_TRUE(about_to_leave.await());
      leaver.leave();
    });
    leaver.leave();
    more = hold_at(stop, opener, [&] {
      about_to_leave.give();
      ::usleep(2000);
    });
    if (!more) {
      about_to_leave.give();
    }
    const test::Exit exit = other->wait();
    EXPECT_TRUE(exit.ok()) << exit;
    EXPECT_FALSE(name.exists()) << "held at stop " << stop;
  }
  EXPECT_GT(stop, 20) << "it was not stopped at its system calls";
}

}  // namespace
}  // namespace ipcarc::detail
