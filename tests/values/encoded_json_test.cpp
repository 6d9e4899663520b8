// Encoded values as JSON by the description of their encoding.
#include <xxhash.h>

#include <bitset>
#include <chrono>
#include <complex>
#include <deque>
#include <list>
#include <queue>
#include <random>
#include <set>
#include <unordered_set>

#include <ipcarc/json.hpp>

#include "directory/segment_file.hpp"
#include "ipcarc/serialization/detail/blob.hpp"
#include "registry/example.hpp"
#include "serialization/example_types.hpp"

namespace ipcarc::test {

struct EncodedParts {
  std::string text = "te\"xt";
  std::u16string wide = u"g\u00fc\U0001F600";
  std::vector<Place> places{{"Ulm", {1.5, -2}, Colour::blue, true}};
  std::map<std::string, std::vector<int>> lists{{"a", {1, 2}}, {"b", {}}};
  std::map<int, std::string> names{{-1, "minus"}};
  std::multimap<std::string, int> twice{{"x", 1}, {"x", 2}};
  std::optional<std::string> some = "some";
  std::optional<int> none;
  std::variant<std::monostate, int, std::string> choice = std::string("chosen");
  std::variant<std::monostate, int> nothing;
  std::array<std::string, 2> pair{"left", "right"};
  std::tuple<int, std::string> tuple{1, "two"};
  ipcarc::string own = "own";
  ipcarc::small_vector<ipcarc::string, 2> list{"x", "y"};
  ipcarc::map<ipcarc::string, int> map{{"k", 1}};
  std::vector<bool> flags{true, false};
  std::deque<double> queue{0.5};
  std::set<std::string> set{"b", "a"};
  std::queue<int> waiting{{7}};
  std::bitset<10> bits{0b1011};
  std::chrono::seconds delay{9};
  std::complex<float> phase{1, 2};
  std::uint64_t large = ~std::uint64_t{0};
  char label[6] = "abc";
  Tree tree{"root", {{"leaf", {}}}};
};

namespace {

const char* const json_of_parts = R"({
  "text": "te\"xt", "wide": "gü😀",
  "places": [{"city": "Ulm", "at": [1.5, -2.0], "colour": 2, "visited": true}],
  "lists": {"a": [1, 2], "b": []}, "names": [[-1, "minus"]], "twice": [["x", 1], ["x", 2]],
  "some": "some", "none": null, "choice": {"index": 2, "value": "chosen"},
  "nothing": {"index": 0, "value": null}, "pair": ["left", "right"], "tuple": [1, "two"],
  "own": "own", "list": ["x", "y"], "map": {"k": 1}, "flags": [true, false], "queue": [0.5],
  "set": ["a", "b"], "waiting": [7], "bits": "0000001011", "delay": 9, "phase": [1.0, 2.0],
  "large": 18446744073709551615, "label": "abc",
  "tree": {"name": "root", "children": [{"name": "leaf", "children": []}]}})";

class EncodedJson : public RegistryTest {
 protected:
  Registry registry_ = Registry::open(name_, small());
};

TEST_F(EncodedJson, OfEveryKind) {
  const auto arc = registry_.create<EncodedParts>("e");
  EXPECT_EQ(json_value(registry_, "e"), nlohmann::json::parse(json_of_parts));
  EXPECT_EQ(Registry::inspect_json(name_, "e"), registry_.value_json("e"));
  const auto frozen = registry_.publish<std::map<std::string, std::string>>(
      "f", std::map<std::string, std::string>{{"key", "value"}});
  EXPECT_EQ(registry_.value_json("f"), R"({"key":"value"})");
  arc.update([](EncodedParts& parts) { parts.text = "changed"; });
  EXPECT_EQ(json_value(registry_, "e")["text"], "changed");
}

TEST_F(EncodedJson, OfAClassThatEncodesItselfIsItsBytes) {
  const auto arc = registry_.create<Account>("a", "me", 5);
  const auto shown = json_value(registry_, "a");
  EXPECT_EQ(shown["type"], "ipcarc::test::Account");
  EXPECT_EQ(shown["bytes"], 8 + 2 + 8);
  EXPECT_EQ(shown["hex"], "02000000000000006d650500000000000000");
}

TEST_F(EncodedJson, CannotBeSet) {
  const auto arc = registry_.create<std::map<std::string, int>>("m");
  EXPECT_EQ(error_of([&] { registry_.set_json("m", "", "{}"); }), std::errc::invalid_argument);
}

TEST_F(EncodedJson, OfBytesThatWereNotWrittenIsRefused) {
  const auto arc = registry_.create<EncodedParts>("e");
  const SegmentFile file(name_.path());
  const std::uint64_t head =
      file.get<std::uint64_t>(file.entry(file.find("e")) + offsetof(detail::Entry, payload));
  const auto written = file.get<detail::BlobHead>(head);
  const std::uint64_t at = head + static_cast<std::uint64_t>(written.place);
  const std::vector<std::byte> bytes = file.bytes(at, written.length);
  auto flipped = bytes;
  flipped[20] ^= std::byte{1};
  file.put_bytes(at, flipped);
  EXPECT_EQ(error_of([&] { registry_.value_json("e"); }), Errc::decode_failed);
  EXPECT_EQ(error_of([&] { Registry::inspect_json(name_, "e"); }), Errc::decode_failed);

  // By a hostile hand, which knows how a checksum is made.
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  JsonOptions limits;
  limits.max_values = 10'000;
  limits.max_bytes = 1 << 20;
  for (int round = 0; round < 3000; ++round) {
    auto spoilt = bytes;
    for (auto changes = 1 + random() % 3; changes != 0; --changes) {
      spoilt[random() % spoilt.size()] =
          static_cast<std::byte>(random() % 4 == 0 ? 255 : random() % 8);
    }
    spoilt.resize(spoilt.size() - (random() % 4 == 0 ? random() % spoilt.size() : 0));
    auto now = written;
    now.length = spoilt.size();
    now.checksum = XXH3_64bits_withSeed(spoilt.data(), spoilt.size(),
                                        XXH3_64bits(&now, offsetof(detail::BlobHead, checksum)));
    file.put_bytes(at, spoilt);
    file.put(head, now);
    try {
      EXPECT_TRUE(nlohmann::json::accept(registry_.value_json("e", limits)));
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == Errc::decode_failed || error.code() == std::errc::value_too_large)
          << error.what();
    }
  }
  file.put_bytes(at, bytes);
  file.put(head, written);
  EXPECT_EQ(json_value(registry_, "e"), nlohmann::json::parse(json_of_parts));
}

}  // namespace
}  // namespace ipcarc::test
