// doctor: what it finds, with cures.
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tools/running.hpp"

namespace ipcarc::test {
namespace {

struct Doctor : ToolTest {
  static Json about(const Json& report, const std::string& subject) {
    Json found = Json::array();
    for (const Json& one : report["findings"]) {
      if (one["subject"] == subject) {
        found.push_back(one);
      }
    }
    return found;
  }
};

TEST_F(Doctor, FindsAHealthyMachineHealthy) {
  const Registry registry = open("app");
  const Ran ran = run({"doctor", "--json"});
  const Json report = ran.json();
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_EQ(report["healthy"], true);
  EXPECT_EQ(about(report, "registry app")[0]["health"], "good");
  EXPECT_GE(about(report, directory_).size(), 2U);
  for (const Json& one : report["findings"]) {
    EXPECT_EQ(one["cure"] == "", one["health"] == "good") << one;
  }
  EXPECT_TRUE(run({"doctor"}).says("registries can be created here"));
}

TEST_F(Doctor, AsksTheKernelForAHugePage) {
  const auto answer = [](const std::string& directory) {
    const Ran ran = run_program({IPCARC_TOOL, "doctor", "--json", "--dir", directory});
    return about(ran.json(), "huge pages for shared memory").at(0)["text"].get<std::string>();
  };
  const std::string here = answer(directory_);
  EXPECT_TRUE(here == "large registries get them" || here.starts_with("none")) << here;
  struct statfs status {};
  ASSERT_EQ(::statfs("/tmp", &status), 0);
  if (status.f_type == TMPFS_MAGIC) {
    GTEST_SKIP() << "no other filesystem to ask about";
  }
  EXPECT_TRUE(answer("/tmp").starts_with("none here")) << answer("/tmp");
}

TEST_F(Doctor, FindsLeftoversAndImpostors) {
  Holder holder(options(), "app", [](Registry&, const std::function<void()>& ready) { ready(); });
  holder.kill();
  ASSERT_EQ(::symlink("/nowhere", path_of("link").c_str()), 0);
  const Ran ran = run({"doctor", "--json"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.json()["healthy"], false);
  EXPECT_EQ(about(ran.json(), "registry app")[0]["cure"], "ipcarc reap app");
  EXPECT_EQ(about(ran.json(), path_of("link"))[0]["health"], "bad");
  EXPECT_TRUE(run({"doctor"}).says("cure: ipcarc reap app"));
}

TEST_F(Doctor, FindsForeignOwnersAndOpenModes) {
  const Registry registry = open("app");
  ASSERT_EQ(::chmod(path_of("app").c_str(), 0666), 0);
  EXPECT_EQ(about(run({"doctor", "--json"}).json(), "registry app")[0]["cure"],
            "chmod go-w " + path_of("app"));
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can give a file away";
  }
  ASSERT_EQ(::chmod(path_of("app").c_str(), 0600), 0);
  ASSERT_EQ(::chown(path_of("app").c_str(), 65534, 65534), 0);
  EXPECT_EQ(about(run({"doctor", "--json"}).json(), "registry app")[0]["health"], "warning");
  EXPECT_EQ(
      about(run({"doctor", "--json", "--trust", "65534"}).json(), "registry app")[0]["health"],
      "good");
}

TEST_F(Doctor, FindsADirectoryThatIsNotThere) {
  const Ran ran = run_program({IPCARC_TOOL, "doctor", "--json", "--dir", directory_ + "/none"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.json()["healthy"], false);
}

}  // namespace
}  // namespace ipcarc::test
