// Guards against a robust mutex in shared memory, locked and unlocked by hand.
#include <pthread.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "objects.hpp"
#include "own_registry.hpp"
#include "partner.hpp"
#include "shared_memory.hpp"
#include "topic.hpp"
#include "topics.hpp"

namespace ipcarc::bench {
namespace {

struct Locked {
  pthread_mutex_t mutex;
  std::uint64_t value;
};

void make_robust(pthread_mutex_t& mutex) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  if (pthread_mutex_init(&mutex, &attributes) != 0) {
    throw std::runtime_error("no robust mutex");
  }
  pthread_mutexattr_destroy(&attributes);
}

}  // namespace

void guards(const Bench& bench) {
  Registry registry = own_registry();
  const auto object = registry.create<Counter>("counter");
  const SharedArray<Locked> raw(1);
  make_robust(raw[0].mutex);

  const auto change = [&] { ++object.acquire()->value; };
  const auto look = [&] { benchmark::DoNotOptimize(object.read()->value); };
  const auto raw_change = [&] {
    pthread_mutex_lock(&raw[0].mutex);
    ++raw[0].value;
    benchmark::ClobberMemory();
    pthread_mutex_unlock(&raw[0].mutex);
  };
  {
    Race race(bench.effort());
    const auto acquire = race.add(each(change));
    const auto read = race.add(each(look));
    const auto mutex = race.add(each(raw_change));
    race.run();
    bench.report(race, "acquire + change + release", acquire, "robust mutex", mutex, at_most(1.4));
    bench.report(race, "read + release", read, "robust mutex", mutex);
  }
  if (bench.effort().two_cores) {
    Partner partner([&] {
      return std::vector<Partner::Work>{repeated(change), repeated(raw_change)};
    });
    Race race(bench.effort());
    const auto acquire = race.add(together(partner, 0, each(change)));
    const auto mutex = race.add(together(partner, 1, each(raw_change)));
    race.run();
    bench.report(race, "the same, by two processes, one object", acquire, "robust mutex", mutex);
  }
}

}  // namespace ipcarc::bench
