// Processes that cannot fork, that stand still, that are too many, or that live in another pid namespace.
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <random>
#include <thread>

#include "registry/example.hpp"

namespace ipcarc::test {
namespace {

using namespace std::chrono_literals;

class ProcessTest : public ::testing::Test {
 protected:
  RegistryName name_{"process_fault"};
};

TEST_F(ProcessTest, AForkThatFailsCostsNothingThatReapingDoesNotGiveBack) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root becomes a user that runs nothing else";
  }
  Options open_to_all = small();
  open_to_all.mode = 0666;
  Registry registry = Registry::open(name_, open_to_all);
  const Exit exit = run_in_child([&] {
    auto value = registry.create<int>("n", 1);
    ASSERT_EQ(::setresuid(23457, 23457, 23457), 0);
    const rlimit limit{1, 1};
    ASSERT_EQ(::setrlimit(RLIMIT_NPROC, &limit), 0);
    for (int i = 0; i < 3; ++i) {
      ASSERT_EQ(::fork(), -1);
      value.acquire().release();
    }
    EXPECT_GE(registry.reap().participants, 1U);  // who was to be the child
    expect_clean(registry);
    EXPECT_EQ(value.use_count(), 1U);
    value = {};
    EXPECT_FALSE(registry.contains("n"));
    EXPECT_EQ(registry.stats().heap_bytes_used, 0U);
  });
  EXPECT_TRUE(exit.ok()) << exit;
}

/// Runs `body` as the first process of a pid namespace, in the child of a child. False if this user may make none.
bool run_in_pid_namespace(const std::function<void()>& body) {
  constexpr int not_permitted = 77;
  const Exit exit = run_in_child([&] {
    if (::unshare(CLONE_NEWPID) != 0 &&
        (::geteuid() == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0)) {
      ::_exit(not_permitted);
    }
    const Exit first = run_in_child([&] {
      ASSERT_EQ(::getpid(), 1);
      body();
    });
    EXPECT_TRUE(first.ok()) << first;
  });
  EXPECT_TRUE(exit.ok() || exit.code == not_permitted) << exit;
  return exit.code != not_permitted;
}

void expect_elsewhere(const std::function<void()>& call) {
  try {
    call();
    ADD_FAILURE() << "not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::incompatible_segment);
    EXPECT_NE(std::string(error.what()).find("pid namespace"), std::string::npos) << error.what();
  }
}

TEST_F(ProcessTest, OfAnotherPidNamespaceIsRefused) {
  const Signal there;
  const Signal done;
  Child user([&] {
    Registry registry = Registry::open(name_, small());
    registry.create<int>("n", 1).pin();
    there.give();
    EXPECT_TRUE(done.await());
    EXPECT_EQ(registry.get<int>("n").load(), 1);
    expect_clean(registry);
  });
  ASSERT_TRUE(there.await());
  const bool permitted = run_in_pid_namespace([&] {
    expect_elsewhere([&] { Registry::attach(name_.str()); });
    expect_elsewhere([&] { Registry::open(name_.str(), small()); });
    // Looking needs no lock.
    EXPECT_TRUE(Registry::inspect(name_.str()).ok());
  });
  done.give();
  EXPECT_TRUE(user.wait().ok());
  if (!permitted) {
    GTEST_SKIP() << "this user may make no pid namespace";
  }
}

TEST_F(ProcessTest, ForkedIntoAnotherPidNamespaceIsRefusedAndCostsNothing) {
  Registry registry = Registry::open(name_, small());
  auto value = registry.create<int>("n", 1);
  const auto answer = registry.publish<int>("answer", 42);
  const bool permitted = run_in_pid_namespace([&] {
    expect_elsewhere([&] { registry.contains("n"); });
    expect_elsewhere([&] { registry.create<int>("mine", 1); });
    expect_elsewhere([&] { value.store(2); });
    expect_elsewhere([&] { Registry::attach(name_.str()); });
    EXPECT_EQ(*answer, 42);  // what is mapped can be read still
  });
  if (!permitted) {
    GTEST_SKIP() << "this user may make no pid namespace";
  }
  EXPECT_EQ(value.load(), 1);
  registry.reap();
  expect_clean(registry);
  value = {};
  EXPECT_FALSE(registry.contains("n"));
}

TEST_F(ProcessTest, StoppedAnywhereIsWaitedForAndNeverTakenForDead) {
  Registry registry = Registry::open(name_, small());
  const auto shared = registry.create<Pair>("shared");
  Child worker([&] {
    Registry mine = Registry::attach(name_.str());
    for (std::uint64_t i = 0;; ++i) {
      // Or the last one, if contains() below holds it at this moment.
      const auto object = mine.get_or_create<Config>("worker's", static_cast<int>(i),
                                                     "a host name of some length or other");
      object.acquire()->peers.emplace_back("a peer whose name is of some length or other too");
      mine.get<Pair>("shared").store(Pair{i, i});
    }
  });
  std::mt19937_64 random(std::random_device{}());
  const auto end = std::chrono::steady_clock::now() + 4s;
  int stops = 0;
  while (std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    worker.send(SIGSTOP);
    ++stops;
    // Where the worker stopped inside one of the registry's own short locks, this waits until it goes on.
    std::thread waker([&] {
      std::this_thread::sleep_for(20ms);
      worker.send(SIGCONT);
    });
    EXPECT_EQ(registry.reap().participants, 0U);
    const Pair value = shared.load();
    EXPECT_EQ(value.a, value.b);
    registry.create<Config>("mine", 1, "a host name of some length or other");
    registry.contains("worker's");
    waker.join();
  }
  EXPECT_GT(stops, 10);
  EXPECT_EQ(registry.stats().participants, 2U);
  worker.kill();
  registry.reap();
  EXPECT_EQ(registry.stats().objects, 1U);
  expect_clean(registry);
}

TEST_F(ProcessTest, AThreadThatEndsWithAGuardPoisonsAsADeathDoes) {
  Registry registry = Registry::open(name_, small());
  const auto value = registry.create<Config>("cfg");
  alignas(Guard<Config>) static std::byte place[sizeof(Guard<Config>)];
  std::thread([&] { new (place) Guard<Config>(value.acquire()); }).join();  // never ended
  EXPECT_EQ(error_of([&] { (void)value.acquire_for(10s); }), Errc::poisoned);
  EXPECT_EQ(error_of([&] { (void)value.read(); }), Errc::poisoned);
  EXPECT_EQ(error_of([&] { value.update([](Config&) {}); }), Errc::poisoned);
  EXPECT_EQ(registry.reap().participants, 0U);
  value.reset();
  EXPECT_EQ(value.read()->port, 8080);
  expect_clean(registry);
}

TEST_F(ProcessTest, AThreadThatIsBeingCancelledEndsItsCallsFirst) {
  Registry registry = Registry::open(name_, small());
  const std::string big(40000, 'x');
  std::atomic<int> made{0};
  std::thread thread([&] {
    ::pthread_cancel(::pthread_self());
    // Each takes memory anew from the system, by a call that is a cancellation point.
    for (const char* name : {"a", "b", "c"}) {
      registry.create<string>(name, big).pin();
      registry.publish<int>("n", made.fetch_add(1));
    }
    registry.remove("b");
    registry.reap();
    ::pthread_testcancel();
    made = 100;
  });
  thread.join();
  EXPECT_EQ(made, 3);
  EXPECT_EQ(*registry.get<const int>("n"), 2);
  EXPECT_EQ(*registry.get<string>("c").acquire(), big);
  EXPECT_FALSE(registry.contains("b"));
  expect_clean(registry);
}

TEST_F(ProcessTest, TheOneTooManyIsRefusedUntilAnotherLeaves) {
  Registry registry = Registry::open(name_, small());
  std::vector<Child> others;
  while (registry.stats().participants < 256) {
    others.emplace_back([] { ::pause(); });
  }
  // Not of this process's kin, which would have a slot already.
  const Exit exit = run_in_child(
      [&] { EXPECT_EQ(error_of([&] { registry.entries(); }), Errc::too_many_processes); });
  EXPECT_TRUE(exit.ok()) << exit;
  others.pop_back();
  const Exit after = run_in_child([&] { registry.create<int>("n", 1); });
  EXPECT_TRUE(after.ok()) << after;
  others.clear();
  registry.reap();
  expect_clean(registry);
}

}  // namespace
}  // namespace ipcarc::test
