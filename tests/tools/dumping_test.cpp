// dump, load: a registry to a file and back, as people do it.
#include <fstream>

#include "tools/running.hpp"

namespace ipcarc::test {
namespace {

struct Dumping : ToolTest {
  Dumping() {
    Registry registry = open("app");
    const auto config = registry.create<Config>("config");
    config.acquire()->peers.push_back("10.0.0.7");
    config.pin();
    registry.publish<Pair>("frozen", 1U, 2U);
  }
  std::string file_ = directory_ + "/dump";
};

TEST_F(Dumping, BringsARegistryBack) {
  const Ran dump = run({"dump", "app", file_});
  EXPECT_EQ(dump.code, 0) << dump.err;
  EXPECT_TRUE(dump.says("app: 2 objects in ")) << dump.out;
  EXPECT_EQ(run({"rm", "--registry", "app"}).code, 0);
  const Ran load = run({"load", file_, "app"});
  EXPECT_EQ(load.code, 0) << load.err;
  EXPECT_TRUE(load.says("app: 2 objects from ")) << load.out;
  EXPECT_EQ(run({"check", "app"}).code, 0);
  EXPECT_EQ(run({"show", "app", "config", "--value"}).json()["peers"][0], "10.0.0.7");
  const Json json = run({"dump", "app", file_, "--json"}).json();
  EXPECT_EQ(json["objects"], 2);
  EXPECT_EQ(json["left_out"], 0);
  EXPECT_EQ(json["bytes"], std::filesystem::file_size(file_));
  EXPECT_EQ(run({"load", file_, "copy", "--json"}).json()["registry"], "copy");
}

TEST_F(Dumping, SaysWhatToDoAboutWhatItRefuses) {
  const auto refused = [&](const std::vector<std::string>& arguments, int code, const char* next) {
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.code, code) << ran.err;
    EXPECT_TRUE(ran.complains(next)) << ran.err;
  };
  {
    const Registry registry = open("app");
    refused({"dump", "app", file_}, 3, "next: end its users");
    EXPECT_FALSE(std::filesystem::exists(file_));
    EXPECT_TRUE(run({"dump", "app", file_, "--frozen"}).says("1 objects left out"));
  }
  refused({"load", file_, "app"}, 3, "next: use another name, or say --replace");
  EXPECT_EQ(run({"load", file_, "app", "--replace"}).code, 0);
  EXPECT_EQ(run({"ls", "app", "--names"}).out, "frozen\n");
  refused({"load", file_ + ".none", "other"}, 1, "there is none");
  refused({"load", path_of("app"), "other"}, 3, "next: load it with the ipcarc that dumped it");
  std::filesystem::resize_file(file_, std::filesystem::file_size(file_) - 1);
  refused({"load", file_, "other"}, 3, "next: dump the registry again");
  EXPECT_EQ(run({"ls", "--names"}).out, "app\n");
}

}  // namespace
}  // namespace ipcarc::test
