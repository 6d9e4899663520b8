#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <set>
#include <type_traits>
#include <vector>

#include "example_types.hpp"

namespace fingerprint_test {

using namespace example;
using ipcarc::fingerprint;
using ipcarc::detail::describe;
using ipcarc::detail::hash_layout;
using ipcarc::detail::PartDescription;
using ipcarc::detail::TypeDescription;
using ipcarc::detail::value_kind;
using ipcarc::detail::ValueKind;

/// The description of `Peer` with one thing changed, as yesterday's program would have it.
class ChangedPeer {
 public:
  ChangedPeer() : description(describe<Peer>()) {
    parts.assign(description.parts, description.parts + description.part_count);
    description.offsets = [](std::size_t* out) {
      for (std::size_t offset : offsets) {
        *out++ = offset;
      }
    };
    offsets.resize(description.part_count);
    describe<Peer>().offsets(offsets.data());
  }
  std::uint64_t hash() {
    description.parts = parts.data();
    description.part_count = parts.size();
    return hash_layout(description, value_kind<Peer>(), BOOST_VERSION);
  }

  TypeDescription description;
  std::vector<PartDescription> parts;
  static inline std::vector<std::size_t> offsets;
};

TEST(Fingerprint, IsAsBeforeIfNothingChanged) {
  EXPECT_EQ(ChangedPeer().hash(), fingerprint<Peer>());
  EXPECT_EQ(fingerprint<const Peer>(), fingerprint<Peer>());
}

TEST(Fingerprint, ChangesWithAMembersName) {
  ChangedPeer changed;
  changed.parts[0].name = "gate";
  EXPECT_NE(changed.hash(), fingerprint<Peer>());
}

TEST(Fingerprint, ChangesWithAMembersType) {
  ChangedPeer changed;
  changed.parts[0].type = &describe<unsigned>;
  EXPECT_NE(changed.hash(), fingerprint<Peer>());
}

TEST(Fingerprint, ChangesWithTheOrder) {
  ChangedPeer changed;
  std::swap(changed.parts[0], changed.parts[1]);
  EXPECT_NE(changed.hash(), fingerprint<Peer>());
}

TEST(Fingerprint, ChangesWithAnOffset) {
  ChangedPeer changed;
  changed.offsets[2] += 1;
  EXPECT_NE(changed.hash(), fingerprint<Peer>());
}

TEST(Fingerprint, ChangesWithSizeAndAlignment) {
  ChangedPeer larger;
  larger.description.size += 8;
  ChangedPeer aligned;
  aligned.description.alignment = 16;
  EXPECT_NE(larger.hash(), fingerprint<Peer>());
  EXPECT_NE(aligned.hash(), fingerprint<Peer>());
}

TEST(Fingerprint, ChangesWithWhatAContainerHolds) {
  static ChangedPeer changed;
  changed.parts[0].name = "gate";
  changed.hash();
  TypeDescription vector = describe<ipcarc::vector<Peer>>();
  const PartDescription part{{}, []() -> const TypeDescription& { return changed.description; }};
  vector.parts = &part;
  EXPECT_NE(hash_layout(vector, ValueKind::arena, BOOST_VERSION),
            fingerprint<ipcarc::vector<Peer>>());
}

TEST(Fingerprint, OfContainersChangesWithBoost) {
  const auto hash = [](const TypeDescription& type, unsigned boost_version) {
    return hash_layout(type, ValueKind::arena, boost_version);
  };
  EXPECT_NE(hash(describe<Peer>(), 100), hash(describe<Peer>(), 200));
  EXPECT_EQ(hash(describe<Point>(), 100), hash(describe<Point>(), 200));
}

TEST(Fingerprint, ChangesWithTheWayThatTheTypeIsShared) {
  const auto hash = [](ValueKind kind) {
    return hash_layout(describe<Point>(), kind, BOOST_VERSION);
  };
  EXPECT_EQ(hash(ValueKind::trivial), fingerprint<Point>());
  EXPECT_EQ(
      (std::set{hash(ValueKind::trivial), hash(ValueKind::arena), hash(ValueKind::sync)}).size(),
      3U);
}

TEST(Fingerprint, TakesIntegersOfOneSizeAndSignednessForOne) {
  EXPECT_EQ(fingerprint<long>(), fingerprint<long long>());
  EXPECT_NE(fingerprint<long>(), fingerprint<unsigned long>());
  EXPECT_NE(fingerprint<long>(), fingerprint<int>());
}

template <class... T>
std::size_t count_different() {
  return std::set<std::uint64_t>{fingerprint<T>()...}.size();
}

TEST(Fingerprint, DiffersBetweenTypes) {
  EXPECT_EQ(
      (count_different<bool, char, signed char, unsigned char, wchar_t, char8_t, char16_t, char32_t,
                       short, int, long, float, double, long double, Color, Empty, Point, Arrays,
                       Aligned, Reluctant, Tree, Peer, Everything, int[3], int[4],
                       std::array<int, 3>, std::array<int, 4>, std::bitset<60>, std::bitset<61>,
                       std::optional<int>, std::optional<unsigned>, std::pair<int, char>,
                       std::pair<char, int>, std::tuple<int, char>, std::variant<int, char>,
                       std::variant<char, int>, std::chrono::seconds, std::chrono::milliseconds,
                       std::chrono::steady_clock::time_point, std::chrono::system_clock::time_point,
                       ipcarc::string, ipcarc::vector<int>, ipcarc::vector<long>, Box<int>,
                       Box<int, 4>, Tinted<Color::red>, Tinted<Color::green>>()),
      47U);
}

TEST(TypeName, IsWhatAPersonWrites) {
  EXPECT_EQ(ipcarc::type_name<int>(), "int32");
  EXPECT_EQ(ipcarc::type_name<Point>(), "example::Point");
  EXPECT_EQ((ipcarc::type_name<int[3][4]>()), "int32[3][4]");
  EXPECT_EQ((ipcarc::type_name<ipcarc::map<ipcarc::string, Point>>()),
            "ipcarc::map<ipcarc::string, example::Point>");
  EXPECT_EQ((ipcarc::type_name<std::array<std::string, 2>>()), "std::array<std::string, 2>");
  EXPECT_EQ(ipcarc::type_name<Versioned>(), "example::current::Versioned");
}

TEST(TypeNameDeathTest, OfATypeThatOnlyOneFunctionKnowsEndsTheProcess) {
  struct Local {};
  EXPECT_DEATH(ipcarc::detail::name_of(typeid(Local)), "no name that another program can mean");
}

}  // namespace fingerprint_test
