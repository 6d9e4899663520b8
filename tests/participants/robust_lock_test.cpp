#include "participants/robust_lock.hpp"

#include <gtest/gtest.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "participants/fake_inhabitants.hpp"
#include "support/child_process.hpp"
#include "support/registry_name.hpp"

namespace ipcarc::detail {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using test::Attached;
using test::Child;
using test::RegistryName;
using test::Signal;

std::uint32_t nobody(const void*) {
  return 0;
}

LockResult lock(Attached& attached, RobustMutex& mutex, std::chrono::nanoseconds timeout) {
  return lock_robust(
      mutex.mutex, *attached,
      [](const void* context) {
        return static_cast<const RobustMutex*>(context)->owner.load(std::memory_order_relaxed);
      },
      &mutex, Clock::now() + timeout);
}

// What is left of a process whose robust list the kernel never saw.
void lose_robust_list() {
  alignas(8) static robust_list_head nothing;
  nothing.list.next = &nothing.list;
  nothing.futex_offset = 0;
  nothing.list_op_pending = nullptr;
  ::syscall(SYS_set_robust_list, &nothing, sizeof(nothing));
}

class RobustLock : public ::testing::Test {
 protected:
  RobustLock() : name("robust"), first(name), mutex(first->segment().shards()[0].mutex) {}

  // A child that locks the mutex as a participant, and dies with it.
  void die_holding(bool list_lost, bool names_itself) {
    const Signal locked;
    Child child([&] {
      if (list_lost) {
        lose_robust_list();
      }
      ASSERT_EQ(try_lock_robust(mutex.mutex), LockResult::acquired);
      if (names_itself) {
        mutex.owner.store(first->id());
      }
      locked.give();
      ::pause();
    });
    ASSERT_TRUE(locked.await());
    EXPECT_EQ(try_lock_robust(mutex.mutex), LockResult::timed_out);
    child.kill();
  }

  RegistryName name;
  Attached first;
  RobustMutex& mutex;
};

TEST_F(RobustLock, IsOfTheKindThatIsCheckedBeforeEachLock) {
  EXPECT_EQ(mutex.mutex.__data.__kind, robust_kind);
}

TEST_F(RobustLock, IsMadeAsPthreadsMakesItAndUnlockedAsFresh) {
  pthread_mutex_t theirs;
  pthread_mutexattr_t attributes;
  ::pthread_mutexattr_init(&attributes);
  ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  ::pthread_mutex_init(&theirs, &attributes);
  EXPECT_TRUE(is_fresh_robust(theirs));
  pthread_mutex_t ours;
  std::memset(&ours, 0xFF, sizeof ours);
  EXPECT_FALSE(is_fresh_robust(ours));
  init_robust(ours);
  EXPECT_EQ(std::memcmp(&ours, &theirs, sizeof ours), 0);
  ASSERT_EQ(try_lock_robust(ours), LockResult::acquired);
  EXPECT_FALSE(is_fresh_robust(ours));
  unlock_robust(ours);
  EXPECT_TRUE(is_fresh_robust(ours));
}

TEST_F(RobustLock, ExcludesThreads) {
  int count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 5000; ++n) {
        RobustGuard guard(mutex, *first);
        ++count;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(count, 20'000);
}

TEST_F(RobustLock, ExcludesProcesses) {
  // Words of the segment that nobody else uses here.
  auto& count = first->segment().participants()[200].pid;
  std::vector<Child> children;
  for (int i = 0; i < 3; ++i) {
    children.emplace_back([&] {
      for (int n = 0; n < 5000; ++n) {
        RobustGuard guard(mutex, *first);
        EXPECT_EQ(mutex.owner.load(), first->id());
        count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      }
    });
  }
  for (Child& child : children) {
    const test::Exit exit = child.wait();
    EXPECT_TRUE(exit.ok()) << exit;
  }
  EXPECT_EQ(count.load(), 15'000U);
  EXPECT_EQ(mutex.owner.load(), 0U);
}

TEST_F(RobustLock, TimesOutWhileTheOwnerLives) {
  ASSERT_EQ(try_lock_robust(mutex.mutex), LockResult::acquired);
  mutex.owner.store(first->id());
  std::thread other([&] {
    const Clock::time_point start = Clock::now();
    EXPECT_EQ(lock(first, mutex, 100ms), LockResult::timed_out);
    EXPECT_GE(Clock::now() - start, 100ms);
    EXPECT_EQ(lock(first, mutex, -1s), LockResult::timed_out);
    EXPECT_EQ(lock_robust(mutex.mutex, *first, nobody, nullptr, Clock::time_point::min()),
              LockResult::timed_out);
  });
  other.join();
  unlock_robust(mutex.mutex);
  EXPECT_EQ(lock(first, mutex, 0s), LockResult::acquired);
  unlock_robust(mutex.mutex);
}

TEST_F(RobustLock, WaitsLongerThanItsPatienceForAnOwnerThatLives) {
  const Signal locked;
  Child child([&] {
    ASSERT_EQ(try_lock_robust(mutex.mutex), LockResult::acquired);
    mutex.owner.store(first->id());
    locked.give();
    ::usleep(2'500'000);
    mutex.owner.store(0);
    unlock_robust(mutex.mutex);
  });
  ASSERT_TRUE(locked.await());
  EXPECT_EQ(lock(first, mutex, 60s), LockResult::acquired);
  unlock_robust(mutex.mutex);
  const test::Exit exit = child.wait();
  EXPECT_TRUE(exit.ok()) << exit;
}

TEST_F(RobustLock, TellsTheNextThatTheOwnerDied) {
  die_holding(false, true);
  {
    RobustGuard guard(mutex, *first);
    EXPECT_TRUE(guard.owner_died());
    guard.mended();
    EXPECT_FALSE(guard.owner_died());
  }
  RobustGuard guard(mutex, *first);
  EXPECT_FALSE(guard.owner_died());
}

TEST_F(RobustLock, TellsTheNextAgainWhenWhoWasToldDiesTooOrGivesUp) {
  die_holding(false, true);
  const test::Exit gave_up = test::run_in_child([&] {
    ::signal(SIGABRT, SIG_DFL);
    RobustGuard guard(mutex, *first);
    EXPECT_TRUE(guard.owner_died());
  });
  EXPECT_TRUE(gave_up.killed_by(SIGABRT)) << gave_up;
  EXPECT_EQ(lock(first, mutex, 10s), LockResult::owner_died);
  make_consistent(mutex.mutex);
  unlock_robust(mutex.mutex);
}

TEST_F(RobustLock, IsTakenFromADeadOwnerOfWhomTheKernelSaidNothing) {
  die_holding(true, true);
  EXPECT_EQ(try_lock_robust(mutex.mutex), LockResult::timed_out) << "the robust list was not lost";
  EXPECT_EQ(lock(first, mutex, 60s), LockResult::owner_died);
  make_consistent(mutex.mutex);
  unlock_robust(mutex.mutex);
}

TEST_F(RobustLock, IsTakenFromADeadOwnerThatDidNotYetSayItsName) {
  die_holding(true, false);
  EXPECT_EQ(lock(first, mutex, 60s), LockResult::owner_died);
  make_consistent(mutex.mutex);
  unlock_robust(mutex.mutex);
}

TEST_F(RobustLock, IsTakenFromAZombieToo) {
  const Signal locked;
  Child child([&] {
    lose_robust_list();
    ASSERT_EQ(try_lock_robust(mutex.mutex), LockResult::acquired);
    locked.give();
    ::pause();
  });
  ASSERT_TRUE(locked.await());
  child.send(SIGKILL);  // and nobody collects it
  EXPECT_EQ(lock(first, mutex, 60s), LockResult::owner_died);
  make_consistent(mutex.mutex);
  unlock_robust(mutex.mutex);
}

TEST_F(RobustLock, IsTakenWhenTheDeadOwnersThreadIdIsInUseAgain) {
  // A process that is no participant has the id of the lock word; the owner's slot is a dead one's.
  const Signal ready;
  Child stranger([&] {
    first.leave();
    ready.give();
    ::pause();
  });
  ASSERT_TRUE(ready.await());
  const test::Exit exit = test::run_in_child([&] { mutex.owner.store(first->id()); });
  ASSERT_TRUE(exit.ok()) << exit;
  ASSERT_TRUE(first->is_dead(mutex.owner.load() - 1));
  mutex.mutex.__data.__lock = stranger.pid();
  EXPECT_EQ(lock(first, mutex, 60s), LockResult::owner_died);
  make_consistent(mutex.mutex);
  unlock_robust(mutex.mutex);
}

TEST_F(RobustLock, IsTakenFromAThreadThatIsNoParticipantsWhomeverTheMutexNames) {
  const Signal ready;
  Child stranger([&] {
    first.leave();
    ready.give();
    ::pause();
  });
  ASSERT_TRUE(ready.await());
  // As only damage writes it.
  mutex.owner.store(first->id());
  mutex.mutex.__data.__lock = stranger.pid();
  EXPECT_EQ(lock(first, mutex, 60s), LockResult::owner_died);
  make_consistent(mutex.mutex);
  unlock_robust(mutex.mutex);
}

TEST_F(RobustLock, IsTakenFromNobodyWhenItsWordIsDamaged) {
  mutex.mutex.__data.__lock = static_cast<int>(FUTEX_WAITERS);
  EXPECT_EQ(lock(first, mutex, 60s), LockResult::owner_died);
  make_consistent(mutex.mutex);
  unlock_robust(mutex.mutex);
  EXPECT_EQ(lock(first, mutex, 0s), LockResult::acquired);
  unlock_robust(mutex.mutex);
}

TEST_F(RobustLock, IsNotWaitedForByItsOwnHolder) {
  ASSERT_EQ(try_lock_robust(mutex.mutex), LockResult::acquired);
  EXPECT_EQ(test::code_of([&] { lock(first, mutex, 60s); }),
            std::errc::resource_deadlock_would_occur);
  unlock_robust(mutex.mutex);
  EXPECT_EQ(lock(first, mutex, 0s), LockResult::acquired);
  unlock_robust(mutex.mutex);
}

TEST_F(RobustLock, IsNeverTakenFromALivingParticipantWhateverNameTheMutexShows) {
  const Signal locked;
  const Signal let_go;
  Child holder([&] {
    ASSERT_EQ(try_lock_robust(mutex.mutex), LockResult::acquired);
    // Stopped between its lock and saying its name: the name is a dead one's still.
    locked.give();
    EXPECT_TRUE(let_go.await());
    unlock_robust(mutex.mutex);
  });
  ASSERT_TRUE(locked.await());
  const test::Exit exit = test::run_in_child([&] { mutex.owner.store(first->id()); });
  ASSERT_TRUE(exit.ok()) << exit;
  ASSERT_TRUE(first->is_dead(mutex.owner.load() - 1));
  EXPECT_EQ(lock(first, mutex, 2500ms), LockResult::timed_out);
  let_go.give();
  EXPECT_EQ(lock(first, mutex, 60s), LockResult::acquired);
  unlock_robust(mutex.mutex);
  const test::Exit end = holder.wait();
  EXPECT_TRUE(end.ok()) << end;
}

TEST_F(RobustLock, WakesEveryWaiterInTurnAfterADeathTheKernelDidNotTell) {
  die_holding(true, true);
  std::vector<std::thread> threads;
  std::atomic<int> told{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      RobustGuard guard(mutex, *first);
      told += guard.owner_died() ? 1 : 0;
      guard.mended();
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(told.load(), 1);
}

TEST_F(RobustLock, RefusesBytesThatAreNoMutex) {
  std::memset(static_cast<void*>(&mutex.mutex), 0, sizeof(mutex.mutex));
  EXPECT_EQ(try_lock_robust(mutex.mutex), LockResult::timed_out);
  EXPECT_EQ(test::code_of([&] { lock(first, mutex, 1s); }), Errc::corrupt_segment);
  EXPECT_EQ(test::code_of([&] { RobustGuard guard(mutex, *first); }), Errc::corrupt_segment);
  init_robust(mutex.mutex);
}

TEST_F(RobustLock, RefusesAMutexThatWasMadeUnrecoverable) {
  die_holding(false, true);
  ASSERT_EQ(lock(first, mutex, 1s), LockResult::owner_died);
  unlock_robust(mutex.mutex);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(try_lock_robust(mutex.mutex), LockResult::timed_out);
    EXPECT_EQ(test::code_of([&] { lock(first, mutex, 1s); }), Errc::corrupt_segment);
  }
}

TEST_F(RobustLock, FutexSleepEndsByAChangeAWakeOrItsTime) {
  std::atomic<std::uint32_t>& word = first->segment().shards()[0].sequence;
  word.store(7);
  futex_sleep(&word, 6, 10s);  // it changed already
  futex_sleep(&word, 7, 0s);
  futex_sleep(&word, 7, -5s);
  futex_sleep(&word, 7, 1ms);
  Child waker([&] {
    for (int i = 0; i < 200; ++i) {
      futex_wake_all(&word);
      ::usleep(1000);
    }
  });
  futex_sleep(&word, 7, 10s);
  const test::Exit exit = waker.wait();
  EXPECT_TRUE(exit.ok()) << exit;
}

}  // namespace
}  // namespace ipcarc::detail
