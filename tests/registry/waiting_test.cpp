// Waiting for a sync type's value, and waking who waits, across processes.
#include <thread>

#include "registry/example.hpp"

namespace ipcarc::test {

struct Gate {
  std::atomic<std::uint64_t> opened{0};
  std::atomic<std::uint16_t> passed{0};
};

}  // namespace ipcarc::test

template <>
inline constexpr bool ipcarc::is_sync<ipcarc::test::Gate> = true;

namespace ipcarc::test {
namespace {

using namespace std::chrono_literals;

class WaitingTest : public RegistryTest {
 protected:
  Registry registry_ = Registry::open(name_, small());
};

/// The processor time of this thread.
std::chrono::nanoseconds thread_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

TEST_F(WaitingTest, EndsAtOnceIfTheValueIsAnother) {
  const auto word = registry_.create<std::atomic<int>>("w", 1);
  word.wait(0);
  EXPECT_TRUE(word.wait_for(0, 0ns));
  EXPECT_FALSE(word.wait_for(1, 0ns));
  EXPECT_FALSE(word.wait_for(1, 10ms));
}

TEST_F(WaitingTest, WithATimeoutSleepsMeanwhile) {
  const auto word = registry_.create<std::atomic<int>>("w", 1);
  const auto begin = std::chrono::steady_clock::now();
  const auto used = thread_time();
  EXPECT_FALSE(word.wait_for(1, 600ms));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 600ms);
  EXPECT_LT(thread_time() - used, 300ms);
}

/// Back and forth between two processes, each waiting for the other's store.
template <class T>
void play(Registry& registry, const RegistryName& name, const char* object, int rounds) {
  const auto ball = registry.create<std::atomic<T>>(object, T{0});
  Child child([&] {
    const auto theirs = Registry::open(name).get<std::atomic<T>>(object);
    for (int i = 0; i < rounds; ++i) {
      theirs.wait(T(0));
      theirs->store(T(0), std::memory_order_release);
      theirs.notify_one();
    }
  });
  for (int i = 0; i < rounds; ++i) {
    ball->store(T(1), std::memory_order_release);
    ball.notify_one();
    ASSERT_TRUE(ball.wait_for(T(1), 50s));
  }
  EXPECT_TRUE(child.wait().ok());
}

TEST_F(WaitingTest, WorksForEverySize) {
  play<std::uint8_t>(registry_, name_, "1", 300);
  play<std::uint16_t>(registry_, name_, "2", 300);
  play<std::uint32_t>(registry_, name_, "4", 300);
  play<std::uint64_t>(registry_, name_, "8", 300);
  play<double>(registry_, name_, "d", 300);
}

TEST_F(WaitingTest, WakesWhoSleeps) {
  const auto word = registry_.create<std::atomic<int>>("w", 0);
  Child child([&] {
    const auto theirs = Registry::open(name_).get<std::atomic<int>>("w");
    for (int i = 0; i < 40; ++i) {
      theirs.wait(2 * i);
      std::this_thread::sleep_for(2ms);  // by then the other one sleeps
      theirs->store(2 * i + 2);
      theirs.notify_all();
    }
  });
  for (int i = 0; i < 40; ++i) {
    word->store(2 * i + 1);
    word.notify_all();
    ASSERT_TRUE(word.wait_for(2 * i + 1, 50s));
  }
  EXPECT_TRUE(child.wait().ok());
}

TEST_F(WaitingTest, NotifyAllWakesEveryWaiter) {
  const auto gate = registry_.create<Gate>("gate");
  std::vector<Child> children;
  for (int i = 0; i < 4; ++i) {
    children.emplace_back([&] {
      const auto theirs = Registry::open(name_).get<Gate>("gate");
      ASSERT_TRUE(theirs.wait_until([](const Gate& g) { return g.opened.load() != 0; }, 50s));
      theirs->passed.fetch_add(1);
      theirs.notify_all();
    });
  }
  std::this_thread::sleep_for(20ms);
  EXPECT_FALSE(gate.wait_until([](const Gate& g) { return g.passed.load() != 0; }, 20ms));
  gate->opened.store(1);
  gate.notify_all();
  EXPECT_TRUE(gate.wait_until([](const Gate& g) { return g.passed.load() == 4; }, 50s));
  for (Child& child : children) {
    EXPECT_TRUE(child.wait().ok());
  }
}

TEST_F(WaitingTest, SurvivesWaitersAndNotifiersThatAreKilled) {
  const auto word = registry_.create<std::atomic<int>>("w", 0);
  for (int round = 0; round < 10; ++round) {
    Child waiter([&] { Registry::open(name_).get<std::atomic<int>>("w").wait(0); });
    Child notifier([&] {
      const auto theirs = Registry::open(name_).get<std::atomic<int>>("w");
      for (;;) {
        theirs.notify_one();
        theirs.notify_all();
      }
    });
    Child survivor(
        [&] { EXPECT_TRUE(Registry::open(name_).get<std::atomic<int>>("w").wait_for(0, 50s)); });
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + round));
    EXPECT_EQ(waiter.kill().signal, SIGKILL);
    EXPECT_EQ(notifier.kill().signal, SIGKILL);
    word->store(1);
    if (round % 2 == 0) {
      word.notify_one();  // else as if the notifier had died before it: the sleepers look by themselves
    }
    EXPECT_TRUE(survivor.wait().ok());
    word->store(0);
  }
  registry_.reap();
  expect_clean(registry_);
}

TEST_F(WaitingTest, OfManyThreadsLosesNobody) {
  const auto word = registry_.create<std::atomic<int>>("w", 0);
  constexpr int count = 6;
  std::vector<std::thread> threads;
  std::atomic<int> done{0};
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      for (int turn = i; turn < 30 * count; turn += count) {
        word.wait_until([&](const std::atomic<int>& w) { return w.load() == turn; }, 50s);
        word->store(turn + 1);
        word.notify_all();
      }
      done.fetch_add(1);
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(done.load(), count);
  EXPECT_EQ(word->load(), 30 * count);
}

}  // namespace
}  // namespace ipcarc::test
