// A wall clock that jumps by years at every look: no wait is shorter or longer for it, since all of them are by the monotonic clock.
//
// The jumps are made by a clock_gettime of this program's own, which the library's calls find before the system's.
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "registry/example.hpp"

namespace {
std::atomic<bool> jumps{false};
std::atomic<std::uint64_t> looks{0};
}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  if (jumps && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    constexpr time_t year = 365 * 86400;
    const std::uint64_t look = looks.fetch_add(1);
    time->tv_sec += look % 2 == 0 ? 30 * year : -30 * year;
  }
  return result;
}

namespace ipcarc::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class ClockTest : public ::testing::Test {
 protected:
  ClockTest() { jumps = true; }
  ~ClockTest() override { jumps = false; }

  /// Runs `call` in time or not at all; it takes no less than `time`.
  template <class F>
  static void expect_lasts(std::chrono::milliseconds time, F call) {
    const Exit exit = run_in_child([&] {
      const auto begin = Clock::now();
      call();
      EXPECT_GE(Clock::now() - begin, time);
    });
    EXPECT_TRUE(exit.ok()) << exit;
  }

  RegistryName name_{"clock_fault"};
  Registry registry_ = Registry::open(name_, small());
};

TEST_F(ClockTest, WaitsLastAsLongAsTheyAreTold) {
  const auto value = registry_.create<int>("n", 1);
  auto guard = value.acquire();
  expect_lasts(300ms, [&] {
    EXPECT_EQ(error_of([&] { (void)value.acquire_for(300ms); }), Errc::timed_out);
  });
  expect_lasts(1200ms, [&] {
    EXPECT_EQ(error_of([&] { (void)value.acquire_for(1200ms); }), Errc::timed_out);
  });
  guard.release();
  expect_lasts(300ms, [&] {
    EXPECT_EQ(error_of([&] { registry_.wait<int>("nobody's", 300ms); }), Errc::timed_out);
  });
  expect_lasts(300ms, [&] { EXPECT_FALSE(value.wait_changed(value.version(), 300ms)); });
}

TEST_F(ClockTest, AWaiterIsServedAndTheDeadAreReaped) {
  const auto value = registry_.create<int>("n", 1);
  const Signal held;
  Child holder([&] {
    auto guard = value.acquire();
    held.give();
    ::pause();
  });
  ASSERT_TRUE(held.await());
  std::thread killer([&] {
    std::this_thread::sleep_for(200ms);
    holder.kill();
  });
  EXPECT_EQ(error_of([&] { (void)value.acquire_for(30s); }), Errc::poisoned);
  killer.join();
  value.reset(2);
  EXPECT_EQ(value.load(), 2);
  registry_.reap();
  expect_clean(registry_);
  EXPECT_GT(looks, 0U) << "the library never looked at this clock: the test shows nothing";
}

}  // namespace
}  // namespace ipcarc::test
