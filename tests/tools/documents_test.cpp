// The command line itself, and that its documents and completions know all of it.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "tools/running.hpp"

namespace ipcarc::test {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream stream(std::string(IPCARC_SOURCE_DIR "/") + path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The commands that --help lists.
std::vector<std::string> commands() {
  const Ran help = run_program({IPCARC_TOOL, "--help"});
  EXPECT_EQ(help.code, 0);
  std::vector<std::string> names;
  const std::regex line(R"(\n  (\w+) {2,}[A-Z])");
  const std::string list = help.out.substr(help.out.find("Subcommands:"));
  for (std::sregex_iterator at(list.begin(), list.end(), line), end; at != end; ++at) {
    names.push_back((*at)[1]);
  }
  return names;
}

TEST(CommandLine, RefusesWhatItDoesNotKnow) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"none"},
                                             {"ls", "--none"},
                                             {"show"},
                                             {"set", "a", "b"},
                                             {"watch", "a", "b", "-n", "x"}}) {
    std::vector<std::string> command = {IPCARC_TOOL};
    command.insert(command.end(), arguments.begin(), arguments.end());
    EXPECT_EQ(run_program(command).code, 2) << ::testing::PrintToString(arguments);
  }
  EXPECT_EQ(run_program({IPCARC_TOOL, "ls", "a/b"}).code, 2);
  EXPECT_EQ(run_program({IPCARC_TOOL, "--version"}).code, 0);
}

TEST(CommandLine, HelpsWithEachCommand) {
  const std::vector<std::string> all = commands();
  EXPECT_GE(all.size(), 11U);
  for (const std::string& command : all) {
    EXPECT_EQ(run_program({IPCARC_TOOL, command, "--help"}).code, 0) << command;
  }
}

TEST(Documents, NameEachCommand) {
  for (const std::string& command : commands()) {
    EXPECT_NE(text_of("docs/TOOL.md").find("`ipcarc " + command), std::string::npos) << command;
    EXPECT_NE(text_of("docs/man/ipcarc.1").find(".B ipcarc " + command), std::string::npos)
        << command;
    for (const char* completion : {"tools/completion/ipcarc.bash", "tools/completion/_ipcarc"}) {
      EXPECT_TRUE(std::regex_search(text_of(completion), std::regex("\\b" + command + "\\b")))
          << completion << ": " << command;
    }
  }
}

struct Completion : ToolTest {
  std::string complete(const std::string& words) const {
    const std::string script =
        "ipcarc() { " IPCARC_TOOL " \"$@\"; }; source " IPCARC_SOURCE_DIR
        "/tools/completion/ipcarc.bash; COMP_WORDS=(" +
        words + "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _ipcarc; echo \"${COMPREPLY[*]}\"";
    return run_program({"/bin/bash", "-c", script}, {.environment = {"IPCARC_DIR=" + directory_}})
        .out;
  }
};

TEST_F(Completion, OfBashKnowsCommandsRegistriesAndObjects) {
  Registry registry = open("app");
  const auto pair = registry.create<Pair>("pair", 1U, 2U);
  EXPECT_EQ(complete("ipcarc sh"), "show\n");
  EXPECT_EQ(complete("ipcarc show a"), "app\n");
  EXPECT_EQ(complete("ipcarc show app p"), "pair\n");
  EXPECT_EQ(complete("ipcarc show app pair --lay"), "--layout\n");
  EXPECT_EQ(complete("ipcarc --dir /nowhere ls ''"), "\n");
  EXPECT_EQ(complete("ipcarc load " + directory_ + "/ipcarc.a"), path_of("app") + "\n");
  EXPECT_EQ(complete("ipcarc dump app " + directory_ + "/ipcarc.a"), path_of("app") + "\n");
  EXPECT_EQ(complete("ipcarc unp"), "unpin\n");
  EXPECT_EQ(complete("ipcarc top --on"), "--once\n");
}

TEST_F(Completion, OfBashRunsNothingThatStandsInAName) {
  Registry registry = open("app");
  const std::string trap = directory_ + "/trap";
  const auto pair = registry.create<Pair>("$(touch " + trap + ")", 1U, 2U);
  const auto spaced = registry.create<Pair>("two words", 1U, 2U);
  const std::string offered = complete("ipcarc show app ''");
  EXPECT_FALSE(std::filesystem::exists(trap));
  EXPECT_NE(offered.find("\\$\\(touch\\ "), std::string::npos) << offered;
  EXPECT_NE(offered.find("two\\ words"), std::string::npos) << offered;
}

struct ZshCompletion : ToolTest {
  void SetUp() override {
    if (::access("/usr/bin/zsh", X_OK) != 0) {
      GTEST_SKIP() << "no zsh here";
    }
  }
  /// The line after the tab key.
  std::string complete(const std::string& line) const {
    const Ran ran =
        run_program({"/usr/bin/zsh", "-f", IPCARC_SOURCE_DIR "/tests/tools/complete.zsh",
                     IPCARC_SOURCE_DIR "/tools/completion", IPCARC_TOOL, line},
                    {.environment = {"IPCARC_DIR=" + directory_}});
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.out;
  }
};

TEST_F(ZshCompletion, KnowsCommandsRegistriesAndObjects) {
  Registry registry = open("app");
  const auto pair = registry.create<Pair>("pair", 1U, 2U);
  EXPECT_EQ(complete("ipcarc sh"), "ipcarc show \n");
  EXPECT_EQ(complete("ipcarc unp"), "ipcarc unpin \n");
  EXPECT_EQ(complete("ipcarc show a"), "ipcarc show app \n");
  EXPECT_EQ(complete("ipcarc show app p"), "ipcarc show app pair \n");
  EXPECT_EQ(complete("ipcarc show app pair --lay"), "ipcarc show app pair --layout \n");
  EXPECT_EQ(complete("ipcarc watch app p"), "ipcarc watch app pair \n");
  EXPECT_EQ(complete("ipcarc rm app p"), "ipcarc rm app pair \n");
  EXPECT_EQ(complete("ipcarc rm -r other a"), "ipcarc rm -r other app \n");
  EXPECT_EQ(complete("ipcarc top --on"), "ipcarc top --once \n");
  EXPECT_EQ(complete("ipcarc load " + directory_ + "/ipcarc.a"),
            "ipcarc load " + path_of("app") + " \n");
}

TEST_F(ZshCompletion, LooksWhereTheOptionSays) {
  const std::string place = directory_ + "/in a place of its own";
  std::filesystem::create_directory(place);
  Options elsewhere = options();
  elsewhere.directory = place;
  Registry registry = Registry::open("far", elsewhere);
  const auto pair = registry.create<Pair>("pair", 1U, 2U);
  EXPECT_EQ(complete("ipcarc ls f"), "ipcarc ls f\n");
  for (const std::string& option :
       {"--dir '" + place + "'", "--dir='" + place + "'", "--json --dir '" + place + "'"}) {
    EXPECT_EQ(complete("ipcarc " + option + " ls f"), "ipcarc " + option + " ls far \n");
    EXPECT_EQ(complete("ipcarc ls " + option + " f"), "ipcarc ls " + option + " far \n");
    EXPECT_EQ(complete("ipcarc " + option + " show far p"),
              "ipcarc " + option + " show far pair \n");
  }
}

TEST_F(ZshCompletion, RunsNothingThatStandsInAName) {
  const std::string trap = directory_ + "/trap";
  Registry registry = open("two words");
  const auto pair = registry.create<Pair>("$(touch " + trap + ")", 1U, 2U);
  EXPECT_EQ(complete("ipcarc show two"), "ipcarc show two\\ words \n");
  EXPECT_EQ(complete("ipcarc show two\\ words "),
            "ipcarc show two\\ words \\$\\(touch\\ " + trap + "\\) \n");
  EXPECT_FALSE(std::filesystem::exists(trap));
}

TEST(Manual, HasNoWarnings) {
  if (::access("/usr/bin/man", X_OK) != 0) {
    GTEST_SKIP() << "no man here";
  }
  const Ran ran = run_program({"/usr/bin/man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z",
                               IPCARC_SOURCE_DIR "/docs/man/ipcarc.1"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.err, "");
}

}  // namespace
}  // namespace ipcarc::test
