// Parts of values set from JSON.
#include <atomic>
#include <cmath>
#include <thread>

#include "registry/example.hpp"
#include "values/everything.hpp"

namespace ipcarc::test {
namespace {

const auto misfit = std::make_error_code(std::errc::invalid_argument);

class SetJson : public RegistryTest {
 protected:
  Registry registry_ = Registry::open(name_, small());
};

TEST_F(SetJson, RoundTripsEveryScalar) {
  const auto arc = registry_.create<Scalars>("s");
  Scalars other;
  other.yes = false;
  other.letter = '"';
  other.small = 127;
  other.large = 0;
  other.negative = -1;
  other.third = 1e-30F;
  other.nan = 1;
  other.infinite = std::numeric_limits<double>::infinity();
  other.extended = -7.25L;
  other.colour = Shade::dark;
  other.numbers = {4, 5, 6};
  other.grid[1][0] = 33;
  other.text[0] = 'S';
  other.bits = 0x3FF;
  other.delay = std::chrono::milliseconds(-1);
  other.phase = {3.0, 4.0};
  other.pair = {1, true};
  other.tuple = {2, 'c', 0.5};
  other.some.reset();
  other.none = 8;
  other.choice = 3.5;
  other.derived.id = 70;
  other.derived.on = false;
  const auto theirs = registry_.create<Scalars>("theirs", other);
  auto wanted = json_value(registry_, "theirs");
  // What cannot be set: wider characters, and a variant as a whole.
  wanted.erase("wide");
  wanted.erase("choice");
  const auto version = arc.version();
  set_json_value(registry_, "s", "", wanted);
  set_json_value(registry_, "s", "choice.value", 3.5);
  EXPECT_EQ(registry_.value_json("s"), registry_.value_json("theirs"));
  EXPECT_EQ(arc.version(), version + 2);
  const Scalars read = *arc.read();
  EXPECT_EQ(read.derived.id, 70);
  EXPECT_EQ(read.none, 8);
  EXPECT_FALSE(read.some.has_value());
}

TEST_F(SetJson, ByPathThroughContainers) {
  const auto arc = registry_.create<Containers>("c", containers());
  const std::string lengthy(500, 'y');
  registry_.set_json("c", "words[1]", '"' + lengthy + '"');
  registry_.set_json("c", "/words/0", R"("uno")");
  registry_.set_json("c", "counts.a", "11");
  registry_.set_json("c", "counts[\"b\"]", "12");
  registry_.set_json("c", "names[-1]", R"("less")");
  registry_.set_json("c", "/nested/outer/inner", R"({"name":"changed","weight":-3})");
  registry_.set_json("c", "queue[500]", "-500");
  registry_.set_json("c", "maybe", R"("gone on")");
  registry_.set_json("c", "either.value", R"("a text that is too long to be inside")");
  registry_.set_json("c", "table.t", "[7,8,9]");
  registry_.set_json("c", "list", R"(["a","b"])");
  registry_.set_json("c", "characters", R"("war")");
  const auto guard = arc.read();
  EXPECT_EQ(guard->words[1], lengthy);
  EXPECT_EQ(guard->words[0], "uno");
  EXPECT_EQ(guard->counts.at("a"), 11);
  EXPECT_EQ(guard->counts.at("b"), 12);
  EXPECT_EQ(guard->names.at(-1), "less");
  EXPECT_EQ(guard->nested.at("outer").at("inner").name, "changed");
  EXPECT_EQ(guard->nested.at("outer").at("inner").weight, -3);
  EXPECT_EQ(guard->queue[500], -500);
  EXPECT_EQ(guard->maybe, ipcarc::string("gone on"));
  EXPECT_EQ(std::get<1>(guard->either), "a text that is too long to be inside");
  EXPECT_EQ(guard->table.at("t")[2], 9);
  EXPECT_EQ(guard->list.back(), "b");
  EXPECT_EQ(guard->characters[0], 'w');
}

TEST_F(SetJson, LeavesAllAsItWasWhenSomethingDoesNotFit) {
  const auto arc = registry_.create<Containers>("c", containers());
  const auto scalars = registry_.create<Scalars>("s");
  const std::string before = registry_.value_json("c");
  const std::string numbers = registry_.value_json("s");
  const auto refused = [&](const char* object, const char* path, const char* json) {
    EXPECT_EQ(error_of([&] { registry_.set_json(object, path, json); }), misfit)
        << path << " = " << json;
  };
  refused("c", "brief", "5");
  refused("c", "none", "[1]");
  refused("c", "words", R"(["only one"])");
  refused("c", "words[2]", R"("x")");
  refused("c", "counts.z", "1");
  refused("c", "counts", R"({"a":5,"z":1})");
  refused("c", "set", "[1,2,3]");
  refused("c", "set[0]", "1");
  refused("c", "maybe", "null");
  refused("c", "either", R"({"index":2,"value":1})");
  refused("c", "nested.outer.inner", R"({"name":"x","weight":2147483648})");
  refused("c", "", R"({"brief":"x","unknown":1})");
  refused("c", "brief", "{not json");
  refused("c", "..brief", R"("x")");
  refused("c", "words[1", R"("x")");
  refused("s", "small", "128");
  refused("s", "small", "-129");
  refused("s", "large", "-1");
  refused("s", "large", "1.5");
  refused("s", "yes", "1");
  refused("s", "colour", "256");
  refused("s", "numbers", "[1,2]");
  refused("s", "text", R"("nine bytes")");
  refused("s", "bits", R"("012")");
  refused("s", "phase", "[1]");
  refused("s", "tenth", R"("much")");
  EXPECT_EQ(registry_.value_json("c"), before);
  EXPECT_EQ(registry_.value_json("s"), numbers);
  EXPECT_EQ(error_of([&] { registry_.set_json("none", "", "1"); }), Errc::not_found);
  const auto frozen = registry_.publish<Pair>("f", Pair{});
  EXPECT_EQ(error_of([&] { registry_.set_json("f", "a", "1"); }), Errc::wrong_mode);
}

TEST_F(SetJson, OfAnAtomicIsOneStore) {
  const auto arc = registry_.create<std::atomic<double>>("d", 0.0);
  registry_.set_json("d", "", "2.5");
  EXPECT_EQ(arc->load(), 2.5);
  EXPECT_EQ(error_of([&] { registry_.set_json("d", "x", "2.5"); }), Errc::wrong_mode);
}

TEST_F(SetJson, WakesWhoWaitsForAChange) {
  const auto arc = registry_.create<Config>("cfg");
  const auto version = arc.version();
  std::thread setter([&] { registry_.set_json("cfg", "port", "1"); });
  EXPECT_TRUE(arc.wait_changed(version, std::chrono::seconds(60)));
  setter.join();
  EXPECT_EQ(arc.acquire()->port, 1);
}

TEST_F(SetJson, OutOfMemoryChangesNothing) {
  const auto arc = registry_.create<Config>("cfg");
  const std::string before = registry_.value_json("cfg");
  const std::string huge = '"' + std::string(std::size_t{16} << 20, 'h') + '"';
  EXPECT_EQ(error_of([&] { registry_.set_json("cfg", "", R"({"port":1,"host":)" + huge + "}"); }),
            Errc::out_of_memory);
  EXPECT_EQ(registry_.value_json("cfg"), before);
  expect_clean(registry_);
}

TEST_F(SetJson, ByAProcessThatDiesLeavesOldOrNew) {
  const auto pair = registry_.create<Pair>("pair", Pair{1, 1});
  const auto config = registry_.create<Config>("cfg");
  for (int round = 0; round < 20; ++round) {
    Child child([&] {
      auto registry = Registry::open(name_);
      for (int i = 0;; i = 1 - i) {
        registry.set_json("pair", "", i == 0 ? R"({"a":1,"b":1})" : R"({"a":2,"b":2})");
        registry.set_json("cfg", "port", i == 0 ? "1" : "2");
      }
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(2 + round));
    child.kill();
    const Pair read = pair.load();
    EXPECT_EQ(read.a, read.b);
    const int port = config.acquire()->port;  // not poisoned
    EXPECT_TRUE(port == 8080 || port == 1 || port == 2) << port;
  }
  registry_.reap();
  expect_clean(registry_);
}

}  // namespace
}  // namespace ipcarc::test
