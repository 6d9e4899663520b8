// top: what it measures, and the screen.
#include <atomic>
#include <thread>

#include "tools/running.hpp"

namespace ipcarc::test {
namespace {

struct Topping : ToolTest {
  Registry registry_ = open("app");
};

TEST_F(Topping, TellsChangesAndNamesBySecond) {
  const auto pair = registry_.create<Pair>("pair", 1U, 2U);
  const auto still = registry_.create<Pair>("still", 1U, 2U);
  RunOptions meanwhile;
  meanwhile.meanwhile = [&, i = std::uint64_t{0}](const Ran&) mutable {
    pair.store({++i, 0});
    registry_.create<Pair>("fleeting", i, i);
  };
  const Json json = run({"top", "--json", "--interval", "0.3"}, meanwhile).json();
  EXPECT_EQ(json["directory"], directory_);
  const Json app = named(json["registries"], "app");
  EXPECT_GT(app["changes_per_s"], 0.0);
  EXPECT_GT(app["name_changes_per_s"], 0.0);
  EXPECT_EQ(app["participants_alive"], 1);
  EXPECT_EQ(app["by_type"].size(), 1U);
  EXPECT_GT(named(json["objects"], "pair")["changes_per_s"], 0.0);
  EXPECT_EQ(named(json["objects"], "still")["changes_per_s"], 0.0);
}

TEST_F(Topping, TellsWhatIsLockedAndWaitedFor) {
  const auto held = registry_.create<Config>("held");
  const auto wanted = registry_.create<Config>("wanted");
  const auto guard = held.acquire();
  std::thread waiter;
  Json json;
  {
    const auto other = wanted.acquire();
    waiter = std::thread([&] { wanted.acquire()->port = 1; });
    json = run({"top", "app", "--json", "--interval", "0.4"}).json();
  }
  waiter.join();
  EXPECT_EQ(named(json["objects"], "held")["locked_part"], 1.0);
  EXPECT_EQ(named(json["objects"], "held")["waited_part"], 0.0);
  EXPECT_EQ(named(json["objects"], "wanted")["locked_part"], 1.0);
  EXPECT_GT(named(json["objects"], "wanted")["waited_part"], 0.0);
  EXPECT_EQ(named(json["registries"], "app")["locked_part"], 1.0);
}

TEST_F(Topping, PaintsAScreenOnATerminal) {
  const auto pair = registry_.create<Pair>("a pair of numbers", 1U, 2U);
  RunOptions terminal;
  terminal.terminal = true;
  terminal.input = "sq";
  const Ran ran = run({"top", "--interval", "0.1"}, terminal);
  EXPECT_EQ(ran.code, 0) << ran.out;
  for (const char* part : {"ipcarc top", "q: quit", "CHANGES/S", "WAITED", "a pair of numbers",
                           "in use", "PID", "\x1b[?1049l"}) {
    EXPECT_TRUE(ran.says(part)) << part << " in " << ran.out;
  }
}

TEST_F(Topping, PrintsOnceWhereThereIsNoTerminal) {
  const auto pair = registry_.create<Pair>("pair", 1U, 2U);
  const Ran none = run({"top"});
  EXPECT_EQ(none.code, 2);
  EXPECT_TRUE(none.complains("next: `ipcarc top --once`")) << none.err;
  const Ran once = run({"top", "--once", "--interval", "0.05"});
  EXPECT_EQ(once.code, 0) << once.err;
  EXPECT_TRUE(once.says("REGISTRY") && once.says("pair") && once.says("in use")) << once.out;
  EXPECT_FALSE(once.says("\x1b")) << once.out;
  EXPECT_EQ(run({"top", "none", "--once"}).code, 1);
}

}  // namespace
}  // namespace ipcarc::test
