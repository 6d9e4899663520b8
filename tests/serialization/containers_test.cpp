// The containers and aggregates in cereal's own archives: what is written is what the counterparts of std write, both ways, binary and text.
#include <gtest/gtest.h>

#include <cereal/archives/binary.hpp>
#include <cereal/archives/json.hpp>
#include <cereal/archives/portable_binary.hpp>
#include <cereal/archives/xml.hpp>
#include <list>
#include <set>
#include <sstream>

#include "registry/example.hpp"
#include "serialization/example_types.hpp"

namespace ipcarc::test {

struct OwnMember {
  int a = 1;
  std::string b = "b";

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(b));
  }
};
struct OwnFree {
  int a = 1;
  int b = 2;
};
template <class Archive>
void save(Archive& archive, const OwnFree& value) {
  archive(value.a + value.b);
}
template <class Archive>
void load(Archive& archive, OwnFree& value) {
  archive(value.a);
  value.b = 0;
}
/// Has functions for one archive only.
struct OwnForJson {
  int a = 1;
  int b = 2;
};
inline void save(cereal::JSONOutputArchive& archive, const OwnForJson& value) {
  archive(cereal::make_nvp("only", value.a));
}
inline void load(cereal::JSONInputArchive& archive, OwnForJson& value) {
  archive(cereal::make_nvp("only", value.a));
}
struct OwnVersioned {
  int a = 1;
  int b = 2;

  template <class Archive>
  void serialize(Archive& archive, const std::uint32_t version) {
    archive(a);
    if (version > 0) {
      archive(b);
    }
  }
};

}  // namespace ipcarc::test

CEREAL_CLASS_VERSION(ipcarc::test::OwnVersioned, 1)

namespace ipcarc::test {
namespace {

struct Binary {
  using Out = cereal::BinaryOutputArchive;
  using In = cereal::BinaryInputArchive;
};
struct Portable {
  using Out = cereal::PortableBinaryOutputArchive;
  using In = cereal::PortableBinaryInputArchive;
};
struct Json {
  using Out = cereal::JSONOutputArchive;
  using In = cereal::JSONInputArchive;
};
struct Xml {
  using Out = cereal::XMLOutputArchive;
  using In = cereal::XMLInputArchive;
};

template <class Archive, class T>
std::string written(const T& value) {
  std::ostringstream out;
  {
    typename Archive::Out archive(out);
    archive(cereal::make_nvp("it", value));
  }
  return out.str();
}
template <class Archive, class T>
T read_back(const std::string& text) {
  std::istringstream in(text);
  typename Archive::In archive(in);
  T value{};
  archive(cereal::make_nvp("it", value));
  return value;
}

/// `own` and `standard` hold the same: they write the same, and read what the other wrote.
template <class Archive, class Own, class Standard>
void expect_alike_in(const Own& own, const Standard& standard) {
  const std::string text = written<Archive>(standard);
  EXPECT_EQ(written<Archive>(own), text);
  EXPECT_TRUE((read_back<Archive, Own>(text)) == own);
  EXPECT_TRUE((read_back<Archive, Standard>(written<Archive>(own))) == standard);
}
template <class Own, class Standard>
void expect_alike(const Own& own, const Standard& standard) {
  expect_alike_in<Binary>(own, standard);
  expect_alike_in<Portable>(own, standard);
  expect_alike_in<Json>(own, standard);
  expect_alike_in<Xml>(own, standard);
}

TEST(CerealContainers, AreAsThoseOfStd) {
  const std::string long_text = "more than fits into the string itself, by far";
  expect_alike(ipcarc::string(long_text), long_text);
  expect_alike(ipcarc::vector<int>{1, 2, 3}, std::vector<int>{1, 2, 3});
  expect_alike(ipcarc::vector<int>{}, std::vector<int>{});
  expect_alike(ipcarc::vector<bool>{true, false}, std::vector<bool>{true, false});
  expect_alike(ipcarc::vector<ipcarc::string>{"a", "b"}, std::vector<std::string>{"a", "b"});
  expect_alike(ipcarc::small_vector<double, 2>{1, 2, 3}, std::vector<double>{1, 2, 3});
  expect_alike(ipcarc::static_vector<short, 4>{1, 2, 3}, std::vector<short>{1, 2, 3});
  expect_alike(ipcarc::stable_vector<ipcarc::string>{"a"}, std::vector<std::string>{"a"});
  expect_alike(ipcarc::deque<int>{4, 5}, std::deque<int>{4, 5});
  expect_alike(ipcarc::list<ipcarc::string>{"a", "b"}, std::list<std::string>{"a", "b"});
  expect_alike(ipcarc::map<ipcarc::string, int>{{"a", 1}, {"b", 2}},
               std::map<std::string, int>{{"a", 1}, {"b", 2}});
  expect_alike(ipcarc::flat_map<ipcarc::string, int>{{"a", 1}, {"b", 2}},
               std::map<std::string, int>{{"a", 1}, {"b", 2}});
  expect_alike(ipcarc::set<ipcarc::string>{"a", "b"}, std::set<std::string>{"a", "b"});
  expect_alike(ipcarc::flat_set<int>{3, 1}, std::set<int>{1, 3});
  expect_alike(ipcarc::unordered_map<ipcarc::string, int>{{"a", 1}},
               std::unordered_map<std::string, int>{{"a", 1}});
  expect_alike(ipcarc::unordered_set<ipcarc::string>{"a"}, std::unordered_set<std::string>{"a"});
  expect_alike(std::optional<ipcarc::string>("a"), std::optional<std::string>("a"));
  expect_alike(std::variant<int, ipcarc::string>("a"), std::variant<int, std::string>("a"));
  expect_alike(ipcarc::map<int, ipcarc::vector<ipcarc::set<int>>>{{1, {{2, 3}, {}}}},
               std::map<int, std::vector<std::set<int>>>{{1, {{2, 3}, {}}}});
}

TEST(CerealContainers, UnorderedOnesOfManyElementsComeBack) {
  ipcarc::unordered_map<ipcarc::string, int> map;
  ipcarc::unordered_set<int> set;
  for (int i = 0; i < 1000; ++i) {
    map.emplace(std::to_string(i).c_str(), i);
    set.insert(i);
  }
  EXPECT_TRUE((read_back<Portable, decltype(map)>(written<Portable>(map)) == map));
  EXPECT_TRUE((read_back<Json, decltype(set)>(written<Json>(set)) == set));
}

TEST(CerealContainers, ASmallerStaticVectorRefusesMore) {
  const std::string text = written<Portable>(std::vector<int>{1, 2, 3});
  EXPECT_THROW((read_back<Portable, ipcarc::static_vector<int, 2>>(text)), std::length_error);
}

TEST(CerealAggregates, AreWrittenByTheirMembers) {
  const Place place{"Ulm", {1, 2}, Colour::green, true};
  const std::string json = written<Json>(place);
  for (const char* name : {"\"city\": \"Ulm\"", "\"at\"", "\"colour\": 1", "\"visited\": true"}) {
    EXPECT_NE(json.find(name), std::string::npos) << json;
  }
  EXPECT_EQ((read_back<Json, Place>(json)), place);
  EXPECT_EQ((read_back<Xml, Place>(written<Xml>(place))), place);
  EXPECT_TRUE((read_back<Portable, Everything>(written<Portable>(everything())) == everything()));
  EXPECT_TRUE((read_back<Json, Everything>(written<Json>(everything())) == everything()));
}

TEST(CerealAggregates, FunctionsOfTheirOwnArePreferred) {
  OwnMember member{5, "changed"};
  EXPECT_EQ(written<Json>(member).find("\"a\""), std::string::npos);
  EXPECT_EQ((read_back<Portable, OwnMember>(written<Portable>(member))).a, 1);
  EXPECT_EQ((read_back<Json, OwnFree>(written<Json>(OwnFree{3, 4}))).a, 7);
  EXPECT_EQ((read_back<Binary, OwnFree>(written<Binary>(OwnFree{3, 4}))).b, 0);
  EXPECT_EQ((read_back<Binary, OwnVersioned>(written<Binary>(OwnVersioned{3, 4}))).b, 4);
  // Where a type has functions for one archive only, the members are for the others.
  EXPECT_NE(written<Json>(OwnForJson{}).find("\"only\""), std::string::npos);
  EXPECT_EQ((read_back<Json, OwnForJson>(written<Json>(OwnForJson{8, 9}))).b, 2);
  EXPECT_EQ((read_back<Binary, OwnForJson>(written<Binary>(OwnForJson{8, 9}))).b, 9);
}

class LeavingTest : public RegistryTest {
 protected:
  Registry registry_ = Registry::open(name_, small());
};

TEST_F(LeavingTest, AnObjectInPlaceLeavesAndComesBack) {
  const auto config = registry_.create<Config>("cfg", 9090, "host");
  config.acquire()->peers.push_back("a peer whose name needs memory of its own");
  const std::string json = written<Json>(*config.read());
  EXPECT_NE(json.find("\"port\": 9090"), std::string::npos) << json;
  const auto other = registry_.create<Config>("other");
  other.update([&](Config& value) {
    std::istringstream in(json);
    cereal::JSONInputArchive archive(in);
    archive(cereal::make_nvp("it", value));
  });
  EXPECT_EQ(other.read()->port, 9090);
  EXPECT_EQ(other.read()->peers.at(0), "a peer whose name needs memory of its own");
  expect_clean(registry_);
}

TEST_F(LeavingTest, AnEncodedObjectLeavesToo) {
  const auto all = registry_.create<Everything>("all", everything());
  const auto back = read_back<Portable, Everything>(written<Portable>(*all.read()));
  EXPECT_TRUE(back == everything());
}

TEST_F(LeavingTest, AVersionedTypeIsEncodedWithItsVersion) {
  using Values = std::vector<std::pair<std::string, OwnVersioned>>;
  const auto values = registry_.create<Values>("values", Values{{"a", {3, 4}}, {"b", {5, 6}}});
  EXPECT_EQ(values.load().at(1).second.b, 6);
}

}  // namespace
}  // namespace ipcarc::test
