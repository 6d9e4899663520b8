// The registry's file: removed by the last one out, never under an opener's feet.
#include <thread>

#include "registry/example.hpp"

namespace ipcarc::test {
namespace {

class RemovalTest : public RegistryTest {};

TEST_F(RemovalTest, OpenersAndLeaversNeverLoseEachOther) {
  // Each opens, adds one to a shared count that is seen by all who are there, and leaves; the file comes and goes all the time.
  std::vector<Child> children;
  for (int p = 0; p < 4; ++p) {
    children.emplace_back([&] {
      for (int i = 0; i < 150; ++i) {
        Registry registry = Registry::open(name_, small());
        const auto count = registry.get_or_create<std::atomic<int>>("count", 0);
        count->fetch_add(1);
        // The file that the name leads to is the one we are in, or there is none: nobody leaves while we are here.
        Registry same = Registry::attach(name_);
        EXPECT_EQ(same.get<std::atomic<int>>("count").get(), count.get());
        EXPECT_GE(registry.stats().participants, 1U);
      }
    });
  }
  for (auto& child : children) {
    const Exit exit = child.wait();
    EXPECT_TRUE(exit.ok()) << exit;
  }
  EXPECT_FALSE(name_.exists());
}

TEST_F(RemovalTest, DestroyersAndOpenersNeverLoseEachOther) {
  std::vector<Child> children;
  for (int p = 0; p < 3; ++p) {
    children.emplace_back([&, p] {
      for (int i = 0; i < 150; ++i) {
        if (p == 0) {
          Registry::destroy(name_);
        } else {
          Registry registry = Registry::open(name_, small());
          const auto mine = registry.create<int>("mine " + std::to_string(::getpid()), i);
          ASSERT_EQ(registry.get<int>(mine.name()).load(), i);
        }
      }
    });
  }
  for (auto& child : children) {
    const Exit exit = child.wait();
    EXPECT_TRUE(exit.ok()) << exit;
  }
  EXPECT_FALSE(name_.exists());
}

TEST_F(RemovalTest, TheKilledLeaveNothingThatTheNextDoesNotRemove) {
  for (int i = 0; i < 50; ++i) {
    Child victim([&] {
      for (;;) {
        Registry registry = Registry::open(name_, small());
        const auto value = registry.create<int>("n", 1);
      }
    });
    std::this_thread::sleep_for(std::chrono::microseconds(500 + 211 * i));
    victim.kill();
  }
  { Registry last = Registry::open(name_, small()); }
  EXPECT_FALSE(name_.exists());
}

}  // namespace
}  // namespace ipcarc::test
