// What a user of std's containers writes: each function here is run with the container of std and
// with ours, and what it notes of the calls' results must be the same.
#include <algorithm>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <gtest/gtest.h>

#include <ipcarc/containers.hpp>

namespace ipcarc::test {
namespace {

using namespace std::string_view_literals;

/// What the calls gave.
class Notes {
 public:
  Notes& operator()(std::string_view text) {
    text_.append(text).append(";");
    return *this;
  }
  Notes& operator()(std::integral auto number) { return (*this)(std::to_string(number)); }
  template <class Range>
  Notes& all(const Range& range) {
    for (const auto& element : range) {
      if constexpr (requires { element.first; }) {
        (*this)(element.first)(element.second);
      } else {
        (*this)(element);
      }
    }
    return (*this)(range.size());
  }
  friend bool operator==(const Notes&, const Notes&) = default;
  friend std::ostream& operator<<(std::ostream& stream, const Notes& notes) {
    return stream << notes.text_;
  }

 private:
  std::string text_;
};

template <class Call>
bool out_of_range(Call call) {
  try {
    static_cast<void>(call());
    return false;
  } catch (const std::out_of_range&) {
    return true;
  }
}

template <class Map>
Notes use_map() {
  using Key = typename Map::key_type;
  Notes notes;
  Map map{{"a", 1}, {"b", 2}};
  const Key key = "k";
  typename Map::value_type value("v", 22);

  // By any kind of string, without a key made of it.
  const Map& constant = map;
  notes(constant.find("a"sv)->second)(constant.contains("a"))(constant.count("x"sv));
  const auto [from, to] = constant.equal_range("b"sv);
  notes(std::distance(from, to))(constant.at(Key("a")));
  notes(out_of_range([&] { return constant.at("none"); }));

  map["c"] = 3;
  map[key] = 4;
  map["k"] += 1;
  notes(map.insert({"d", 5}).second)(map.insert({"d", 6}).second)(map.insert(value).second);
  notes(map.insert(std::make_pair("e", 7)).second)(map.insert(std::move(value)).second);
  notes(map.insert(map.cbegin(), {"f", 8})->second);
  const std::map<Key, int> several{{"g", 9}, {"a", 10}};
  map.insert(several.begin(), several.end());
  map.insert({{"h", 11}, {"b", 12}});
  notes(map.emplace("i", 13).second)(map.emplace(key, 14).second);
  notes(map.emplace(std::piecewise_construct, std::forward_as_tuple(std::size_t{3}, 'j'),
                    std::forward_as_tuple(15))
            .first->first);
  notes(map.emplace_hint(map.cend(), "l", 16)->second);
  notes(map.try_emplace("m", 17).second)(map.try_emplace(key, 18).first->second);
  notes(map.try_emplace(map.cbegin(), "n", 19)->second);
  notes(map.insert_or_assign("m", 20).second)(map.insert_or_assign(key, 21).first->second);
  notes(map.insert_or_assign(map.cbegin(), "o", 22)->second);
  notes(map.insert_or_assign(map.cbegin(), key, 23)->second);

  notes(map.erase("m"))(map.erase("none"))(map.erase(key));
  map.erase(map.find("n"));
  {
    const auto found = map.find("o");
    map.erase(found, std::next(found));
  }
  notes(erase_if(map, [](const auto& entry) { return entry.second > 12; }));

  Map copy(map);
  notes(copy == map)(copy.size());
  copy["z"] = 30;
  swap(copy, map);
  notes(map.contains("z"))(copy.contains("z"));
  std::swap(copy, map);
  copy.swap(map);
  Map moved(std::move(copy));
  copy = {{"y", 31}};
  copy = moved;
  notes(copy == moved)(copy != map);
  copy.clear();
  notes(copy.empty())(copy.size());

  for (auto& [name, number] : map) {
    number += static_cast<int>(name.size());
  }
  notes(std::accumulate(map.begin(), map.end(), 0,
                        [](int sum, const auto& entry) { return sum + entry.second; }));
  typename Map::const_iterator position = map.begin();
  notes(position == map.begin())(map.begin() == position)(position != map.cend());
  notes.all(std::map<std::string, int>(map.begin(), map.end()));
  return notes;
}

template <class Map>
Notes use_ordered_map() {
  Notes notes = use_map<Map>();
  Map map{{"a", 1}, {"c", 3}, {"b", 2}};
  notes(map.lower_bound("b"sv)->second)(map.upper_bound("b")->second)(map.rbegin()->first);
  notes(map < Map{{"b", 1}})(map <= map)(map > map)((map <=> map) == 0);
  notes(map.key_comp()("a", "b"))(map.value_comp()(*map.rbegin(), *map.begin()));
  notes(std::prev(map.rend())->first)(map.crbegin() == map.crend());
  return notes.all(map);
}

template <class Map>
Notes use_hashed_map() {
  Notes notes = use_map<Map>();
  Map map(10);
  map.max_load_factor(0.5F);
  map.reserve(100);
  notes(map.bucket_count() >= 200);
  map["a"] = 1;
  const std::size_t bucket = map.bucket("a");
  notes((*map.begin(bucket)).second)(map.bucket_size(bucket))(map.hash_function()("a") ==
                                                              map.hash_function()("a"));
  map.rehash(500);
  return notes(map.at("a"))(map.key_eq()("a", "a"));
}

template <class Set>
Notes use_set() {
  using Key = typename Set::key_type;
  Notes notes;
  Set set{"a", "b"};
  const Key key = "k";
  notes(set.contains("a"sv)) (*set.find("b"))(set.count("x"sv));
  notes(set.insert(key).second)(set.insert(Key("k")).second)(set.insert("c").second);
  notes (*set.insert(set.cbegin(), "d"))(*set.insert(set.cbegin(), key));
  const std::set<Key> several{"e", "a"};
  set.insert(several.begin(), several.end());
  set.insert({"f", "b"});
  notes(set.emplace("g").second) (*set.emplace(std::size_t{2}, 'h').first)(
      *set.emplace_hint(set.cend(), "i"));
  notes(set.erase("g"))(set.erase("none"))(set.erase(key));
  set.erase(set.find("i"));
  notes(erase_if(set, [](const Key& element) { return element == "hh"; }));
  Set copy(set);
  notes(copy == set);
  copy = {"z"};
  swap(copy, set);
  set.swap(copy);
  notes(copy != set)(copy.size())(set.equal_range("a").first == set.find("a"));
  Set moved(std::move(copy));
  copy.clear();
  notes(copy.empty())(moved.size());
  return notes.all(std::set<std::string>(set.begin(), set.end()));
}

template <class Set>
Notes use_ordered_set() {
  Notes notes = use_set<Set>();
  const Set set{"b", "a", "c"};
  notes (*set.lower_bound("b"sv)) (*set.upper_bound("b")) (*set.rbegin())(set < Set{"b"});
  return notes(set.key_comp()("a", "b"))(set.value_comp()("a", "b"))(set >= set).all(set);
}

template <class Texts, class Numbers>
Notes use_sequence() {
  using Text = typename Texts::value_type;
  Notes notes;
  const Texts none;
  notes(none.empty())(Texts(3, "x").size());
  notes.all(Numbers(5, 7)).all(Numbers{5, 7}).all(Numbers(2));
  Texts texts{"a", "b"};
  const std::vector<Text> others{"1", "2", "3"};
  texts.assign(others.begin(), others.end());
  texts.assign(2, "k");
  texts.assign({"l", "m"});
  texts = {"n", "o"};
  const Text local = "local";
  texts.push_back(local);
  texts.push_back("temporary");
  notes(texts.emplace_back(std::size_t{3}, 'e'));
  notes (*texts.insert(texts.cbegin(), local))(*texts.insert(texts.end(), "end"));
  notes (*texts.insert(texts.begin(), 2, local))(*texts.insert(texts.begin(), {"i", "j"}));
  notes(*texts.insert(texts.cbegin(), others.begin(), others.end()));
  notes(*texts.emplace(texts.cbegin(), std::size_t{2}, 'c')).all(texts);
  notes(*texts.erase(texts.begin()));
  notes(*texts.erase(texts.cbegin(), std::next(texts.cbegin(), 2)));
  texts.pop_back();
  notes(texts.front())(texts.back());
  texts.resize(3);
  texts.resize(5, "fill");
  notes.all(texts);

  Numbers numbers{1, 2, 3, 2};
  notes(erase(numbers, 2))(erase_if(numbers, [](int number) { return number == 1; }));
  notes.all(numbers)(Numbers{1, 2} < Numbers{1, 3})((Numbers{2} <=> Numbers{1}) > 0);
  Texts copy(texts);
  notes(copy == texts);
  copy.clear();
  swap(copy, texts);
  std::swap(copy, texts);
  copy.swap(texts);
  notes(copy.size())(texts.size());
  Texts moved(std::move(copy));
  for (auto at = moved.rbegin(); at != moved.rend(); ++at) {
    *at += "!";
  }
  typename Texts::const_iterator position = moved.begin();
  notes(position == moved.begin())(moved.cend() != position)(moved.crbegin() == moved.crend());
  return notes.all(moved);
}

template <class Numbers>
Notes use_by_index() {
  Notes notes;
  Numbers numbers{3, 1, 2};
  std::sort(numbers.begin(), numbers.end());
  notes(numbers[0])(numbers.at(2))(out_of_range([&] { return numbers.at(3); }));
  notes(numbers.end() - numbers.begin())(numbers.begin()[1]);
  std::ranges::reverse(numbers);
  std::stable_sort(numbers.begin(), numbers.end());
  notes(std::ranges::binary_search(numbers, 2));
  std::rotate(numbers.begin(), numbers.begin() + 1, numbers.end());
  std::nth_element(numbers.begin(), numbers.begin() + 1, numbers.end());
  notes(numbers[1]);
  std::ranges::sort(numbers, std::greater<>());
  numbers.shrink_to_fit();
  return notes.all(numbers);
}

template <class Texts>
Notes use_front() {
  Notes notes;
  Texts texts{"z"};
  texts.push_front("b");
  notes(texts.emplace_front(std::size_t{2}, 'a'));
  texts.pop_front();
  return notes.all(texts);
}

template <class Numbers>
Notes use_list() {
  Notes notes;
  Numbers numbers{3, 1, 2, 2, 4, 4, 4};
  notes(numbers.unique())(numbers.remove(3))(numbers.remove_if([](int n) { return n == 1; }));
  numbers.push_front(9);
  numbers.sort();
  numbers.sort(std::greater<>());
  numbers.reverse();
  notes(numbers.unique([](int left, int right) { return left + 2 == right; }));
  return notes.all(numbers);
}

using StdHashed = std::unordered_map<std::string, int, string_hash, std::equal_to<>>;

TEST(Interface, MapsAreUsedAsThoseOfStd) {
  const Notes expected = use_ordered_map<std::map<std::string, int, std::less<>>>();
  EXPECT_EQ((use_ordered_map<map<string, int>>()), expected);
  EXPECT_EQ((use_ordered_map<flat_map<string, int>>()), expected);
  EXPECT_EQ((use_hashed_map<unordered_map<string, int>>()), use_hashed_map<StdHashed>());
}

TEST(Interface, SetsAreUsedAsThoseOfStd) {
  const Notes expected = use_ordered_set<std::set<std::string, std::less<>>>();
  EXPECT_EQ(use_ordered_set<set<string>>(), expected);
  EXPECT_EQ(use_ordered_set<flat_set<string>>(), expected);
  EXPECT_EQ(use_set<unordered_set<string>>(), (use_set<std::set<std::string, std::less<>>>()));
}

TEST(Interface, SequencesAreUsedAsThoseOfStd) {
  const Notes expected = use_sequence<std::vector<std::string>, std::vector<int>>();
  EXPECT_EQ((use_sequence<vector<string>, vector<int>>()), expected);
  EXPECT_EQ((use_sequence<deque<string>, deque<int>>()), expected);
  EXPECT_EQ((use_sequence<list<string>, list<int>>()), expected);
  EXPECT_EQ((use_sequence<stable_vector<string>, stable_vector<int>>()), expected);
  EXPECT_EQ((use_sequence<small_vector<string, 3>, small_vector<int, 3>>()), expected);
  EXPECT_EQ((use_sequence<static_vector<string, 32>, static_vector<int, 8>>()), expected);
}

TEST(Interface, ElementsAreUsedByIndexAsThoseOfStd) {
  const Notes expected = use_by_index<std::vector<int>>();
  EXPECT_EQ(use_by_index<vector<int>>(), expected);
  EXPECT_EQ(use_by_index<deque<int>>(), expected);
  EXPECT_EQ(use_by_index<stable_vector<int>>(), expected);
  EXPECT_EQ((use_by_index<small_vector<int, 2>>()), expected);
  EXPECT_EQ((use_by_index<static_vector<int, 3>>()), expected);
}

TEST(Interface, FrontsAndListsAreUsedAsThoseOfStd) {
  EXPECT_EQ(use_front<deque<string>>(), use_front<std::deque<std::string>>());
  EXPECT_EQ(use_front<list<string>>(), use_front<std::deque<std::string>>());
  EXPECT_EQ(use_list<list<int>>(), use_list<std::list<int>>());
}

// What std has from C++23 on.

template <class Texts>
void take_ranges(const std::vector<std::string>& source) {
  Texts texts(source);
  texts.append_range(source);
  EXPECT_EQ(*texts.insert_range(std::next(texts.begin()), source), "p");
  EXPECT_EQ(texts.size(), 6U);
  if constexpr (requires { texts.prepend_range(source); }) {
    texts.prepend_range(std::vector<std::string_view>{"front"});
    EXPECT_EQ(texts.front(), "front");
  }
  EXPECT_EQ(*texts.insert_range(texts.end(), std::vector<std::string>{"last"}), "last");
  texts.assign_range(source);
  EXPECT_TRUE(std::ranges::equal(texts, source));
}

TEST(Interface, SequencesTakeRangesOfStd) {
  const std::vector<std::string> source{"p", "q"};
  take_ranges<vector<string>>(source);
  take_ranges<deque<string>>(source);
  take_ranges<list<string>>(source);
  take_ranges<stable_vector<string>>(source);
  take_ranges<small_vector<string, 3>>(source);
  take_ranges<static_vector<string, 8>>(source);
}

template <class Map>
void take_pairs() {
  const std::map<std::string, int> source{{"a", 1}, {"b", 2}};
  Map map(source);
  EXPECT_EQ(map.at("b"sv), 2);
  map.insert_range(std::vector<std::pair<std::string, int>>{{"c", 3}, {"a", 4}});
  EXPECT_EQ(map.size(), 3U);
  map["d"sv] = 4;
  map[std::string("e")] = 5;
  EXPECT_FALSE(map.try_emplace(std::string("a"), 6).second);
  EXPECT_EQ(map.insert_or_assign("a"sv, 7).first->second, 7);
  EXPECT_EQ(map.erase("a"sv) + map.erase(std::string("b")), 2U);
}

TEST(Interface, MapsTakeRangesAndStringsOfStd) {
  take_pairs<map<string, int>>();
  take_pairs<flat_map<string, int>>();
  take_pairs<unordered_map<string, int>>();
}

template <class Map>
void use_braced_keys() {
  Map map;
  map[{1, 2}] = 3;
  EXPECT_TRUE(map.contains({1, 2}));
  EXPECT_EQ(map.at({1, 2}) + map.find({1, 2})->second, 6);
  EXPECT_FALSE(map.try_emplace({1, 2}, 4).second);
  EXPECT_FALSE(map.insert_or_assign({1, 2}, 4).second);
  EXPECT_EQ(map.erase({1, 2}), 1U);
}

TEST(Interface, KeysAreGivenInBraces) {
  use_braced_keys<map<std::pair<int, int>, int>>();
  use_braced_keys<flat_map<std::pair<int, int>, int>>();
  use_braced_keys<unordered_map<std::pair<int, int>, int>>();
}

struct ShorterFirst {
  bool operator()(const string& left, const string& right) const {
    return left.size() < right.size();
  }
};

TEST(Interface, ComparatorsAreTheUsers) {
  map<string, int, std::greater<>> falling{{"a", 1}, {"b", 2}};
  EXPECT_EQ(falling.begin()->first, "b");
  map<string, int, std::less<string>> plain{{"a", 1}};
  EXPECT_EQ(plain.at("a") + plain["a"] + plain.find("a")->second, 3);
  EXPECT_EQ(plain.erase("a"), 1U);
  map<string, int, ShorterFirst> by_length{{"a", 1}, {"b", 2}};
  flat_map<string, int, ShorterFirst> flat_by_length{{"a", 1}, {"b", 2}};
  EXPECT_EQ(by_length.size() + flat_by_length.size(), 2U);
  EXPECT_TRUE(by_length.contains("c") && flat_by_length.contains(string("c")));
}

// What is deduced of arguments.

template <class Expected, class Actual>
constexpr void expect_deduced(const Actual&) {
  static_assert(std::is_same_v<Expected, Actual>);
}

TEST(Interface, ArgumentsAreDeducedAsOfStd) {
  const std::vector<int> numbers{1, 2};
  const std::map<int, double> pairs{{1, 2.0}};
  expect_deduced<vector<int>>(vector(numbers.begin(), numbers.end()));
  expect_deduced<deque<int>>(deque(numbers.begin(), numbers.end()));
  expect_deduced<list<int>>(list(numbers));
  expect_deduced<stable_vector<int>>(stable_vector(numbers.begin(), numbers.end()));
  expect_deduced<set<int>>(set(numbers.begin(), numbers.end()));
  expect_deduced<set<int, std::greater<>>>(set(numbers.begin(), numbers.end(), std::greater<>()));
  expect_deduced<flat_set<int>>(flat_set(numbers));
  expect_deduced<unordered_set<int>>(unordered_set(numbers.begin(), numbers.end()));
  expect_deduced<map<int, double>>(map(pairs.begin(), pairs.end()));
  expect_deduced<map<int, double>>(map(pairs));
  expect_deduced<map<int, double>>(map{std::pair{1, 2.0}, {2, 3.0}});
  expect_deduced<flat_map<int, double>>(flat_map(pairs));
  expect_deduced<flat_map<int, double>>(flat_map{std::pair{1, 2.0}, {2, 3.0}});
  expect_deduced<unordered_map<int, double>>(unordered_map(pairs.begin(), pairs.end()));
  expect_deduced<unordered_map<int, double>>(unordered_map{std::pair{1, 2.0}, {2, 3.0}});
  vector own{1, 2};
  vector copy(own);
  expect_deduced<vector<int>>(copy);
  map<int, int, std::greater<>> falling;
  map copy_of_map(falling);
  expect_deduced<map<int, int, std::greater<>>>(copy_of_map);
  flat_map<int, int, std::greater<>> flat_falling;
  flat_map copy_of_flat(flat_falling);
  expect_deduced<flat_map<int, int, std::greater<>>>(copy_of_flat);
}

}  // namespace
}  // namespace ipcarc::test
