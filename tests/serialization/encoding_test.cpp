// What the fingerprint of an encoding depends on, and what can be encoded.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>

#include <nlohmann/json.hpp>

#include "serialization/example_types.hpp"

namespace ipcarc::test {

// One struct of each pair of namespaces differs from the other in one thing.
namespace base {
struct Thing {
  std::string name;
  int count = 0;
};
}  // namespace base
namespace renamed {
struct Thing {
  std::string label;
  int count = 0;
};
}  // namespace renamed

template <int Version>
struct Wrapped {
  std::string text;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(text);
  }
};

}  // namespace ipcarc::test

template <>
inline constexpr std::uint32_t ipcarc::encoding_version<ipcarc::test::Wrapped<2>> = 7;

namespace ipcarc::test {

struct WithPointer {
  std::string text;
  int* pointer = nullptr;
};
struct WithConst {
  std::string text;
  const int number = 1;
};
struct WithShared {
  std::vector<std::shared_ptr<int>> shared;
};
struct OfThings {
  std::vector<base::Thing> things;
};

namespace {

template <class T>
std::uint64_t number() {
  return detail::Carrier<T>::fingerprint();
}

TEST(Encoding, TheFingerprintIsOfWhatIsEncoded) {
  const std::uint64_t numbers[] = {number<std::string>(),
                                   number<std::wstring>(),
                                   number<std::vector<int>>(),
                                   number<std::vector<unsigned>>(),
                                   number<std::vector<std::string>>(),
                                   number<std::deque<std::string>>(),
                                   number<std::map<std::string, int>>(),
                                   number<std::map<int, std::string>>(),
                                   number<base::Thing>(),
                                   number<renamed::Thing>(),
                                   number<OfThings>(),
                                   number<std::array<std::string, 2>>(),
                                   number<std::array<std::string, 3>>(),
                                   number<Wrapped<1>>(),
                                   number<Wrapped<2>>(),
                                   number<Account>()};
  for (std::size_t i = 0; i < std::size(numbers); ++i) {
    EXPECT_NE(numbers[i], 0U);
    for (std::size_t k = 0; k < i; ++k) {
      EXPECT_NE(numbers[i], numbers[k]) << i << " and " << k;
    }
  }
}

TEST(Encoding, TheFingerprintIsNotOfWhatIsNot) {
  // One size and signedness; orders and hashes; allocators.
  EXPECT_EQ(number<std::vector<long>>(), number<std::vector<long long>>());
  EXPECT_EQ((number<std::map<std::string, int>>()),
            (number<std::map<std::string, int, std::greater<>>>()));
}

TEST(Encoding, AVersionOfOnesOwnIsPartOfIt) {
  const auto layout = nlohmann::json::parse(detail::Carrier<Wrapped<2>>::layout());
  EXPECT_EQ(layout["types"][0]["tag"], "ipcarc::encoded");
  EXPECT_EQ(layout["types"][1]["kind"], "opaque");
  EXPECT_EQ(detail::describe_encoding<Wrapped<1>>().value, 0);
  EXPECT_EQ(detail::describe_encoding<Wrapped<2>>().value, 7);
}

TEST(Encoding, TheLayoutTellsOfTheMembers) {
  const auto layout = nlohmann::json::parse(detail::Carrier<Place>::layout());
  const auto& place = layout["types"][layout["types"][0]["arguments"][0].get<std::size_t>()];
  EXPECT_EQ(place["kind"], "struct");
  EXPECT_EQ(place["members"][0]["name"], "city");
  EXPECT_EQ(place["members"].size(), 4U);
}

template <class T>
void expect_round_trip(const T& value) {
  static_assert(detail::is_encodable<T>);
  T back{};
  detail::encode(value, [&](auto bytes) { detail::decode_into(back, bytes); });
  if constexpr (std::is_same_v<T, std::valarray<double>>) {
    EXPECT_TRUE(std::equal(begin(back), end(back), begin(value), end(value)));
  } else {
    EXPECT_TRUE(back == value);
  }
}

TEST(Encoding, CarriesTheStandardTypes) {
  expect_round_trip(std::tuple(std::string("a"), 1, 2.5, Colour::blue));
  expect_round_trip(std::bitset<70>(12345));
  expect_round_trip(std::complex<float>(1, 2));
  expect_round_trip(std::chrono::milliseconds(5));
  expect_round_trip(std::chrono::system_clock::time_point(std::chrono::hours(5)));
  expect_round_trip(std::deque<std::string>{"a", "b"});
  expect_round_trip(std::list<std::vector<bool>>{{true}, {}});
  expect_round_trip(std::forward_list<std::string>{"a", "b", "c"});
  expect_round_trip(std::set<std::string>{"a", "b"});
  expect_round_trip(std::multiset<int>{1, 1, 2});
  expect_round_trip(std::unordered_set<std::string>{"a", "b"});
  expect_round_trip(std::unordered_multiset<int>{1, 1, 2});
  expect_round_trip(std::multimap<int, std::string>{{1, "b"}, {1, "a"}, {0, "c"}});  // in order
  expect_round_trip(std::unordered_multimap<int, std::string>{{1, "a"}, {2, "b"}});
  expect_round_trip(std::stack<int>(std::deque<int>{1, 2}));
  expect_round_trip(std::queue<std::string>(std::deque<std::string>{"a"}));
  expect_round_trip(std::valarray<double>{1, 2, 3});
  expect_round_trip(std::array<std::array<bool, 2>, 2>{{{true, false}, {false, true}}});
  expect_round_trip(std::variant<std::monostate, std::string>());
  expect_round_trip(std::wstring(L"wide"));
  expect_round_trip(std::u32string(U"wider"));
  std::priority_queue<int> queue(std::less<int>(), std::vector<int>{3, 1, 2});
  std::priority_queue<int> back;
  detail::encode(queue, [&](auto bytes) { detail::decode_into(back, bytes); });
  EXPECT_EQ(back.top(), 3);
  EXPECT_EQ(back.size(), 3U);
}

TEST(Encoding, KnowsWhatCanBeEncoded) {
  static_assert(detail::is_encodable<Everything> && detail::is_encodable<Tree>);
  static_assert(std::is_same_v<detail::unencodable_part<std::vector<WithPointer>>, int*>);
  static_assert(std::is_same_v<detail::unencodable_part<WithConst>, const int>);
  static_assert(std::is_same_v<detail::unencodable_part<WithShared>, std::shared_ptr<int>>);
  static_assert(std::is_same_v<detail::unencodable_part<std::map<int, std::function<void()>>>,
                               std::function<void()>>);
  static_assert(
      std::is_same_v<detail::unencodable_part<std::pair<std::string, Link<int>>>, Link<int>>);
  static_assert(std::is_same_v<detail::unencodable_part<std::pair<std::string, std::atomic<int>>>,
                               std::atomic<int>>);
}

}  // namespace
}  // namespace ipcarc::test
