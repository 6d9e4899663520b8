// A host with a copy of the library, and plugins with theirs: what one made the others can use.
#include <string>
#include <thread>
#include <vector>

#include "loaded.hpp"
#include "record.hpp"
#include "support/child_process.hpp"
#include "support/registry_name.hpp"

namespace ipcarc::test {
namespace {

class Copies : public testing::TestWithParam<const char*> {
 protected:
  /// What another process would read of the object: no pointer into this one.
  void expect_whole(const Registry& registry, const char* object) {
    EXPECT_TRUE(registry.check().ok());
    EXPECT_NE(Registry::inspect_json(name_.str(), object).find("number 1"), std::string::npos);
  }

  RegistryName name_{"copies"};
  Loaded plugin_{GetParam()};
};

TEST_P(Copies, APluginFillsWhatTheHostHolds) {
  auto registry = Registry::open(name_);
  auto record = registry.create<Record>("record");
  {
    auto guard = record.acquire();
    plugin_->fill(&*guard, 100);
    EXPECT_TRUE(guard->holds(100));
    guard->fill(100);
    plugin_->fill(&*guard, 100);
  }
  expect_whole(registry, "record");
  EXPECT_TRUE(record.read()->holds(300));
  record.update([&](Record& copy) { plugin_->fill(&copy, 100); });
  EXPECT_TRUE(plugin_->holds(&*record.read(), 400));
  Record outside(*record.read());
  plugin_->fill(&outside, 50);
  EXPECT_TRUE(outside.holds(450));
}

TEST_P(Copies, TheHostFillsWhatAPluginHolds) {
  auto* record = static_cast<Record*>(plugin_->make(name_.str().c_str()));
  record->fill(100);
  EXPECT_TRUE(plugin_->holds(record, 100));
  {
    auto registry = Registry::open(name_);
    EXPECT_EQ(registry.get<Record>("own").use_count(), 2U);  // each copy is a participant
    EXPECT_TRUE(registry.check().ok());
  }
  record->fill(10);  // after the host's own mapping has gone
  EXPECT_TRUE(plugin_->holds(record, 110));
  plugin_->unmake();
  EXPECT_FALSE(name_.exists());
}

TEST_P(Copies, BothLockAndChangeTheSameObject) {
  auto registry = Registry::open(name_);
  auto record = registry.create<Record>("record");
  std::thread other([&] {
    for (int i = 0; i < 50; ++i) {
      plugin_->add(name_.str().c_str(), 2);
    }
  });
  for (int i = 0; i < 50; ++i) {
    record.acquire()->fill(2);
  }
  other.join();
  EXPECT_TRUE(record.read()->holds(200));
  expect_whole(registry, "record");
}

TEST_P(Copies, ErrorsOfTheOneCompareInTheOther) {
  EXPECT_EQ(plugin_->category(), static_cast<const void*>(&error_category()));
  try {
    plugin_->raise(name_.str().c_str());
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::not_found);
  }
}

TEST_P(Copies, TheLastHandleMayGoInTheOther) {
  {
    IpcArc<Record> record;
    {
      auto registry = Registry::open(name_);
      record = registry.create<Record>("record");
    }
    EXPECT_TRUE(name_.exists());
    plugin_->let_go(&record);
    EXPECT_FALSE(record);
  }
  EXPECT_FALSE(name_.exists());
}

TEST_P(Copies, AThreadThatWouldWaitForItselfIsTold) {
  auto registry = Registry::open(name_);
  auto record = registry.create<Record>("record");
  const auto guard = record.acquire();
  EXPECT_TRUE(plugin_->deadlock_is_told(name_.str().c_str()));
}

TEST_P(Copies, AForkedChildHasWhatBothHave) {
  auto registry = Registry::open(name_);
  auto record = registry.create<Record>("record");
  void* const theirs = plugin_->open(name_.str().c_str());
  const Exit exit = run_in_child([&] {
    record.acquire()->fill(10);
    EXPECT_TRUE(plugin_->add(name_.str().c_str(), 10));
    auto guard = record.acquire();
    plugin_->fill(&*guard, 10);
  });
  EXPECT_TRUE(exit.ok()) << exit;
  EXPECT_TRUE(record.read()->holds(30));
  plugin_->close(theirs);
  expect_whole(registry, "record");
}

INSTANTIATE_TEST_SUITE_P(Plugins, Copies, testing::Values(IPCARC_PLUGIN_OPEN, IPCARC_PLUGIN_CLOSED),
                         [](const auto& plugin) {
                           return std::string(
                               plugin.param == std::string(IPCARC_PLUGIN_OPEN) ? "Open" : "Closed");
                         });

TEST(ComingCopies, MeetWhatIsOpenAlreadyAndLeaveWhileOthersGoOn) {
  const RegistryName name("copies");
  auto registry = Registry::open(name);
  auto record = registry.create<Record>("record");
  std::atomic<bool> done{false};
  std::thread opener([&] {  // widens the bounds of all copies, while they come and go
    for (int i = 0; !done; ++i) {
      const RegistryName passing("copies");
      Options small;
      small.capacity_bytes = 512 * 1024;
      auto other = Registry::open(passing.str(), small);
      other.create<Record>("record").acquire()->fill(1);
    }
  });
  for (int i = 0; i < 40; ++i) {
    const Loaded one(i % 2 == 0 ? IPCARC_PLUGIN_OPEN : IPCARC_PLUGIN_CLOSED);
    auto guard = record.acquire();
    one->fill(&*guard, 5);
  }
  done = true;
  opener.join();
  if (is_unloaded) {
    EXPECT_EQ(::dlopen(IPCARC_PLUGIN_CLOSED, RTLD_LAZY | RTLD_NOLOAD), nullptr) << "still loaded";
  }
  EXPECT_TRUE(record.read()->holds(200));
  EXPECT_TRUE(registry.check().ok());
}

}  // namespace
}  // namespace ipcarc::test
