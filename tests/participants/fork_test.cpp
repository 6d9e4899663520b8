// fork(2) with a registry attached, seen from parent, child and a third process.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "participants/fake_inhabitants.hpp"
#include "support/child_process.hpp"
#include "support/registry_name.hpp"

// A fork takes the mutexes of every attachment, and here are as many as there are slots: more than
// the 64 that ThreadSanitizer's search for lock inversions can follow.
extern "C" const char* __tsan_default_options() {
  return "detect_deadlocks=0";
}  // NOLINT

namespace ipcarc::detail {
namespace {

using test::Attached;
using test::Child;
using test::code_of;
using test::Exit;
using test::RegistryName;
using test::Signal;

// The descriptors of the registry's file that this process has open.
int descriptors_of(const Attached& attached) {
  int count = 0;
  for (int fd = 0; fd < 100; ++fd) {
    count += identity_of(fd) == attached->identity() ? 1 : 0;
  }
  return count;
}

TEST(Fork, MakesTheChildAParticipantOfItsOwn) {
  RegistryName name("fork");
  Attached first(name);
  ASSERT_EQ(descriptors_of(first), 2) << "the lock's and the spare";
  const std::byte* const base = first->segment().base();
  Child child([&] {
    EXPECT_EQ(first->slot(), 1U);
    EXPECT_EQ(first->incarnation(), 1U);
    EXPECT_EQ(first->segment().base(), base);
    EXPECT_FALSE(first->detached());
    EXPECT_FALSE(first->is_dead(0));
    EXPECT_EQ(descriptors_of(first), 2);
    EXPECT_EQ(first.inhabitants.unlocked_in_child, 1);
    EXPECT_EQ(first.inhabitants.unlocked_in_parent, 0);
    EXPECT_EQ(first->segment().participants()[1].pid.load(),
              static_cast<std::uint32_t>(::getpid()));
    EXPECT_EQ(first.reap().participants, 0U);
    first->segment().commit(first->segment().geometry().heap, 4096);
    first.leave();
  });
  EXPECT_EQ(first->slot(), 0U);
  EXPECT_EQ(descriptors_of(first), 2);
  EXPECT_EQ(first.inhabitants.held_for, std::vector<std::uint32_t>{1});
  EXPECT_EQ(first.inhabitants.unlocked_in_parent, 1);
  const Exit exit = child.wait();
  EXPECT_TRUE(exit.ok()) << exit;
  EXPECT_EQ(first->participants(), 1U);
  EXPECT_FALSE(first->is_dead(1));
}

TEST(Fork, LeavesTheChildAliveWhenItsParentDies) {
  RegistryName name("orphan");
  Attached watcher(name);
  const Signal forked;
  const Signal let_go;
  const Signal gone;
  Child parent([&] {
    // The slots: 0 watcher, 1 its child by fork, 2 that one's child.
    Child child([&] {
      forked.give();
      EXPECT_TRUE(let_go.await());
      watcher->require_attached();
      watcher.leave();
      gone.give();
    });
    ::pause();
  });
  ASSERT_TRUE(forked.await());
  EXPECT_EQ(watcher->participants(), 3U);
  parent.kill();
  EXPECT_TRUE(watcher->is_dead(1));
  EXPECT_FALSE(watcher->is_dead(2));
  EXPECT_EQ(watcher.reap().participants, 1U);
  EXPECT_EQ(watcher->participants(), 2U);
  let_go.give();
  EXPECT_TRUE(gone.await());
  EXPECT_EQ(watcher->participants(), 1U);
}

TEST(Fork, LeavesTheParentAliveWhenItsChildDies) {
  RegistryName name("childless");
  Attached first(name);
  Child child([] { ::pause(); });
  EXPECT_FALSE(first->is_dead(1));
  child.kill();
  EXPECT_TRUE(first->is_dead(1));
  first->require_attached();
  EXPECT_EQ(first.reap().participants, 1U);
  EXPECT_EQ(first.inhabitants.reaped, std::vector<std::uint32_t>{1});
}

TEST(Fork, WorksForGenerations) {
  RegistryName name("generations");
  Attached first(name);
  std::function<void(std::uint32_t)> descend = [&](std::uint32_t depth) {
    EXPECT_EQ(first->slot(), depth);
    if (depth < 20) {
      const Exit exit = test::run_in_child([&] { descend(depth + 1); });
      EXPECT_TRUE(exit.ok()) << exit;
      EXPECT_TRUE(first->is_dead(depth + 1)) << "it ended without leaving";
    }
  };
  descend(0);
  EXPECT_EQ(first->participants(), 21U);
  EXPECT_EQ(first.reap().participants, 20U);
}

TEST(Fork, TakesEveryRegistryAlong) {
  RegistryName one("one");
  RegistryName two("two");
  Attached first(one);
  Attached second(two);
  const Exit exit = test::run_in_child([&] {
    EXPECT_EQ(first->slot(), 1U);
    EXPECT_EQ(second->slot(), 1U);
    first.leave();
    second.leave();
  });
  EXPECT_TRUE(exit.ok()) << exit;
  first.leave();
  EXPECT_FALSE(one.exists());
  const Exit later = test::run_in_child([&] { second.leave(); });
  EXPECT_TRUE(later.ok()) << later;
  EXPECT_EQ(second->participants(), 1U);
}

TEST(Fork, LetsTheChildOutliveAParentThatLeaves) {
  RegistryName name("outlives");
  Attached first(name);
  const Signal left;
  Child child([&] {
    EXPECT_TRUE(left.await());
    EXPECT_TRUE(name.exists());
    first.leave();
    EXPECT_FALSE(name.exists());
  });
  first.leave();
  EXPECT_TRUE(name.exists());
  left.give();
  const Exit exit = child.wait();
  EXPECT_TRUE(exit.ok()) << exit;
  EXPECT_FALSE(name.exists());
}

TEST(Fork, ReapsTheDeadWhenTheChildWouldFindNoSlot) {
  RegistryName name("crowded");
  std::vector<std::unique_ptr<Attached>> all;
  all.push_back(std::make_unique<Attached>(name));
  Attached& first = *all.front();
  // Children that are gone without leaving fill the slots.
  while (first->participants() < max_participants) {
    const Exit exit = test::run_in_child([&] { EXPECT_FALSE(first->detached()); });
    ASSERT_TRUE(exit.ok()) << exit;
  }
  const Exit exit = test::run_in_child([&] { first->require_attached(); });
  EXPECT_TRUE(exit.ok()) << exit;
  EXPECT_EQ(first.inhabitants.reaped.size(), max_participants - 1U);
}

TEST(Fork, DetachesAChildForWhichThereIsNoSlot) {
  RegistryName name("noslot");
  std::vector<std::unique_ptr<Attached>> all;
  for (std::uint32_t i = 0; i < max_participants; ++i) {
    all.push_back(std::make_unique<Attached>(name));
  }
  Attached& first = *all.front();
  first->segment().participants()[0].pid.store(77);
  Child child([&] {
    EXPECT_TRUE(first->detached());
    EXPECT_EQ(code_of([&] { first->require_attached(); }), Errc::too_many_processes);
    EXPECT_EQ(code_of([&] { first.reap(); }), Errc::too_many_processes);
    EXPECT_EQ(first->segment().participants()[0].pid.load(), 77U) << "still to be read";
    const Exit grandchild = test::run_in_child([&] {
      EXPECT_TRUE(first->detached());
      EXPECT_EQ(first->segment().participants()[0].pid.load(), 77U);
    });
    EXPECT_TRUE(grandchild.ok()) << grandchild;
    first.leave();
    ::pause();
  });
  EXPECT_TRUE(first.inhabitants.held_for.empty());
  ::usleep(200'000);
  for (std::uint32_t slot = 0; slot < max_participants; ++slot) {
    EXPECT_FALSE((*all.back())->is_dead(slot)) << slot;
  }
  // The child lives, and keeps nobody's lock.
  const std::uint32_t slot = first->slot();
  all.front().reset();
  EXPECT_TRUE((*all.back())->participants() == max_participants - 1U);
  Attached again(name);
  EXPECT_EQ(again->slot(), slot);
  child.kill();
}

TEST(Fork, UsesTheSpareDescriptionWhenThereIsNoRightToOpenTheFile) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root gives up a right";
  }
  RegistryName name("privileges");
  Attached watcher(name);
  const Exit exit = test::run_in_child([&] {
    ASSERT_EQ(::setresuid(12345, 12345, 12345), 0);
    const Exit child = test::run_in_child([&] {
      watcher->require_attached();
      EXPECT_FALSE(watcher->is_dead(0));
      EXPECT_FALSE(watcher->is_dead(1));
    });
    EXPECT_TRUE(child.ok()) << child;
    // There is one spare, and no right to make another.
    const Exit second = test::run_in_child([&] {
      EXPECT_EQ(code_of([&] { watcher->require_attached(); }), Errc::too_many_processes);
    });
    EXPECT_TRUE(second.ok()) << second;
    watcher->require_attached();
    EXPECT_TRUE(watcher->is_dead(2));
  });
  EXPECT_TRUE(exit.ok()) << exit;
}

// Lets this process open no descriptor, or as many as before. For the moment of a fork only: the
// sanitizers' own checks need some.
void allow_descriptors(bool allowed) {
  static const rlimit before = [] {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit;
  }();
  const rlimit none{3, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, allowed ? &before : &none), 0);
}

TEST(Fork, DetachesAChildForWhichThereIsNoDescriptor) {
  RegistryName name("descriptors");
  Attached first(name);
  const auto fork_without = [](const std::function<void()>& body) {
    allow_descriptors(false);
    Child child([&] {
      allow_descriptors(true);
      body();
    });
    allow_descriptors(true);
    const Exit exit = child.wait();
    EXPECT_TRUE(exit.ok()) << exit;
  };
  // The first uses the spare, and leaves none, since there is no descriptor for another.
  fork_without([&] { first->require_attached(); });
  fork_without([&] {
    EXPECT_EQ(code_of([&] { first->require_attached(); }), Errc::too_many_processes);
    first->leave(first.inhabitants);
  });
  // The next finds all that it needs.
  const Exit exit = test::run_in_child([&] { first->require_attached(); });
  EXPECT_TRUE(exit.ok()) << exit;
  fork_without([&] { first->require_attached(); });
  first->require_attached();
  EXPECT_EQ(first.reap().participants, 3U);
}

TEST(Fork, LeavesADeadParticipantWhenItFails) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root becomes a user that runs nothing else";
  }
  RegistryName name("failed");
  Options open_to_all = Attached::small();
  open_to_all.mode = 0666;
  Attached first(name, OpenMode::open_or_create, open_to_all);
  const Exit exit = test::run_in_child([&] {
    ASSERT_EQ(::setresuid(23456, 23456, 23456), 0);
    const rlimit limit{1, 1};
    ASSERT_EQ(::setrlimit(RLIMIT_NPROC, &limit), 0);
    errno = 0;
    ASSERT_EQ(::fork(), -1);
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_EQ(first.inhabitants.held_for, (std::vector<std::uint32_t>{1, 2}));
    EXPECT_TRUE(first->is_dead(2)) << "the child that never was";
    EXPECT_EQ(first.reap().participants, 1U);
    EXPECT_EQ(first.inhabitants.reaped, std::vector<std::uint32_t>{2});
    first->require_attached();
  });
  EXPECT_TRUE(exit.ok()) << exit;
}

TEST(Fork, ThatSkipsTheHandlersIsToldApart) {
  RegistryName name("clone");
  Attached first(name);
  std::fflush(nullptr);
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, 0));
  if (pid == 0) {
    const bool told =
        first->detached() && code_of([&] { first->require_attached(); }) == Errc::permission_denied;
    first.leave();  // which must not give up the parent's slot
    ::_exit(told ? 0 : 1);
  }
  ASSERT_GT(pid, 0);
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  Attached other(name);
  EXPECT_FALSE(other->is_dead(first->slot()));
  EXPECT_TRUE(name.exists());
  first->require_attached();
}

TEST(Fork, HappensWhileOtherThreadsOpenAndLeave) {
  RegistryName name("threads");
  RegistryName busy("busy");
  // What a table of registries does: one mutex around opening and leaving, and around fork.
  static std::mutex process_mutex;
  Attachment::install_fork_handlers();
  static const int installed = ::pthread_atfork(
      [] { process_mutex.lock(); }, [] { process_mutex.unlock(); }, [] { process_mutex.unlock(); });
  ASSERT_EQ(installed, 0);
  Attached first(name);
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!done.load()) {
        const std::scoped_lock lock(process_mutex);
        Attached other(busy);
        other.leave();
      }
    });
  }
  std::thread reaper([&] {
    while (!done.load()) {
      first.reap();
      std::this_thread::yield();
    }
  });
  for (int i = 0; i < 100; ++i) {
    const Exit exit = test::run_in_child([&] { first->require_attached(); });
    EXPECT_TRUE(exit.ok()) << exit;
  }
  done = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  reaper.join();
  first.reap();
  EXPECT_EQ(first->participants(), 1U);
  EXPECT_FALSE(busy.exists());
}

}  // namespace
}  // namespace ipcarc::detail
