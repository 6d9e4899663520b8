#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <string>

#include <nlohmann/json.hpp>

#include "example_types.hpp"

namespace layout_text_test {

using namespace example;
using nlohmann::json;

template <class T>
json layout() {
  return json::parse(ipcarc::layout_of<T>());
}

const json& member(const json& layout, const std::string& name) {
  for (const json& entry : layout.at("types").at(0).at("members")) {
    if (entry.at("name") == name) {
      return layout.at("types").at(entry.at("type").get<std::size_t>());
    }
  }
  throw std::out_of_range(name);
}

struct Escaped {
  std::optional<int> number;
  std::optional<ipcarc::string> text;
  std::variant<char, double, short> either;
  std::variant<std::monostate, ipcarc::string> other;
  std::tuple<char, double, short> triple;
  std::pair<char, int> couple;
};

/// The byte at which the layout says that a value says what it holds.
template <class T>
unsigned flag_of(const T& value, const json& type) {
  EXPECT_EQ(type.at("flag").at("size"), 1);
  unsigned char flag = 0;
  std::memcpy(
      &flag,
      reinterpret_cast<const char*>(&value) + type.at("flag").at("offset").get<std::size_t>(), 1);
  return flag;
}

template <class T, class U>
T value_at(const U& value, const json& offset) {
  T result;
  std::memcpy(&result, reinterpret_cast<const char*>(&value) + offset.get<std::size_t>(),
              sizeof(T));
  return result;
}

TEST(LayoutText, OfAStructIsItsMembers) {
  EXPECT_EQ(
      ipcarc::layout_of<Point>(),
      R"({"root":0,"value":"trivial","types":[{"kind":"struct","name":"example::Point","size":16,"align":8,)"
      R"("members":[{"name":"x","offset":0,"type":1},{"name":"y","offset":8,"type":2}]},)"
      R"({"kind":"int","name":"int32","size":4,"align":4},)"
      R"({"kind":"float","name":"double","size":8,"align":8}]})");
}

TEST(LayoutText, OfATypeThatContainsItselfRefersToIt) {
  EXPECT_EQ(member(layout<Tree>(), "children").at("arguments"), json::array({0}));
}

TEST(LayoutText, HasEveryMemberOfEverything) {
  const json everything = layout<Everything>();
  EXPECT_EQ(everything.at("boost"), BOOST_VERSION);
  EXPECT_EQ(everything.at("types").at(0).at("members").size(), 24U);
  EXPECT_EQ(member(everything, "color").at("kind"), "enum");
  EXPECT_EQ(member(everything, "number"), member(everything, "wide_number"));
  EXPECT_EQ(member(everything, "peers").at("allocates"), true);
  EXPECT_EQ(member(everything, "peers").at("tag"), "ipcarc::vector");
  EXPECT_EQ(member(everything, "wave").at("tag"), "std::complex");
  EXPECT_EQ(member(everything, "vouched").at("kind"), "opaque");
  EXPECT_EQ(member(everything, "described").at("members").at(0).at("base"), true);
  EXPECT_EQ(member(everything, "described_class").at("members").at(1).at("name"), "text_");
  for (const json& type : everything.at("types")) {
    if (type.at("kind") != "constant" && type.at("kind") != "name") {
      EXPECT_GT(type.at("size"), 0U) << type;
    }
  }
}

TEST(LayoutText, OfAnOptionalTellsWhereItSaysThatItIsSet) {
  const json type = layout<Escaped>();
  std::optional<int> number;
  EXPECT_EQ(flag_of(number, member(type, "number")), 0U);
  number = 5;
  EXPECT_EQ(flag_of(number, member(type, "number")), 1U);
  EXPECT_EQ(value_at<int>(number, json(0)), 5);
  std::optional<ipcarc::string> text;
  EXPECT_EQ(flag_of(text, member(type, "text")), 0U);
  text.emplace("x");
  EXPECT_EQ(flag_of(text, member(type, "text")), 1U);
}

TEST(LayoutText, OfAVariantTellsWhereItSaysWhatItHolds) {
  const json type = layout<Escaped>();
  std::variant<char, double, short> either = 2.5;
  EXPECT_EQ(flag_of(either, member(type, "either")), 1U);
  EXPECT_EQ(value_at<double>(either, json(0)), 2.5);
  either = static_cast<short>(7);
  EXPECT_EQ(flag_of(either, member(type, "either")), 2U);
  std::variant<std::monostate, ipcarc::string> other;
  EXPECT_EQ(flag_of(other, member(type, "other")), 0U);
  other = ipcarc::string("x");
  EXPECT_EQ(flag_of(other, member(type, "other")), 1U);
}

TEST(LayoutText, OfATupleTellsWhereItsValuesLie) {
  const json type = layout<Escaped>();
  const std::tuple<char, double, short> triple{'a', 2.5, short{9}};
  const json& offsets = member(type, "triple").at("offsets");
  EXPECT_EQ(value_at<char>(triple, offsets.at(0)), 'a');
  EXPECT_EQ(value_at<double>(triple, offsets.at(1)), 2.5);
  EXPECT_EQ(value_at<short>(triple, offsets.at(2)), 9);
  EXPECT_EQ(member(type, "couple").at("offsets"), json::array({0, 4}));
}

}  // namespace layout_text_test
