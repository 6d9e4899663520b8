// Processes that are killed, and those who find out.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <vector>

#include "participants/fake_inhabitants.hpp"
#include "participants/slots.hpp"
#include "support/child_process.hpp"
#include "support/registry_name.hpp"

namespace ipcarc::detail {
namespace {

using test::Attached;
using test::Child;
using test::RegistryName;
using test::Signal;

// A process that knows nothing of the test's own attachments: it is forked before there are any,
// attaches when it is told to, does its work, and stays until it is killed.
class Resident {
 public:
  explicit Resident(
      std::string_view name, const std::function<void(Attached&)>& work = [](Attached&) {})
      : child_([this, name, work] {
          EXPECT_TRUE(told_.await());
          Attached attached(name);
          work(attached);
          ready_.give();
          for (;;) {
            ::pause();
          }
        }) {}

  void begin() { told_.give(); }
  /// Returns when the work is done.
  void attach() {
    begin();
    ASSERT_TRUE(ready_.await());
  }
  void kill() { EXPECT_TRUE(child_.kill().killed_by(SIGKILL)); }

 private:
  Signal told_;
  Signal ready_;
  Child child_;
};

TEST(Death, IsSeenAtOnceAndReapedOnce) {
  RegistryName name("death");
  Resident other(name);
  Attached first(name);
  other.attach();
  ASSERT_EQ(first->participants(), 2U);
  EXPECT_FALSE(first->is_dead(1));
  EXPECT_EQ(first.reap().participants, 0U);
  other.kill();
  EXPECT_TRUE(first->is_dead(1));
  EXPECT_EQ(first->participants(), 2U);
  const ReapReport report = first.reap();
  EXPECT_EQ(report.participants, 1U);
  EXPECT_EQ(report.holds, 1U);
  EXPECT_EQ(first.inhabitants.reaped, std::vector<std::uint32_t>{1});
  EXPECT_FALSE(first->is_dead(1)) << "its slot is nobody's now";
  EXPECT_EQ(first->participants(), 1U);
  EXPECT_EQ(first.reap().participants, 0U);
  Attached again(name);
  EXPECT_EQ(again->slot(), 1U);
  EXPECT_EQ(again->incarnation(), 2U);
}

TEST(Death, OfOneselfIsNeverAskedAbout) {
  RegistryName name("self");
  Attached first(name);
  EXPECT_FALSE(first->is_dead(first->slot()));
  EXPECT_FALSE(first->is_dead(max_participants));
  EXPECT_FALSE(first->is_dead(0xFFFFFFFF));
  EXPECT_FALSE(first->is_dead(17)) << "nobody's slot";
}

TEST(Death, IsReapedByWhoLeavesAndTheFileGoes) {
  RegistryName name("leaver");
  Resident other(name);
  Attached first(name);
  other.attach();
  other.kill();
  first->leave(first.inhabitants);
  EXPECT_EQ(first.inhabitants.reaped, std::vector<std::uint32_t>{1});
  EXPECT_FALSE(name.exists());
}

TEST(Death, OfTheLastParticipantLeavesAFileThatTheNextTakesOver) {
  RegistryName name("over");
  Resident other(name);
  other.attach();
  other.kill();
  ASSERT_TRUE(name.exists());
  Attached next(name);
  EXPECT_FALSE(next.created());
  EXPECT_EQ(next->slot(), 1U) << "a dead one's slot is not free before it is reaped";
  EXPECT_EQ(next.reap().participants, 1U);
  next.leave();
  EXPECT_FALSE(name.exists());
}

TEST(Death, OfTheReaperLeavesTheReapingToTheNext) {
  RegistryName name("reaper");
  Resident other(name);
  const Signal reaping;
  Resident reaper(name, [&](Attached& attached) {
    attached.inhabitants.when_reaping = [&](std::uint32_t) {
      reaping.give();
      for (;;) {
        ::pause();
      }
    };
    attached.reap();
  });
  Attached first(name);
  other.attach();
  other.kill();
  reaper.begin();
  ASSERT_TRUE(reaping.await());
  EXPECT_FALSE(first->is_dead(1)) << "being reaped: its lock is taken";
  EXPECT_EQ(first.reap().participants, 0U) << "and nobody else reaps it";
  reaper.kill();
  EXPECT_TRUE(first->is_dead(1));
  EXPECT_TRUE(first->is_dead(2));
  EXPECT_EQ(first.reap().participants, 2U);
  EXPECT_EQ(first.inhabitants.reaped, (std::vector<std::uint32_t>{1, 2}));
}

TEST(Death, StaysToBeReapedWhenReapingFails) {
  RegistryName name("fails");
  Resident other(name);
  Attached first(name);
  other.attach();
  other.kill();
  first.inhabitants.when_reaping = [](std::uint32_t) {
    throw Error(Errc::corrupt_segment, "made up");
  };
  EXPECT_EQ(test::code_of([&] { first.reap(); }), Errc::corrupt_segment);
  EXPECT_TRUE(first->is_dead(1));
  first.inhabitants.when_reaping = nullptr;
  EXPECT_EQ(first.reap().participants, 1U);
}

TEST(Death, FailsToBeReapedByWhoLeavesAndTheFileStays) {
  RegistryName name("stays");
  Resident other(name);
  Attached first(name);
  other.attach();
  other.kill();
  first.inhabitants.when_reaping = [](std::uint32_t) {
    throw Error(Errc::corrupt_segment, "made up");
  };
  first.leave();
  EXPECT_TRUE(name.exists());
  Attached next(name);
  EXPECT_EQ(next.reap().participants, 1U);
}

TEST(Death, IsInheritedWhenEverySlotIsTaken) {
  RegistryName name("inherit");
  Resident dead(name);
  // The heir dies before it has reaped what it inherited.
  Resident heir(name, [](Attached& late) {
    EXPECT_TRUE(late.inherited());
    EXPECT_EQ(late->slot(), 1U);
    EXPECT_EQ(late->incarnation(), 2U);
    if (::testing::Test::HasFailure()) {
      ::_exit(1);
    }
  });
  Attached first(name);
  dead.attach();
  std::vector<std::unique_ptr<Attached>> others;
  while (first->participants() < max_participants) {
    others.push_back(std::make_unique<Attached>(name));
  }
  EXPECT_EQ(test::code_of([&] { Attached refused(name); }), Errc::too_many_processes);
  dead.kill();
  heir.attach();
  EXPECT_FALSE(first->is_dead(1));
  EXPECT_EQ(first.reap().participants, 0U);
  heir.kill();
  EXPECT_TRUE(first->is_dead(1));
  {
    const OpenResult dropped =
        Attachment::open(name, {}, OpenMode::attach_existing, Attached::not_attached);
    EXPECT_TRUE(dropped.inherited);
  }
  EXPECT_TRUE(first->is_dead(1)) << "what was inherited and not reaped is still to be reaped";
  EXPECT_EQ(first.reap().participants, 1U);
  Attached again(name);
  EXPECT_FALSE(again.inherited());
}

TEST(Death, IsNotWhatAProcessLooksLikeThatClosedEveryDescriptor) {
  RegistryName name("closefrom");
  Resident other(name, [&](Attached& attached) {
    // A daemon's clean-up, after which other files get the numbers.
    const int foreign = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    int closed = 0;
    for (int fd = STDERR_FILENO + 1; fd < 100; ++fd) {
      if (identity_of(fd) == attached->identity()) {
        ASSERT_EQ(::dup2(foreign, fd), fd);
        ++closed;
      }
    }
    EXPECT_EQ(closed, 2) << "the lock's and the spare";
    attached->segment().commit(attached->segment().geometry().heap, 4096);
    EXPECT_FALSE(attached->is_dead(0));
    EXPECT_EQ(attached.reap().participants, 0U);
    attached->require_attached();
    if (::testing::Test::HasFailure()) {
      ::_exit(1);
    }
  });
  Attached first(name);
  other.begin();
  for (int i = 0; i < 1000 && first->participants() == 1; ++i) {
    ::usleep(1000);
  }
  ASSERT_EQ(first->participants(), 2U);
  for (int i = 0; i < 300; ++i) {
    ASSERT_FALSE(first->is_dead(1));
    ASSERT_EQ(first.reap().participants, 0U);
    ::usleep(500);
  }
  other.kill();
  EXPECT_TRUE(first->is_dead(1));
}

TEST(Death, IsNotLeftByAProcessThatClosedEveryDescriptorAndLeaves) {
  RegistryName name("closer");
  const test::Exit exit = test::run_in_child([&] {
    Attached attached(name);
    ASSERT_EQ(::close(attached->segment().descriptor()), 0);
    attached.leave();
    EXPECT_FALSE(name.exists());
  });
  EXPECT_TRUE(exit.ok()) << exit;
}

}  // namespace
}  // namespace ipcarc::detail
