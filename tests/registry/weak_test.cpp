#include "registry/example.hpp"

namespace ipcarc::test {
namespace {

class WeakTest : public RegistryTest {
 protected:
  Registry registry_ = Registry::open(name_, small());
};

TEST_F(WeakTest, LocksWhileTheObjectLives) {
  IpcWeak<Config> weak;
  EXPECT_FALSE(weak.lock());
  {
    const auto config = registry_.create<Config>("cfg", 5);
    weak = config;
    EXPECT_EQ(weak.lock().read()->port, 5);
    registry_.remove("cfg");
    EXPECT_TRUE(weak.lock());  // removed by name, held still
  }
  EXPECT_FALSE(weak.lock());
}

TEST_F(WeakTest, IsEmptyForTheNextObjectInTheSameEntry) {
  auto first = registry_.create<int>("n", 1);
  const IpcWeak<int> weak(first);
  first = {};
  const auto second = registry_.create<int>("n", 2);
  EXPECT_FALSE(weak.lock());
  EXPECT_TRUE(second);
}

TEST_F(WeakTest, SeesFrozenValues) {
  const auto published = registry_.publish<int>("n", 8);
  const IpcWeak<const int> weak(published);
  EXPECT_EQ(*weak.lock(), 8);
  registry_.remove("n");
}

TEST_F(WeakTest, KeepsTheRegistryButNotTheObject) {
  const RegistryName other("other");
  IpcWeak<int> weak;
  {
    const auto value = Registry::open(other, small()).create<int>("n", 1);
    weak = value;
  }
  EXPECT_TRUE(other.exists());
  EXPECT_FALSE(weak.lock());
  weak = {};
  EXPECT_FALSE(other.exists());
}

}  // namespace
}  // namespace ipcarc::test
