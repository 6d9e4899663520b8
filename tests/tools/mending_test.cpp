// reap, rm, pin, unpin, set: what changes a registry.
#include <unistd.h>

#include "tools/running.hpp"

namespace ipcarc::test {
namespace {

struct Mending : ToolTest {};

TEST_F(Mending, ReapGivesBackWhatTheDeadLeft) {
  Registry survivor = open("app");
  survivor.create<Pair>("kept", 1U, 2U).pin();
  Holder holder(options(), "app", [](Registry& registry, const std::function<void()>& ready) {
    const auto a = registry.create<Config>("a");
    const auto b = registry.create<Pair>("b", 1U, 2U);
    ready();
  });
  EXPECT_EQ(run({"ls", "--json"}).json()["registries"][0]["participants_alive"], 2);
  holder.kill();
  EXPECT_EQ(run({"ls", "--json"}).json()["registries"][0]["participants_dead"], 1);
  const Ran check = run({"check", "app"});
  EXPECT_EQ(check.code, 0) << "what a death leaves is no damage";
  EXPECT_TRUE(check.says("`ipcarc reap app`")) << check.out;
  const Json reaped = run({"reap", "--json"}).json()["reaped"][0];
  EXPECT_EQ(reaped["registry"], "app");
  EXPECT_EQ(reaped["processes"], 1);
  EXPECT_EQ(reaped["objects"], 2);
  EXPECT_GT(reaped["heap_bytes"], 0);
  EXPECT_EQ(reaped["removed"], false);
  EXPECT_EQ(survivor.entries().size(), 1U);
  expect_clean(survivor);
}

TEST_F(Mending, ReapRemovesARegistryThatOnlyTheDeadHad) {
  Holder holder(options(), "app", [](Registry& registry, const std::function<void()>& ready) {
    const auto a = registry.create<Config>("a");
    ready();
  });
  holder.kill();
  EXPECT_EQ(run({"ls", "--json"}).json()["registries"][0]["state"], "left");
  const Ran reap = run({"reap", "app"});
  EXPECT_EQ(reap.code, 0);
  EXPECT_TRUE(reap.says("app: 1 dead processes reaped, 1 objects")) << reap.out;
  EXPECT_TRUE(reap.says("removed")) << reap.out;
  EXPECT_NE(::access(path_of("app").c_str(), F_OK), 0);
}

TEST_F(Mending, RmUnbindsObjects) {
  Registry registry = open("app");
  const auto held = registry.create<Pair>("held", 1U, 2U);
  registry.create<Config>("pinned").pin();
  const Ran ran = run({"rm", "app", "held", "none", "pinned"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_TRUE(ran.says("object held removed")) << ran.out;
  EXPECT_TRUE(ran.complains("object \"none\"")) << ran.err;
  EXPECT_FALSE(registry.contains("held"));
  EXPECT_FALSE(registry.contains("pinned"));
  EXPECT_EQ(held.load().a, 1U);
  EXPECT_EQ(registry.entries().size(), 1U);
  const auto again = registry.create<Pair>("held", 1U, 2U);
  EXPECT_EQ(run({"rm", "app", "held", "--json"}).json()["removed"], Json::array({"held"}));
}

TEST_F(Mending, RmTakesWholeRegistriesOnlyWhenAsked) {
  auto registry = std::make_unique<Registry>(open("app"));
  registry->create<Pair>("pinned", 1U, 2U).pin();
  const Ran unclear = run({"rm", "app"});
  EXPECT_EQ(unclear.code, 2);
  EXPECT_TRUE(unclear.complains("next: ")) << unclear.err;
  const Ran open_yet = run({"rm", "--registry", "app"});
  EXPECT_EQ(open_yet.code, 3);
  EXPECT_TRUE(open_yet.complains("--force")) << open_yet.err;
  EXPECT_EQ(::access(path_of("app").c_str(), F_OK), 0);
  registry.reset();
  EXPECT_EQ(run({"rm", "--registry", "app"}).code, 0);
  EXPECT_NE(::access(path_of("app").c_str(), F_OK), 0);
  const Registry other = open("other");
  EXPECT_EQ(run({"rm", "-rf", "other", "--json"}).json()["removed_registries"],
            Json::array({"other"}));
  EXPECT_EQ(run({"rm", "-r", "other"}).code, 1);
}

TEST_F(Mending, PinAndUnpinByName) {
  {
    Registry registry = open("app");
    const auto pair = registry.create<Pair>("pair", 1U, 2U);
    EXPECT_EQ(run({"pin", "app", "pair"}).code, 0);
  }
  EXPECT_EQ(run({"ls", "--json"}).json()["registries"][0]["state"], "at rest");
  EXPECT_EQ(run({"pin", "app", "none"}).code, 1);
  const Ran unpin = run({"unpin", "app", "pair"});
  EXPECT_EQ(unpin.code, 0);
  EXPECT_TRUE(unpin.says("nobody held it: gone")) << unpin.out;
  EXPECT_EQ(run({"ls", "--json"}).json()["registries"], Json::array());
}

TEST_F(Mending, SetChangesWhatLiveProcessesSee) {
  Registry registry = open("app");
  const auto config = registry.create<Config>("config");
  config.acquire()->peers.push_back("a");
  EXPECT_EQ(run({"set", "app", "config", "port", "9090"}).code, 0);
  EXPECT_EQ(run({"set", "app", "config", "/host", "\"example.org\""}).code, 0);
  EXPECT_EQ(run({"set", "app", "config", "peers[0]", "b", "--string"}).code, 0);
  const auto guard = config.read();
  EXPECT_EQ(guard->port, 9090);
  EXPECT_EQ(guard->host, "example.org");
  EXPECT_EQ(guard->peers[0], "b");
}

TEST_F(Mending, SetReadsItsInputAndNegativeNumbers) {
  Registry registry = open("app");
  const auto config = registry.create<Config>("config");
  RunOptions input;
  input.input = "123\n";
  const Ran ran = run({"set", "app", "config", "port", "-", "--json"}, input);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.json()["value"]["port"], 123);
  EXPECT_EQ(run({"set", "app", "config", "port", "--", "-5"}).code, 0);
  EXPECT_EQ(config.read()->port, -5);
}

TEST_F(Mending, SetRefusesWhatDoesNotFitAndChangesNothing) {
  Registry registry = open("app");
  const auto config = registry.create<Config>("config");
  const auto frozen = registry.publish<Pair>("frozen", 1U, 2U);
  const auto refused = [&](std::vector<std::string> arguments, int code, const char* next) {
    arguments.insert(arguments.begin(), {"set", "app"});
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.code, code) << arguments[3] << ": " << ran.err;
    EXPECT_TRUE(ran.complains(next)) << ran.err;
    EXPECT_EQ(ran.out, "");
  };
  refused({"config", "port", "99999999999"}, 2, "next: `ipcarc show REGISTRY OBJECT`");
  refused({"config", "none", "1"}, 2, "next: `ipcarc show REGISTRY OBJECT`");
  refused({"config", "host", "text"}, 2, "next: quote a text twice");
  refused({"frozen", "a", "1"}, 3, "next: a frozen object is replaced");
  refused({"none", "a", "1"}, 1, "next: `ipcarc ls REGISTRY`");
  EXPECT_EQ(config.version(), 0U);
  const auto guard = config.acquire();
  refused({"config", "port", "1", "--timeout", "0.05"}, 5, "next: some process keeps");
}

TEST_F(Mending, APoisonedObjectSaysHowItIsMended) {
  Registry registry = open("app");
  const auto config = registry.create<Config>("config");
  Holder holder(options(), "app", [](Registry& own, const std::function<void()>& ready) {
    auto guard = own.get<Config>("config").acquire();
    guard->port = 1;
    ready();
  });
  EXPECT_EQ(run({"ls", "app", "--json"}).json()["objects"][0]["locked"], true);
  holder.kill();
  const Json object = run({"ls", "app", "--json"}).json()["objects"][0];
  EXPECT_EQ(object["poisoned"], true);
  EXPECT_EQ(object["locked"], false);
  for (const auto& command : {std::vector<std::string>{"show", "app", "config"},
                              std::vector<std::string>{"set", "app", "config", "port", "2"}}) {
    const Ran ran = run(command);
    EXPECT_EQ(ran.code, 3) << command[0];
    EXPECT_TRUE(ran.complains("poisoned")) << ran.err;
    EXPECT_TRUE(ran.complains("next: `ipcarc show --damaged")) << ran.err;
  }
  const Ran damaged = run({"show", "--damaged", "--value", "app", "config"});
  EXPECT_EQ(damaged.code, 0) << damaged.err;
  EXPECT_EQ(damaged.json()["port"], 1);
}

}  // namespace
}  // namespace ipcarc::test
