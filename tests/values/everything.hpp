// A value with one of each kind that may be shared, and what its JSON is.
#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <complex>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

#include <boost/describe.hpp>
#include <nlohmann/json.hpp>

#include <ipcarc/ipcarc.hpp>
#include <ipcarc/json.hpp>

namespace ipcarc::test {

enum class Shade : std::uint8_t { dark = 1, light = 2 };

struct Base {
  int id = 7;
};
BOOST_DESCRIBE_STRUCT(Base, (), (id))
struct Derived : Base {
  bool on = true;
};
BOOST_DESCRIBE_STRUCT(Derived, (Base), (on))

struct Scalars {
  bool yes = true;
  char letter = 'x';
  char control = '\0';
  std::int8_t small = -8;
  std::uint64_t large = std::numeric_limits<std::uint64_t>::max();
  std::int64_t negative = std::numeric_limits<std::int64_t>::min();
  float third = 0.1F;
  double tenth = 0.1;
  double whole = 3.0;
  double nan = std::numeric_limits<double>::quiet_NaN();
  double infinite = -std::numeric_limits<double>::infinity();
  long double extended = 2.5L;
  Shade colour = Shade::light;
  std::array<int, 3> numbers{1, 2, 3};
  int grid[2][2] = {{1, 2}, {3, 4}};
  char text[8] = "seven";
  char full[3] = {'a', 'b', 'c'};
  char16_t wide[8] = u"g\u00fc\U0001F600";
  std::bitset<10> bits{0b1011};
  std::chrono::milliseconds delay{250};
  std::chrono::sys_seconds moment{std::chrono::seconds(86400)};
  std::complex<double> phase{1.0, -2.0};
  std::pair<int, bool> pair{4, false};
  std::tuple<int, char, double> tuple{1, 'b', 2.5};
  std::optional<int> some = 5;
  std::optional<int> none;
  std::variant<int, double> choice = 1.5;
  Derived derived;
  std::byte byte{0xAB};
};

inline nlohmann::json json_of_scalars() {
  return nlohmann::json::parse(R"({
    "yes": true, "letter": "x", "control": 0, "small": -8, "large": 18446744073709551615,
    "negative": -9223372036854775808, "third": 0.1, "tenth": 0.1, "whole": 3.0, "nan": "NaN",
    "infinite": "-Infinity", "extended": 2.5, "colour": 2, "numbers": [1, 2, 3],
    "grid": [[1, 2], [3, 4]], "text": "seven", "full": "abc", "wide": "g\u00fc\ud83d\ude00",
    "bits": "0000001011", "delay": 250, "moment": 86400, "phase": [1.0, -2.0], "pair": [4, false],
    "tuple": [1, "b", 2.5], "some": 5, "none": null, "choice": {"index": 1, "value": 1.5},
    "derived": {"Base": {"id": 7}, "on": true}, "byte": 171})");
}

struct Leaf {
  ipcarc::string name;
  std::int32_t weight = 0;
};

struct Containers {
  ipcarc::string brief = "short";
  ipcarc::string lengthy = "a string that does not fit inside of itself";
  ipcarc::vector<int> none;
  ipcarc::vector<ipcarc::string> words{"one", "a second one that is longer than there is room"};
  ipcarc::vector<char> characters{'r', 'a', 'w'};
  ipcarc::small_vector<int, 4> inside{1, 2};
  ipcarc::small_vector<int, 2> outside{1, 2, 3};
  ipcarc::static_vector<ipcarc::string, 3> bounded{"x", "y"};
  ipcarc::deque<int> queue;
  ipcarc::stable_vector<double> stable{0.5, 1.5};
  ipcarc::list<ipcarc::string> list{"first", "second"};
  ipcarc::set<int> set{3, 1, 2};
  ipcarc::map<ipcarc::string, int> counts{{"b", 2}, {"a", 1}};
  ipcarc::map<int, ipcarc::string> names{{10, "ten"}, {-1, "minus one"}};
  ipcarc::flat_map<int, bool> flags{{1, true}, {0, false}};
  ipcarc::flat_set<ipcarc::string> sorted{"q", "p"};
  ipcarc::unordered_map<ipcarc::string, ipcarc::vector<int>> table;
  ipcarc::unordered_set<std::uint16_t> hashed{9, 1, 5};
  std::optional<ipcarc::string> maybe = ipcarc::string("there");
  std::variant<std::monostate, ipcarc::string, int> either = ipcarc::string("text");
  ipcarc::map<ipcarc::string, ipcarc::map<ipcarc::string, Leaf>> nested;
};

inline Containers containers() {
  Containers value;
  for (int i = 0; i < 700; ++i) {
    value.queue.push_back(i);
  }
  value.queue.pop_front();
  value.queue.push_front(-1);
  value.table["t"] = {1, 2, 3};
  value.nested["outer"]["inner"] = {"leaf", 3};
  value.nested["empty"];
  return value;
}

inline nlohmann::json json_of_containers() {
  auto json = nlohmann::json::parse(R"({
    "brief": "short", "lengthy": "a string that does not fit inside of itself", "none": [],
    "words": ["one", "a second one that is longer than there is room"], "characters": "raw",
    "inside": [1, 2], "outside": [1, 2, 3], "bounded": ["x", "y"], "stable": [0.5, 1.5],
    "list": ["first", "second"], "set": [1, 2, 3], "counts": {"a": 1, "b": 2},
    "names": [[-1, "minus one"], [10, "ten"]], "flags": [[0, false], [1, true]],
    "sorted": ["p", "q"], "table": {"t": [1, 2, 3]}, "hashed": [1, 5, 9], "maybe": "there",
    "either": {"index": 1, "value": "text"},
    "nested": {"empty": {}, "outer": {"inner": {"name": "leaf", "weight": 3}}}})");
  json["queue"] = nlohmann::json::array();
  for (int i = 0; i < 700; ++i) {
    json["queue"].push_back(i == 0 ? -1 : i);
  }
  return json;
}

/// Hash tables have no order of their own.
inline nlohmann::json in_order(nlohmann::json json) {
  std::sort(json["hashed"].begin(), json["hashed"].end());
  return json;
}

}  // namespace ipcarc::test
