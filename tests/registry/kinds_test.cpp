// Two programs that lay out a type alike, and share it in different ways, do not read each other's objects of it.
#include <unistd.h>

#include "registry/example.hpp"
#include "registry/kinds.hpp"

namespace ipcarc::test {
namespace {

class KindsTest : public RegistryTest {
 protected:
  void SetUp() override {
    const Exit made = run_in_child(
        [&] { ::execl(IPCARC_KINDS_PROGRAM, "kinds_program", name_.str().c_str(), nullptr); });
    ASSERT_TRUE(made.ok()) << made;
    ASSERT_TRUE(registry_.contains("readings"));
  }
  template <class T>
  void expect_refused(std::string_view name, std::string_view why) const {
    try {
      const auto found = registry_.get<T>(name);
      ADD_FAILURE() << name << " was taken for one of this program's";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::type_mismatch) << error.what();
      EXPECT_NE(error.problem().find(why), std::string_view::npos) << error.what();
    }
  }

  Registry registry_ = Registry::open(name_, small());
};

TEST_F(KindsTest, WhatIsTriviallyCopyableInOneProgramOnlyIsAnotherType) {
  expect_refused<Reading>("reading",
                          "expected a type that is trivially copyable, found one that is not "
                          "trivially copyable");
}

TEST_F(KindsTest, WhatIsASyncTypeInOneProgramOnlyIsAnotherType) {
  expect_refused<Tally>(
      "tally", "expected a type that is trivially copyable, found one that is a sync type");
}

TEST_F(KindsTest, OfPartsTheWayOfSharingDoesNotMatter) {
  const auto readings = registry_.get<Readings>("readings");
  const auto guard = readings.read();
  ASSERT_EQ(guard->all.size(), 1U);
  EXPECT_EQ(guard->all[0].high, 2);
  EXPECT_EQ(guard->tally.total, 4);
}

}  // namespace
}  // namespace ipcarc::test
