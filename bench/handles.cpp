// A handle copied and dropped, alone and while another process does the same with handles of the same object.
#include <boost/interprocess/smart_ptr/shared_ptr.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "boost_segment.hpp"
#include "objects.hpp"
#include "own_registry.hpp"
#include "partner.hpp"
#include "topic.hpp"
#include "topics.hpp"

namespace ipcarc::bench {
namespace {

using BoostManager = boost::interprocess::managed_shared_memory;
using BoostPointer = boost::interprocess::managed_shared_ptr<Point, BoostManager>::type;

template <class H>
auto copy_and_drop(const H& handle) {
  return [&handle] {
    H copy(handle);
    benchmark::DoNotOptimize(copy);
  };
}

void alone(const Bench& bench) {
  Registry registry = own_registry();
  BoostSegment boost(1024 * 1024);
  const auto mine = registry.create<Point>("point", Point{1, 2});
  const auto standard = std::make_shared<Point>(Point{1, 2});
  const BoostPointer theirs = boost::interprocess::make_managed_shared_ptr(
      boost->construct<Point>("point")(Point{1, 2}), *boost);

  Race race(bench.effort());
  const auto own = race.add(each(copy_and_drop(mine)));
  const auto std_ptr = race.add(each(copy_and_drop(standard)));
  const auto boost_ptr = race.add(each(copy_and_drop(theirs)));
  race.run();
  bench.report(race, "copy + drop", own, "Boost shared_ptr", boost_ptr, at_most(1));
  bench.report(race, "copy + drop", own, "std::shared_ptr", std_ptr, at_most(1));
}

void by_two(const Bench& bench) {
  Registry registry = own_registry();
  BoostSegment boost(1024 * 1024);
  const auto mine = registry.create<Point>("point", Point{1, 2});
  const BoostPointer theirs = boost::interprocess::make_managed_shared_ptr(
      boost->construct<Point>("point")(Point{1, 2}), *boost);
  Partner partner([&] {
    return std::vector<Partner::Work>{repeated(copy_and_drop(mine)),
                                      repeated(copy_and_drop(theirs))};
  });

  Race race(bench.effort());
  const auto own = race.add(each(copy_and_drop(mine)));
  const auto own_beside = race.add(beside(partner, 0, each(copy_and_drop(mine))));
  const auto boost_alone = race.add(each(copy_and_drop(theirs)));
  const auto boost_beside = race.add(beside(partner, 1, each(copy_and_drop(theirs))));
  race.run();
  bench.report(race, "copy + drop, two processes, one object", own_beside, "the same alone", own,
               at_most(1.1));
  bench.report(race, "Boost's, two processes, one object", boost_beside, "the same alone",
               boost_alone);
}

/// As long as it lives, this process has a second thread, which sleeps.
class SleepingThread {
 public:
  SleepingThread()
      : thread_([this] {
          std::unique_lock lock(mutex_);
          woken_.wait(lock, [this] { return ends_; });
        }) {}
  ~SleepingThread() {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    woken_.notify_one();
    thread_.join();
  }
  SleepingThread(const SleepingThread&) = delete;
  SleepingThread& operator=(const SleepingThread&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable woken_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace

void handles(const Bench& bench) {
  alone(bench);
  if (bench.effort().two_cores) {
    by_two(bench);
  }
}

void handles_threaded(const Bench& bench) {
  const SleepingThread thread;
  alone(bench);
}

}  // namespace ipcarc::bench
