// A host that has no copy of the library, and two plugins that have one each and know nothing of one another.
#include <string>

#include "loaded.hpp"
#include "support/unique_name.hpp"

namespace ipcarc::test {
namespace {

std::string registry_name(const char* what) {
  return unique_name(std::string("copies_bare.") + what);
}

TEST(CopiesInABareHost, UseWhatTheOtherHolds) {
  const Loaded first(IPCARC_PLUGIN_CLOSED);
  const Loaded second(IPCARC_PLUGIN_OPEN);
  EXPECT_EQ(first->category(), second->category());
  void* const record = first->make(registry_name("both").c_str());
  second->fill(record, 100);
  first->fill(record, 100);
  EXPECT_TRUE(second->holds(record, 200));
  first->unmake();
}

TEST(CopiesInABareHost, OutliveTheFirst) {
  const Loaded second(IPCARC_PLUGIN_OPEN);
  {
    const Loaded first(IPCARC_PLUGIN_CLOSED);
    second->fill(first->make(registry_name("first").c_str()), 10);
    first->unmake();
  }
  void* const record = second->make(registry_name("second").c_str());
  second->fill(record, 100);
  EXPECT_TRUE(second->holds(record, 100));
  second->unmake();
  EXPECT_NE(second->category(), nullptr);
}

}  // namespace
}  // namespace ipcarc::test
