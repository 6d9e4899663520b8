// Strings and vectors in a shared object, against the same of std on malloc and of Boost in a segment.
#include <boost/container/string.hpp>
#include <boost/container/vector.hpp>
#include <boost/interprocess/allocators/allocator.hpp>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "boost_segment.hpp"
#include "objects.hpp"
#include "own_registry.hpp"
#include "topic.hpp"
#include "topics.hpp"

namespace ipcarc::bench {
namespace {

using BoostManager = boost::interprocess::managed_shared_memory;
template <class T>
using BoostAllocator = boost::interprocess::allocator<T, BoostManager::segment_manager>;
using BoostString =
    boost::container::basic_string<char, std::char_traits<char>, BoostAllocator<char>>;
using BoostStrings = boost::container::vector<BoostString, BoostAllocator<BoostString>>;

/// Lengths of 8 to 128 bytes, in a random order that goes round.
class Texts {
 public:
  Texts() {
    std::mt19937 random(3);
    for (auto& length : lengths_) {
      length = static_cast<unsigned char>(8 + random() % 121);
    }
  }
  std::string_view next() noexcept {
    at_ = (at_ + 1) % lengths_.size();
    return std::string_view(letters_).substr(at_ % 64, lengths_[at_]);
  }

 private:
  std::string letters_ = std::string(256, 'a');
  std::vector<unsigned char> lengths_ = std::vector<unsigned char>(4096);
  std::size_t at_ = 0;
};

template <class Text>
Loop build_and_drop(std::optional<Text>& place, auto... allocator) {
  return [&place, texts = Texts(), allocator...](benchmark::State& state) mutable {
    for ([[maybe_unused]] auto _ : state) {
      const std::string_view text = texts.next();
      place.emplace(text.data(), text.size(), allocator...);
      benchmark::DoNotOptimize(place->data());
      place.reset();
    }
  };
}

constexpr std::size_t list_length = 1000;

/// Fills the container from empty to a thousand elements, growth included, and empties it; the time is that of one element.
template <class C, class Add>
Loop filled(C& container, Add add) {
  return [&container, add](benchmark::State& state) {
    std::size_t left = list_length;
    for ([[maybe_unused]] auto _ : state) {
      add(container);
      if (--left == 0) {
        left = list_length;
        container.clear();
        container.shrink_to_fit();
      }
    }
    container.clear();
    container.shrink_to_fit();
  };
}

/// Sums what a callable gives of each element, again and again; the time is that of one element.
template <class C, class F>
Loop summed(const C& container, F number_of) {
  return [&container, number_of](benchmark::State& state) {
    std::uint64_t sum = 0;
    auto at = container.begin();
    for ([[maybe_unused]] auto _ : state) {
      sum += number_of(*at);
      if (++at == container.end()) {
        at = container.begin();
        benchmark::DoNotOptimize(sum);
      }
    }
  };
}

/// What is in the object read through the guard, against the same of std.
void read(const Bench& bench, Collection& shared) {
  std::vector<std::string> std_list;
  std::vector<std::uint64_t> std_numbers;
  std::unordered_map<std::uint64_t, std::uint64_t> std_table;
  shared.numbers.clear();
  shared.list.clear();
  for (std::uint64_t i = 0; i < list_length; ++i) {
    const std::string text(8 + i % 121, 'a');
    shared.numbers.push_back(i);
    std_numbers.push_back(i);
    shared.list.emplace_back(text);
    std_list.push_back(text);
    shared.table[i * 7919] = i;
    std_table[i * 7919] = i;
  }
  const auto itself = [](std::uint64_t number) { return number; };
  const auto last_letter = [](const auto& text) {
    return static_cast<std::uint64_t>(text.data()[text.size() - 1]);
  };
  const auto look_up = [](const auto& table) {
    return each([&table, key = std::uint64_t{0}]() mutable {
      key = key == (list_length - 1) * 7919 ? 0 : key + 7919;
      benchmark::DoNotOptimize(table.find(key)->second);
    });
  };
  Race race(bench.effort());
  const auto numbers = race.add(summed(shared.numbers, itself));
  const auto numbers_std = race.add(summed(std_numbers, itself));
  const auto texts = race.add(summed(shared.list, last_letter));
  const auto texts_std = race.add(summed(std_list, last_letter));
  const auto table = race.add(look_up(std::as_const(shared.table)));
  const auto table_std = race.add(look_up(std::as_const(std_table)));
  race.run();
  bench.report(race, "a number of a vector read", numbers, "std on malloc", numbers_std);
  bench.report(race, "the last letter of a string of a vector read", texts, "std on malloc",
               texts_std);
  bench.report(race, "find in an unordered_map of 1000", table, "std on malloc", table_std);
}

}  // namespace

void containers(const Bench& bench) {
  Registry registry = own_registry();
  const auto object = registry.create<Collection>("containers");
  auto shared = object.acquire();
  std::optional<std::string> std_text;
  std::vector<std::string> std_list;
  std::vector<std::uint64_t> std_numbers;
  BoostSegment boost(64 * 1024 * 1024);
  auto* const manager = boost->get_segment_manager();
  auto& boost_text = *boost->construct<std::optional<BoostString>>("text")();
  auto& boost_list = *boost->construct<BoostStrings>("list")(BoostAllocator<BoostString>(manager));
  constexpr std::string_view forty = "0123456789012345678901234567890123456789";
  static_assert(forty.size() == 40);

  Race race(bench.effort());
  const auto text = race.add(build_and_drop(shared->text));
  const auto text_std = race.add(build_and_drop(std_text));
  const auto text_boost = race.add(build_and_drop(boost_text, BoostAllocator<char>(manager)));
  const auto add_text = [forty](auto& list) { list.emplace_back(forty.data(), forty.size()); };
  const auto list = race.add(filled(shared->list, add_text));
  const auto list_std = race.add(filled(std_list, add_text));
  const auto list_boost = race.add(filled(boost_list, [forty, manager](BoostStrings& strings) {
    strings.emplace_back(forty.data(), forty.size(), BoostAllocator<char>(manager));
  }));
  const auto add_number = [](auto& numbers) { numbers.push_back(numbers.size()); };
  const auto numbers = race.add(filled(shared->numbers, add_number));
  const auto numbers_std = race.add(filled(std_numbers, add_number));
  race.run();
  bench.report(race, "string of 8 to 128 B, built + dropped", text, "std::string", text_std,
               at_most(1.3));
  bench.report(race, "string of 8 to 128 B, built + dropped", text, "Boost string", text_boost,
               no_goal(Goal::Kind::faster));
  bench.report(race, "push_back of a 40 B string, vector", list, "std on malloc", list_std,
               at_most(1));
  bench.report(race, "push_back of a 40 B string, vector", list, "Boost vector, string", list_boost,
               no_goal(Goal::Kind::faster));
  bench.report(race, "push_back of a number, vector", numbers, "std on malloc", numbers_std);
  read(bench, *shared);
}

}  // namespace ipcarc::bench
