// Blocks of mixed sizes taken and given back: the segment's raw heap, glibc's malloc, Boost's heap; by one process and by two.
//
// 4096 blocks live; each step gives back one of them and takes another of a size between 16 B and 4 KiB, small ones more
// often (uniform in the logarithm), and writes its first word.
#include "heap/heap.hpp"

#include <cmath>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "boost_segment.hpp"
#include "own_registry.hpp"
#include "partner.hpp"
#include "registry/core.hpp"
#include "topic.hpp"
#include "topics.hpp"

namespace ipcarc::bench {
namespace {

constexpr std::size_t live_blocks = 4096;
constexpr std::size_t steps = 65536;

struct Step {
  std::uint32_t slot;
  std::uint32_t bytes;
};

std::vector<Step> random_steps() {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> exponent(4, 12);
  std::vector<Step> sequence(steps);
  for (Step& step : sequence) {
    step.slot = static_cast<std::uint32_t>(random() % live_blocks);
    step.bytes = static_cast<std::uint32_t>(std::exp2(exponent(random)));
  }
  return sequence;
}

/// The live blocks of one process, and the step that replaces one of them. `A`: take(bytes) -> void*, give(void*).
template <class A>
class Churn {
 public:
  explicit Churn(A allocator) : allocator_(allocator), sequence_(random_steps()) {}
  ~Churn() {
    for (void* block : blocks_) {
      if (block != nullptr) {
        allocator_.give(block);
      }
    }
  }
  Churn(const Churn&) = delete;
  Churn& operator=(const Churn&) = delete;

  void step() {
    const Step& now = sequence_[at_];
    at_ = (at_ + 1) % steps;
    void*& block = blocks_[now.slot];
    if (block != nullptr) {
      allocator_.give(block);
    }
    block = allocator_.take(now.bytes);
    *static_cast<std::uint64_t*>(block) = now.bytes;
  }

 private:
  A allocator_;
  std::vector<Step> sequence_;
  std::vector<void*> blocks_ = std::vector<void*>(live_blocks);
  std::size_t at_ = 0;
};

struct OwnHeap {
  detail::Core* core;
  std::uint32_t owner;
  void* take(std::size_t bytes) const { return core->base + core->heap().allocate(bytes, owner); }
  void give(void* block) const {
    core->heap().free(static_cast<std::uint64_t>(static_cast<std::byte*>(block) - core->base));
  }
};

struct Malloc {
  void* take(std::size_t bytes) const { return std::malloc(bytes); }
  void give(void* block) const { std::free(block); }
};

struct BoostHeap {
  boost::interprocess::managed_shared_memory* segment;
  void* take(std::size_t bytes) const { return segment->allocate(bytes); }
  void give(void* block) const { segment->deallocate(block); }
};

template <class A>
Loop churning(Churn<A>& churn) {
  return each([&churn] { churn.step(); });
}

template <class A>
Partner::Work partners(A allocator) {
  return repeated([churn = std::make_shared<Churn<A>>(allocator)] { churn->step(); });
}

}  // namespace

void heap(const Bench& bench) {
  const std::string name = "bench.heap." + std::to_string(::getpid());
  detail::CoreView* view = detail::open_core(name, {}, true);
  Registry::destroy(name);
  // The tag is that of an entry which nobody uses: the last of the table.
  const std::uint32_t owner = 1U << 17;
  const OwnHeap own_heap{&detail::Core::of(*view), owner};
  BoostSegment boost_segment(256 * 1024 * 1024);
  const BoostHeap boost_heap{&*boost_segment};
  {
    Churn<OwnHeap> own(own_heap);
    Churn<Malloc> glibc({});
    Churn<BoostHeap> boost(boost_heap);
    Race race(bench.effort());
    const auto mine = race.add(churning(own));
    const auto malloc_free = race.add(churning(glibc));
    const auto theirs = race.add(churning(boost));
    race.run();
    bench.report(race, "allocate + free, 16 B to 4 KiB", mine, "glibc malloc + free", malloc_free,
                 at_most(1));
    bench.report(race, "allocate + free, 16 B to 4 KiB", mine, "Boost allocate + deallocate",
                 theirs, no_goal(Goal::Kind::faster));
  }
  if (bench.effort().two_cores) {
    Partner partner([&] {
      return std::vector<Partner::Work>{partners(own_heap), partners(boost_heap)};
    });
    Churn<OwnHeap> own(own_heap);
    Churn<BoostHeap> boost(boost_heap);
    Race race(bench.effort());
    const auto mine = race.add(churning(own), Clock::wall);
    const auto mine_together = race.add(together(partner, 0, churning(own)), Clock::wall);
    const auto theirs = race.add(churning(boost), Clock::wall);
    const auto theirs_together = race.add(together(partner, 1, churning(boost)), Clock::wall);
    race.run();
    bench.report(race, "the same, two processes together", mine_together, "one process", mine,
                 times_faster(1.7));
    bench.report(race, "Boost's, two processes together", theirs_together, "one process", theirs,
                 no_goal(Goal::Kind::faster));
  }
  detail::drop_reference(*view);
}

}  // namespace ipcarc::bench
