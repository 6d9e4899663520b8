// ls, show, stat, check: what looks and changes nothing.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <regex>

#include "directory/segment_file.hpp"
#include "tools/running.hpp"

namespace ipcarc::test {
namespace {

struct Looking : ToolTest {
  Looking() {
    pair_ = registry_.create<Pair>("pair", 1U, 2U);
    config_ = registry_.create<Config>("config");
    config_.pin();
    auto guard = config_.acquire();
    guard->peers.push_back("10.0.0.7");
  }

  Registry registry_ = open("app");
  IpcArc<Pair> pair_;
  IpcArc<Config> config_;
};

TEST_F(Looking, LsListsRegistries) {
  const Registry other = open("other");
  const Ran text = run({"ls"});
  EXPECT_EQ(text.code, 0);
  EXPECT_TRUE(text.says("REGISTRY")) << text.out;
  EXPECT_TRUE(std::regex_search(text.out, std::regex("app +in use +2 +1 +0"))) << text.out;
  EXPECT_EQ(text.err, "");
  const Json json = run({"ls", "--json"}).json();
  EXPECT_EQ(json["directory"], directory_);
  ASSERT_EQ(json["registries"].size(), 2U);
  const Json app = named(json["registries"], "app");
  EXPECT_EQ(app["state"], "in use");
  EXPECT_EQ(app["objects"], 2);
  EXPECT_EQ(app["participants_alive"], 1);
  EXPECT_EQ(app["participants"][0]["pid"], ::getpid());
  EXPECT_EQ(app["mode"], "0600");
  EXPECT_EQ(run({"ls", "--names"}).out, "app\nother\n");
}

TEST_F(Looking, LsListsObjects) {
  const Ran text = run({"ls", "app"});
  EXPECT_EQ(text.code, 0);
  EXPECT_TRUE(std::regex_search(text.out, std::regex("config .*Config .* pinned"))) << text.out;
  const Json json = run({"--json", "ls", "app"}).json();
  EXPECT_EQ(json["registry"], "app");
  const Json config = named(json["objects"], "config");
  EXPECT_EQ(config["pinned"], true);
  EXPECT_EQ(config["holders"], 1);
  EXPECT_EQ(config["version"], config_.version());
  EXPECT_GT(config["memory_bytes"], config["payload_bytes"]);
  EXPECT_EQ(run({"ls", "app", "--names"}).out, "pair\nconfig\n");
}

TEST_F(Looking, AnEmptyDirectoryIsNoError) {
  const std::string empty = directory_ + "/empty";
  ASSERT_EQ(::mkdir(empty.c_str(), 0700), 0);
  const Ran text = run_program({IPCARC_TOOL, "ls"}, {.environment = {"IPCARC_DIR=" + empty}});
  EXPECT_EQ(text.code, 0);
  EXPECT_TRUE(text.complains("no registries in " + empty)) << text.err;
  EXPECT_EQ(run_program({IPCARC_TOOL, "ls", "--json", "--dir", empty}).json()["registries"],
            Json::array());
}

TEST_F(Looking, ShowPrintsValuesAndLayouts) {
  const Ran tree = run({"show", "app", "config"});
  EXPECT_EQ(tree.code, 0);
  EXPECT_TRUE(
      tree.says("  port: 8080\n  host: \"localhost\"\n  peers:  [1]\n    [0]: \"10.0.0.7\"\n"))
      << tree.out;
  EXPECT_EQ(run({"show", "app", "config", "--value"}).json(),
            Json::parse(R"({"port": 8080, "host": "localhost", "peers": ["10.0.0.7"]})"));
  const Json json = run({"show", "app", "config", "--json"}).json();
  EXPECT_EQ(json["objects"][0]["value"]["port"], 8080);
  EXPECT_EQ(json["objects"][0]["layout"], Json::parse(layout_of<Config>()));
  const Ran layout = run({"show", "app", "pair", "--layout"});
  EXPECT_TRUE(std::regex_search(layout.out, std::regex("8 +8 +\\S.* +b\n"))) << layout.out;
  const Json all = run({"show", "app", "--json"}).json();
  EXPECT_EQ(all["objects"].size(), 2U);
  EXPECT_EQ(named(all["objects"], "pair")["value"], Json::parse(R"({"a": 1, "b": 2})"));
}

TEST_F(Looking, WhatIsNotThereSaysWhatToDoNext) {
  const Ran object = run({"show", "app", "none"});
  EXPECT_EQ(object.code, 1);
  EXPECT_TRUE(object.complains("object \"none\"")) << object.err;
  EXPECT_TRUE(object.complains("next: `ipcarc ls REGISTRY`")) << object.err;
  EXPECT_EQ(object.out, "");
  for (const char* command : {"ls", "show", "stat", "check", "reap"}) {
    const Ran registry = run({command, "none"});
    EXPECT_EQ(registry.code, 1) << command;
    EXPECT_TRUE(registry.complains("registry \"none\"")) << registry.err;
    EXPECT_TRUE(registry.complains("next: `ipcarc ls`")) << registry.err;
  }
}

TEST_F(Looking, StatCountsAndSpeaksPrometheus) {
  const Ran text = run({"stat"});
  EXPECT_EQ(text.code, 0);
  EXPECT_TRUE(text.says("2 of 1024 possible; 1 pinned, 0 poisoned")) << text.out;
  const Json json = run({"stat", "app", "--json"}).json()["registries"][0];
  EXPECT_EQ(json["objects"], registry_.stats().objects);
  EXPECT_EQ(json["heap_bytes_used"], registry_.stats().heap_bytes_used);
  ASSERT_EQ(json["by_type"].size(), 2U);
  std::uint64_t sum = 0;
  for (const Json& type : json["by_type"]) {
    sum += type["memory_bytes"].get<std::uint64_t>();
  }
  EXPECT_EQ(sum, json["heap_bytes_used"]);
  const Ran metrics = run({"stat", "--prometheus"});
  EXPECT_EQ(metrics.code, 0);
  EXPECT_TRUE(metrics.says("# TYPE ipcarc_objects gauge\nipcarc_objects{registry=\"app\"} 2\n"))
      << metrics.out;
  EXPECT_TRUE(metrics.says("ipcarc_participants{registry=\"app\",state=\"alive\"} 1\n"));
  // Every line is a comment or a sample.
  const std::regex sample(
      R"re((# (HELP|TYPE) ipcarc_\w+ .+)|(ipcarc_\w+\{(\w+="([^"\\]|\\.)*",?)+\} \d+))re");
  std::istringstream lines(metrics.out);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(std::regex_match(line, sample)) << line;
  }
}

TEST_F(Looking, CheckTellsSoundFromDamaged) {
  const Ran sound = run({"check", "app"});
  EXPECT_EQ(sound.code, 0) << sound.out;
  EXPECT_TRUE(sound.says(": sound\n")) << sound.out;
  const SegmentFile file(path_of("app"));
  const std::uint64_t word = file.state(file.find("pair"));
  const auto before = file.get<std::uint64_t>(word);
  file.put<std::uint64_t>(word, before | 7);  // no such phase
  const Ran damaged = run({"check", "app"});
  const Ran json = run({"check", "app", "--json"});
  file.put(word, before);
  EXPECT_EQ(damaged.code, 1);
  EXPECT_TRUE(damaged.says("damage:")) << damaged.out;
  EXPECT_EQ(json.code, 1);
  EXPECT_EQ(json.json()["checks"][0]["ok"], false);
  EXPECT_GE(json.json()["checks"][0]["errors"].size(), 1U);
}

TEST_F(Looking, TakesNoSlotAndChangesNothing) {
  const SegmentFile file(path_of("app"));
  const auto before = file.bytes(0, file.geometry().heap);
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"ls"}, {"ls", "app"}, {"show", "app"}, {"stat"}, {"check", "app"}}) {
    EXPECT_EQ(run(command).code, 0) << command[0];
  }
  EXPECT_EQ(file.bytes(0, file.geometry().heap), before);
  EXPECT_EQ(registry_.stats().participants, 1U);
}

TEST_F(Looking, NeedsOnlyTheRightToRead) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can become another user";
  }
  ASSERT_EQ(::chmod(directory_.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(path_of("app").c_str(), 0444), 0);
  RunOptions nobody;
  nobody.as_nobody = true;
  if (run({"--version"}, nobody).code != 0) {
    GTEST_SKIP() << "the other user cannot reach the program";
  }
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"ls"}, {"ls", "app"}, {"show", "app"}, {"stat", "app"}, {"check", "app"}}) {
    const Ran ran = run(command, nobody);
    EXPECT_EQ(ran.code, 0) << command[0] << ": " << ran.err;
  }
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"set", "app", "pair", "a", "5"},
                                             {"rm", "app", "pair"},
                                             {"pin", "app", "pair"},
                                             {"reap", "app"}}) {
    const Ran ran = run(command, nobody);
    EXPECT_EQ(ran.code, 4) << command[0] << ": " << ran.err;
    EXPECT_TRUE(ran.complains("next: run it as the owner")) << ran.err;
  }
  ASSERT_EQ(::chmod(path_of("app").c_str(), 0600), 0);
  EXPECT_EQ(run({"show", "app"}, nobody).code, 4);
  const Json unreadable = run({"ls", "--json"}, nobody).json()["registries"][0];
  EXPECT_EQ(unreadable["state"], "unreadable");
  EXPECT_EQ(unreadable["error"]["code"], "permission_denied");
}

TEST_F(Looking, AHostileFileIsReportedAndHidesNothing) {
  std::ofstream(path_of("hostile")) << std::string(100'000, '\xA5');
  const Ran list = run({"ls"});
  EXPECT_EQ(list.code, 0);
  EXPECT_TRUE(std::regex_search(list.out, std::regex("hostile +unreadable: corrupt_segment")))
      << list.out;
  EXPECT_TRUE(std::regex_search(list.out, std::regex("app +in use"))) << list.out;
  const Ran show = run({"show", "hostile"});
  EXPECT_EQ(show.code, 3);
  EXPECT_TRUE(show.complains("next: `ipcarc check REGISTRY`")) << show.err;
  EXPECT_EQ(run({"check", "hostile"}).code, 1);
  EXPECT_TRUE(run({"stat", "--prometheus"}).says("ipcarc_readable{registry=\"hostile\"} 0"));
  EXPECT_EQ(run({"rm", "--registry", "hostile"}).code, 0);
  EXPECT_NE(::access(path_of("hostile").c_str(), F_OK), 0);
}

TEST_F(Looking, NamesReachTheTerminalOnlyAsPrintableText) {
  const auto evil = registry_.create<int>("evil\x1b[31m\nname\xff", 1);
  const Ran text = run({"ls", "app"});
  EXPECT_TRUE(text.says("evil\\x1b[31m\\x0aname\\xff")) << text.out;
  EXPECT_EQ(text.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(run({"ls", "app", "--json"}).json()["objects"].size(), 3U);
}

TEST_F(Looking, ColoursOnlyATerminal) {
  RunOptions terminal;
  terminal.terminal = true;
  EXPECT_TRUE(run({"ls"}, terminal).says("\x1b["));
  EXPECT_FALSE(run({"ls"}).says("\x1b["));
  EXPECT_FALSE(run({"ls", "--json"}, terminal).says("\x1b["));
  terminal.environment = {"NO_COLOR=1"};
  EXPECT_FALSE(run({"ls"}, terminal).says("\x1b["));
  terminal.environment.clear();
  EXPECT_TRUE(run({"check", "app"}, terminal).says("%"));
  EXPECT_FALSE(run({"check", "app"}).complains("%"));
}

}  // namespace
}  // namespace ipcarc::test
