// watch: each change of an object, as it happens.
#include <sstream>

#include "tools/running.hpp"

namespace ipcarc::test {
namespace {

struct Watching : ToolTest {
  static std::vector<Json> events(const Ran& ran) {
    std::vector<Json> all;
    std::istringstream lines(ran.out);
    for (std::string line; std::getline(lines, line);) {
      all.push_back(Json::parse(line));
    }
    return all;
  }

  Registry registry_ = open("app");
};

TEST_F(Watching, PrintsTheValueAndThenEachChange) {
  const auto pair = registry_.create<Pair>("pair", 1U, 2U);
  RunOptions meanwhile;
  meanwhile.meanwhile = [&, i = std::uint64_t{10}](const Ran&) mutable { pair.store({++i, 0}); };
  const Ran ran =
      run({"watch", "app", "pair", "-n", "2", "--interval", "0.01", "--json"}, meanwhile);
  EXPECT_EQ(ran.code, 0) << ran.err;
  const std::vector<Json> seen = events(ran);
  ASSERT_EQ(seen.size(), 3U) << ran.out;
  EXPECT_EQ(seen[0]["event"], "value");
  EXPECT_EQ(seen[1]["event"], "change");
  EXPECT_LT(seen[0]["version"], seen[1]["version"]);
  EXPECT_LT(seen[1]["version"], seen[2]["version"]);
  EXPECT_LT(seen[1]["value"]["a"], seen[2]["value"]["a"]);
}

TEST_F(Watching, NamesTheMembersThatChanged) {
  const auto config = registry_.create<Config>("config");
  RunOptions meanwhile;
  meanwhile.meanwhile = [&, i = 0](const Ran&) mutable { config.acquire()->port = ++i; };
  const Ran ran = run({"watch", "app", "config", "-n", "1", "--interval", "0.01"}, meanwhile);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(ran.says("  /port: ")) << ran.out;
  EXPECT_TRUE(ran.says(" -> ")) << ran.out;
  EXPECT_FALSE(ran.says("/host")) << ran.out;
}

TEST_F(Watching, SeesChangesOfSyncTypes) {
  const auto sync = registry_.create<std::atomic<std::uint64_t>>("sync", std::uint64_t{1});
  RunOptions meanwhile;
  meanwhile.meanwhile = [&](const Ran&) { ++*sync; };
  const Ran ran =
      run({"watch", "app", "sync", "-n", "1", "--interval", "0.01", "--json"}, meanwhile);
  EXPECT_EQ(ran.code, 0) << ran.err;
  ASSERT_EQ(events(ran).size(), 2U) << ran.out;
  EXPECT_EQ(events(ran)[1]["event"], "change");
}

TEST_F(Watching, EndsWhenTheObjectGoes) {
  const auto pair = registry_.create<Pair>("pair", 1U, 2U);
  RunOptions meanwhile;
  meanwhile.meanwhile = [&](const Ran& so_far) {
    if (!so_far.out.empty()) {
      registry_.remove("pair");
    }
  };
  const Ran ran = run({"watch", "app", "pair", "--interval", "0.01"}, meanwhile);
  EXPECT_EQ(ran.code, 1);
  EXPECT_TRUE(ran.says(" gone version")) << ran.out;
}

TEST_F(Watching, EndsInTime) {
  const auto pair = registry_.create<Pair>("pair", 1U, 2U);
  EXPECT_EQ(run({"watch", "app", "pair", "--timeout", "0.1"}).code, 0);
  EXPECT_EQ(run({"watch", "app", "pair", "-n", "1", "--timeout", "0.1"}).code, 5);
  EXPECT_EQ(run({"watch", "app", "none", "--timeout", "0.1"}).code, 1);
}

}  // namespace
}  // namespace ipcarc::test
