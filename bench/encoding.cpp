// The price of not being relocatable: the same value, in place and encoded.
#include <map>
#include <string>
#include <vector>

#include "objects.hpp"
#include "own_registry.hpp"
#include "topic.hpp"
#include "topics.hpp"

#include "ipcarc/serialization.hpp"

namespace ipcarc::bench {

struct PlacedPerson {
  ipcarc::string name;
  ipcarc::vector<ipcarc::string> numbers;
  std::uint64_t seen = 0;
};
struct CarriedPerson {
  std::string name;
  std::vector<std::string> numbers;
  std::uint64_t seen = 0;
};

namespace {

template <class Book>
Book book_of(int entries) {
  Book book;
  for (int i = 0; i < entries; ++i) {
    auto& person = book[("somebody of number " + std::to_string(i)).c_str()];
    person.name = "a name of the usual length";
    person.numbers = {"+49 731 12345", "+49 3641 67890"};
  }
  return book;
}

void of_entries(const Bench& bench, int entries) {
  using Placed = ipcarc::map<ipcarc::string, PlacedPerson>;
  using Carried = std::map<std::string, CarriedPerson>;
  Registry registry = own_registry();
  const auto placed = registry.create<Placed>("placed", book_of<Placed>(entries));
  const auto carried = registry.create<Carried>("carried", book_of<Carried>(entries));
  const std::string key = "somebody of number " + std::to_string(entries / 2);
  std::uint64_t read = 0;

  Race race(bench.effort());
  const auto carried_read = race.add(each([&] { read += carried.read()->find(key)->second.seen; }));
  const auto placed_read = race.add(each([&] { read += placed.read()->find(key)->second.seen; }));
  const auto carried_change = race.add(each([&] { ++carried.acquire()->find(key)->second.seen; }));
  const auto placed_change = race.add(each([&] { ++placed.acquire()->find(key)->second.seen; }));
  const auto carried_update = race.add(
      each([&] { carried.update([&](Carried& book) { ++book.find(key)->second.seen; }); }));
  const auto placed_update =
      race.add(each([&] { placed.update([&](Placed& book) { ++book.find(key)->second.seen; }); }));
  race.run();
  benchmark::DoNotOptimize(read);

  const std::string size = std::to_string(entries) + " entries";
  bench.report(race, "read one of " + size + ", encoded", carried_read, "in place", placed_read);
  bench.report(race, "change one of " + size + ", encoded", carried_change, "in place",
               placed_change);
  bench.report(race, "update one of " + size + ", encoded", carried_update, "in place",
               placed_update);
}

}  // namespace

void encoding(const Bench& bench) {
  of_entries(bench, 1);
  of_entries(bench, 100);
}

}  // namespace ipcarc::bench
