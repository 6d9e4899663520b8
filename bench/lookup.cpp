// By name: hit while this process holds the object, hit that makes it a holder, miss; against the bare probe and Boost's find.
#include <fmt/format.h>

#include <atomic>
#include <string>
#include <vector>

#include "bare_table.hpp"
#include "boost_segment.hpp"
#include "compare/local_map.hpp"
#include "names.hpp"
#include "own_registry.hpp"
#include "partner.hpp"
#include "topic.hpp"
#include "topics.hpp"

namespace ipcarc::bench {
namespace {

using Number = std::atomic<std::uint64_t>;

constexpr const char* bare = "bare probe + compare";

class Table {
 public:
  Table(const Bench& bench, std::uint32_t count)
      : bench_(bench),
        count_(count),
        registry_(own_registry(count + 64)),
        boost_(64 * 1024 + std::size_t{count} * 320),
        bare_(count),
        bare_in_small_pages_(count, PagesOf::four_kib),
        names_(count),
        absent_(count, "other") {
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::string name = object_name(i);
      held_.push_back(registry_.create<Number>(name, i));
      boost_->construct<Number>(name.c_str())(i);
      bare_.add(name, i + 1);
      bare_in_small_pages_.add(name, i + 1);
      local_.put(name, std::make_shared<Number>(i));
    }
  }

  void hit_and_miss(double faster_than_boost) {
    Race race(bench_.effort());
    const auto get = race.add(each([this] { get_and_drop(); }));
    const auto probe = race.add(each([this] { names_.answer(bare_.find(names_.next())); }));
    const auto small_probe =
        race.add(each([this] { names_.answer(bare_in_small_pages_.find(names_.next())); }));
    const auto boost =
        race.add(each([this] { names_.answer(boost_->find<Number>(names_.next().data()).first); }));
    const auto miss =
        race.add(each([this] { absent_.answer(registry_.find<Number>(absent_.next()).get()); }));
    const auto miss_probe = race.add(each([this] { absent_.answer(bare_.find(absent_.next())); }));
    const auto miss_boost = race.add(
        each([this] { absent_.answer(boost_->find<Number>(absent_.next().data()).first); }));
    const auto local = race.add(each([this] { names_.answer(local_.get(names_.next()).get()); }));
    race.run();
    plot("get, held already", race.of(get));
    plot("find, absent", race.of(miss));
    plot("bare probe", race.of(probe));
    plot("Boost find", race.of(boost));
    plot("map in one process", race.of(local));
    report(race, "get + drop, held", get, bare, probe, at_most(1.8));
    report(race, "get + drop, held", get, "bare probe, pages of 4 KiB", small_probe);
    report(race, "get + drop, held", get, "map + shared_mutex + shared_ptr", local);
    report(race, "get + drop, held", get, "Boost find", boost,
           faster_than_boost > 0 ? times_faster(faster_than_boost) : no_goal(Goal::Kind::faster));
    report(race, "find, absent", miss, bare, miss_probe);
    report(race, "find, absent", miss, "Boost find", miss_boost, no_goal(Goal::Kind::faster));
    report(race, "find, absent", miss, "get + drop, held", get, at_most(1.5));
  }

  void first_hold() {
    {
      Partner holder([] { return std::vector<Partner::Work>(); });
      held_.clear();
      first_hold_beside("get + drop, first hold, another holds it");
      for (std::uint32_t i = 0; i < count_; ++i) {
        registry_.get<Number>(object_name(i)).pin();
      }
    }
    first_hold_beside("get + drop, first hold, pinned, nobody holds it");
  }

 private:
  void get_and_drop() { names_.answer(registry_.get<Number>(names_.next()).get()); }

  void first_hold_beside(const char* operation) {
    Race race(bench_.effort());
    const auto get = race.add(each([this] { get_and_drop(); }));
    const auto probe = race.add(each([this] { names_.answer(bare_.find(names_.next())); }));
    race.run();
    report(race, operation, get, bare, probe, at_most(2.5));
    if (std::string_view(operation).find("pinned") != std::string_view::npos) {
      plot("get, first hold", race.of(get));
    }
  }

  void report(const Race& race, const char* operation, std::size_t mine, const char* peer,
              std::size_t other, Goal goal = no_goal()) const {
    bench_.report(race, fmt::format("{}, {}", counted(count_), operation), mine, peer, other, goal);
  }

  void plot(const char* series, const Samples& samples) const {
    bench_.plot("lookup", series, count_, samples);
  }

  const Bench& bench_;
  std::uint32_t count_;
  Registry registry_;
  BoostSegment boost_;
  BareTable bare_;
  BareTable bare_in_small_pages_;
  LocalMap<Number> local_;
  Names names_;
  Names absent_;
  std::vector<IpcArc<Number>> held_;
};

}  // namespace

void lookup(const Bench& bench) {
  constexpr struct {
    std::uint32_t objects;
    double faster_than_boost;
  } sizes[] = {{10, 2.5}, {1000, 0}, {10'000, 8}, {100'000, 0}, {1'000'000, 10}, {10'000'000, 0}};
  for (const auto& size : sizes) {
    if (size.objects <= bench.effort().most_objects) {
      Table table(bench, size.objects);
      table.hit_and_miss(size.faster_than_boost);
      table.first_hold();
    }
  }
}

}  // namespace ipcarc::bench
