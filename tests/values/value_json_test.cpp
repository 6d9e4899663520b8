// Values as JSON by their stored layout alone.
#include <atomic>
#include <thread>

#include "registry/example.hpp"
#include "values/everything.hpp"

namespace ipcarc::test {
namespace {

class ValueJson : public RegistryTest {
 protected:
  Registry registry_ = Registry::open(name_, small());
};

TEST_F(ValueJson, OfEveryScalar) {
  const auto arc = registry_.create<Scalars>("s");
  EXPECT_EQ(json_value(registry_, "s"), json_of_scalars());
}

TEST_F(ValueJson, OfEveryContainer) {
  const auto arc = registry_.create<Containers>("c", containers());
  EXPECT_EQ(in_order(json_value(registry_, "c")), json_of_containers());
  // A frozen one is read without its guard.
  const auto frozen = registry_.publish<Containers>("f", containers());
  EXPECT_EQ(in_order(json_value(registry_, "f")), json_of_containers());
}

TEST_F(ValueJson, FollowsTheVersion) {
  const auto scalars = registry_.create<Pair>("two slots");
  const auto config = registry_.create<Config>("arena");
  for (int i = 0; i < 3; ++i) {
    scalars.store({static_cast<std::uint64_t>(i), 1});
    config.update([&](Config& c) { c.peers.push_back(ipcarc::string(std::to_string(i))); });
    EXPECT_EQ(registry_.value_json("two slots"), R"({"a":)" + std::to_string(i) + R"(,"b":1})");
    EXPECT_EQ(json_value(registry_, "arena")["peers"].size(), static_cast<std::size_t>(i) + 1);
  }
}

TEST_F(ValueJson, OfManyNodes) {
  for (const int count : {0, 1, 2, 3, 64, 65, 1000, 5000}) {
    const std::string name = "n" + std::to_string(count);
    const auto arc = registry_.create<ipcarc::unordered_map<int, int>>(name);
    const auto tree = registry_.create<ipcarc::map<int, int>>(name + "t");
    const auto list = registry_.create<ipcarc::list<int>>(name + "l");
    nlohmann::json expected = nlohmann::json::array();
    nlohmann::json items = nlohmann::json::array();
    for (int i = 0; i < count; ++i) {
      (*arc.acquire())[i * 7] = i;
      (*tree.acquire())[(i * 7919) % count] = i;
      list.acquire()->push_back(i);
      expected.push_back({i * 7, i});
      items.push_back(i);
    }
    auto table = json_value(registry_, name);
    std::sort(table.begin(), table.end());
    EXPECT_EQ(table, expected);
    EXPECT_EQ(json_value(registry_, name + "l"), items);
    const auto shown = json_value(registry_, name + "t");
    ASSERT_EQ(shown.size(), static_cast<std::size_t>(count));
    EXPECT_TRUE(std::is_sorted(shown.begin(), shown.end()));
    for (const auto& pair : shown) {
      EXPECT_EQ((*tree.read()).at(pair[0].get<int>()), pair[1].get<int>());
    }
  }
}

TEST_F(ValueJson, OfSyncTypesTakesNoGuard) {
  const auto counter = registry_.create<std::atomic<std::uint32_t>>("n", 4000000000U);
  EXPECT_EQ(registry_.value_json("n"), "4000000000");
  const auto flag = registry_.create<std::atomic<bool>>("b", true);
  EXPECT_EQ(registry_.value_json("b"), "true");
}

TEST_F(ValueJson, MakesTextsUtf8) {
  const auto arc = registry_.create<ipcarc::string>(
      "s", std::string("\"\\\n\x01\x7f\xC3\xBC\xF0\x9F\x98\x80\xFF\xC0\xAF\xED\xA0\x80z\xE2\x82"));
  const std::string text = registry_.value_json("s");
  EXPECT_EQ(text,
            "\"\\\"\\\\\\n\\u0001\\u007f\xC3\xBC\xF0\x9F\x98\x80"
            "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz"
            "\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_TRUE(nlohmann::json::accept(text));
}

TEST_F(ValueJson, RefusesByTheRightError) {
  EXPECT_EQ(error_of([&] { registry_.value_json("none"); }), Errc::not_found);
  EXPECT_EQ(error_of([&] { registry_.value_json(""); }), Errc::bad_name);
  const auto arc = registry_.create<Config>("cfg");
  JsonOptions soon;
  soon.timeout = std::chrono::milliseconds(10);
  {
    const auto guard = arc.acquire();
    std::error_code code;
    std::thread([&] { code = error_of([&] { registry_.value_json("cfg", soon); }); }).join();
    EXPECT_EQ(code, Errc::timed_out);
    EXPECT_EQ(error_of([&] { registry_.value_json("cfg", soon); }),
              std::errc::resource_deadlock_would_occur);
  }
  EXPECT_EQ(json_value(registry_, "cfg", soon)["port"], 8080);
}

TEST_F(ValueJson, IsBounded) {
  const auto arc = registry_.create<ipcarc::vector<ipcarc::string>>("v");
  for (int i = 0; i < 100; ++i) {
    arc.acquire()->push_back(ipcarc::string(100, 'x'));
  }
  const auto too_large = std::make_error_code(std::errc::value_too_large);
  JsonOptions few;
  few.max_values = 50;
  EXPECT_EQ(error_of([&] { registry_.value_json("v", few); }), too_large);
  JsonOptions brief;
  brief.max_bytes = 500;
  EXPECT_EQ(error_of([&] { registry_.value_json("v", brief); }), too_large);
  JsonOptions flat;
  flat.max_depth = 1;
  EXPECT_EQ(error_of([&] { registry_.value_json("v", flat); }), too_large);
  flat.max_depth = 2;
  EXPECT_EQ(json_value(registry_, "v", flat).size(), 100U);
}

TEST_F(ValueJson, OfAPoisonedObjectIfAskedFor) {
  const auto arc = registry_.create<Config>("cfg");
  Child child([&] {
    auto guard = Registry::open(name_).get<Config>("cfg").acquire();
    guard->port = 1;
    ::raise(SIGKILL);
  });
  EXPECT_EQ(child.wait().signal, SIGKILL);
  EXPECT_EQ(error_of([&] { registry_.value_json("cfg"); }), Errc::poisoned);
  EXPECT_EQ(error_of([&] { Registry::inspect_json(name_, "cfg"); }), Errc::poisoned);
  JsonOptions all;
  all.damaged_too = true;
  EXPECT_EQ(json_value(registry_, "cfg", all)["port"], 1);
  EXPECT_EQ(nlohmann::json::parse(Registry::inspect_json(name_, "cfg", {}, all))["port"], 1);
  EXPECT_EQ(error_of([&] { (void)arc.acquire(); }), Errc::poisoned);  // looking mends nothing
}

TEST_F(ValueJson, IsWholeWhileOthersChangeIt) {
  const auto pair = registry_.create<Pair>("pair", Pair{0, ~std::uint64_t{0}});
  const auto text = registry_.create<ipcarc::vector<ipcarc::string>>("text");
  const std::jthread writer([&](const std::stop_token& stop) {
    for (std::uint64_t i = 0; !stop.stop_requested(); ++i) {
      pair.store({i, ~i});
      text.update([&](auto& v) {
        v.assign(i % 20, ipcarc::string(30 + i % 50, static_cast<char>('a' + i % 26)));
      });
      // Who looks without a lock needs a moment in which nothing changes.
      std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
  });
  for (int i = 0; i < 300; ++i) {
    const auto shown = json_value(registry_, "pair");
    EXPECT_EQ(shown["a"].get<std::uint64_t>(), ~shown["b"].get<std::uint64_t>());
    const auto looked = nlohmann::json::parse(Registry::inspect_json(name_, "pair"));
    EXPECT_EQ(looked["a"].get<std::uint64_t>(), ~looked["b"].get<std::uint64_t>());
    for (const auto& all : {json_value(registry_, "text"),
                            nlohmann::json::parse(Registry::inspect_json(name_, "text"))}) {
      for (const auto& one : all) {
        EXPECT_EQ(one, all.front());
      }
    }
  }
}

}  // namespace
}  // namespace ipcarc::test
