#include "registry/example.hpp"

namespace ipcarc::test {
namespace {

TEST_F(RegistryTest, OpenCreatesTheFileAndTheLastOneOutRemovesIt) {
  {
    Registry registry = Registry::open(name_, small());
    EXPECT_TRUE(name_.exists());
    EXPECT_EQ(registry.name(), name_.str());
    EXPECT_EQ(registry.stats().participants, 1U);
  }
  EXPECT_FALSE(name_.exists());
}

TEST_F(RegistryTest, OpenTwiceSharesOneMappingAndOneSlot) {
  Registry first = Registry::open(name_, small());
  Registry second = Registry::open(name_);
  EXPECT_EQ(first.stats().participants, 1U);
  const auto arc = first.publish<int>("value", 7);
  EXPECT_EQ(arc.get(), second.get<const int>("value").get());
  first.remove("value");
}

TEST_F(RegistryTest, AttachThrowsNotFoundWhereOpenWouldCreate) {
  EXPECT_EQ(error_of([&] { Registry::attach(name_); }), Errc::not_found);
  EXPECT_FALSE(name_.exists());
  Registry registry = Registry::open(name_, small());
  EXPECT_EQ(Registry::attach(name_).name(), name_.str());
}

TEST_F(RegistryTest, PinnedObjectsKeepTheFile) {
  {
    Registry registry = Registry::open(name_, small());
    registry.create<int>("kept", 11).pin();
    registry.create<int>("lost", 12);
  }
  ASSERT_TRUE(name_.exists());
  {
    Registry registry = Registry::attach(name_);
    EXPECT_EQ(registry.get<int>("kept").load(), 11);
    EXPECT_FALSE(registry.contains("lost"));
    expect_clean(registry);
    EXPECT_TRUE(registry.remove("kept"));
  }
  EXPECT_FALSE(name_.exists());
}

TEST_F(RegistryTest, HandlesKeepTheRegistryOpen) {
  IpcArc<Config> config;
  {
    Registry registry = Registry::open(name_, small());
    config = registry.create<Config>("cfg");
  }
  EXPECT_TRUE(name_.exists());
  EXPECT_EQ(config.read()->port, 8080);
  config = {};
  EXPECT_FALSE(name_.exists());
}

TEST_F(RegistryTest, DestroyUnlinksAndLeavesTheUsersTheirs) {
  Registry registry = Registry::open(name_, small());
  const auto value = registry.create<int>("value", 1);
  EXPECT_TRUE(Registry::destroy(name_));
  EXPECT_FALSE(name_.exists());
  EXPECT_FALSE(Registry::destroy(name_));
  EXPECT_EQ(value.load(), 1);
  Registry anew = Registry::open(name_, small());
  EXPECT_FALSE(anew.contains("value"));
  EXPECT_TRUE(registry.contains("value"));
  anew.create<int>("value", 2);
  EXPECT_EQ(value.load(), 1);
}

TEST_F(RegistryTest, TheDirectoryIsAnOptionAndAnEnvironmentVariable) {
  char folder[] = "/dev/shm/ipcarc_test_XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  const RegistryName elsewhere("elsewhere", folder);
  Options options = small();
  options.directory = folder;
  {
    Registry registry = Registry::open(elsewhere, options);
    EXPECT_TRUE(elsewhere.exists());
  }
  ::setenv("IPCARC_DIR", folder, 1);
  {
    Registry registry = Registry::open(elsewhere, small());
    EXPECT_TRUE(elsewhere.exists());
  }
  ::unsetenv("IPCARC_DIR");
  EXPECT_FALSE(elsewhere.exists());
  EXPECT_EQ(::rmdir(folder), 0);
}

TEST_F(RegistryTest, EntriesTellWhatIsThere) {
  Registry registry = Registry::open(name_, small());
  const auto config = registry.create<Config>("cfg");
  const auto pinned = registry.publish<int>("answer", 42);
  const std::string long_name(200, 'n');
  const auto named = registry.create<Pair>(long_name);
  std::vector<EntryInfo> entries = registry.entries();
  ASSERT_EQ(entries.size(), 3U);
  std::sort(entries.begin(), entries.end(),
            [](const EntryInfo& a, const EntryInfo& b) { return a.name < b.name; });
  EXPECT_EQ(entries[0].name, "answer");
  EXPECT_EQ(entries[0].type, "int32");
  EXPECT_TRUE(entries[0].pinned);
  EXPECT_TRUE(entries[0].frozen);
  EXPECT_EQ(entries[1].name, "cfg");
  EXPECT_EQ(entries[1].type, "ipcarc::test::Config");
  EXPECT_EQ(entries[1].payload_bytes, sizeof(Config));
  EXPECT_EQ(entries[1].holders, 1U);
  EXPECT_FALSE(entries[1].pinned);
  EXPECT_EQ(entries[2].name, long_name);
  EXPECT_TRUE(entries[2].linked);
  registry.remove("answer");
}

TEST_F(RegistryTest, StatsCountObjectsAndBytes) {
  Registry registry = Registry::open(name_, small());
  const Stats before = registry.stats();
  EXPECT_EQ(before.objects, 0U);
  EXPECT_EQ(before.heap_bytes_used, 0U);
  {
    const auto config = registry.create<Config>("cfg");
    config.acquire()->host.assign(100000, 'x');
    const Stats during = registry.stats();
    EXPECT_EQ(during.objects, 1U);
    EXPECT_GE(during.heap_bytes_used, 100000U);
    EXPECT_GE(during.heap_bytes_committed, during.heap_bytes_used);
    EXPECT_GE(during.heap_bytes_capacity, during.heap_bytes_committed);
    EXPECT_EQ(during.types, 1U);
  }
  EXPECT_EQ(registry.stats().objects, 0U);
  EXPECT_EQ(registry.stats().heap_bytes_used, 0U);
}

TEST_F(RegistryTest, ATinyRegistryWorks) {
  Options options;
  options.capacity_bytes = 256 * 1024;
  Registry registry = Registry::open(name_, options);
  const auto config = registry.create<Config>("cfg");
  config.acquire()->peers.assign(10, "a string that is longer than the small buffer of a string");
  const auto value = registry.create<Pair>("pair", 1U, 2U);
  EXPECT_EQ(value.load().b, 2U);
  EXPECT_EQ(config.read()->peers.size(), 10U);
  expect_clean(registry);
}

TEST_F(RegistryTest, AFullHeapIsOutOfMemoryAndLosesNothing) {
  Options options;
  options.capacity_bytes = 512 * 1024;
  Registry registry = Registry::open(name_, options);
  const auto config = registry.create<Config>("cfg");
  config.acquire()->host = "a host name that is longer than the small buffer of a string";
  const Stats before = registry.stats();
  EXPECT_EQ(error_of([&] { config.update([](Config& c) { c.host.assign(1 << 20, 'x'); }); }),
            Errc::out_of_memory);
  EXPECT_EQ(error_of([&] { registry.create<ipcarc::string>("big", ipcarc::string(1 << 20, 'x')); }),
            Errc::out_of_memory);
  EXPECT_FALSE(registry.contains("big"));
  EXPECT_EQ(config.read()->host, "a host name that is longer than the small buffer of a string");
  EXPECT_EQ(registry.stats().heap_bytes_used, before.heap_bytes_used);
  expect_clean(registry);
}

TEST_F(RegistryTest, AFullTableIsTooManyObjectsAndLosesNothing) {
  Options options = small();
  options.max_objects = 16;
  Registry registry = Registry::open(name_, options);
  std::vector<IpcArc<int>> held;
  for (int i = 0; i < 16; ++i) {
    held.push_back(registry.create<int>("n" + std::to_string(i), i));
  }
  EXPECT_EQ(error_of([&] { registry.create<int>("one too many", 0); }), Errc::too_many_objects);
  held.pop_back();
  const auto again = registry.create<int>("now there is room", 1);
  EXPECT_EQ(again.load(), 1);
  for (int i = 0; i < 15; ++i) {
    EXPECT_EQ(registry.get<int>("n" + std::to_string(i)).load(), i);
  }
  expect_clean(registry);
}

TEST_F(RegistryTest, EntriesAreUsedAgainForEver) {
  Options options = small();
  options.max_objects = 16;
  Registry registry = Registry::open(name_, options);
  for (int i = 0; i < 10000; ++i) {
    const auto value = registry.create<int>("n" + std::to_string(i), i);
    ASSERT_EQ(registry.get<int>("n" + std::to_string(i)).load(), i);
  }
  EXPECT_EQ(registry.stats().objects, 0U);
  EXPECT_EQ(registry.stats().heap_bytes_used, 0U);
  expect_clean(registry);
}

TEST_F(RegistryTest, ALayoutIsStoredOnceForAllObjectsAndProcesses) {
  Registry registry = Registry::open(name_, small());
  const auto first = registry.create<Config>("first");
  const auto types = registry.stats().types;
  const auto pair = registry.create<Pair>("pair");
  EXPECT_EQ(registry.stats().types, types + 1);
  const auto second = registry.create<Config>("second");
  Child child([&] {
    Registry theirs = Registry::open(name_);
    theirs.create<Config>("third").pin();
    theirs.create<Pair>("fourth").pin();
  });
  EXPECT_EQ(child.wait().code, 0);
  EXPECT_EQ(registry.stats().objects, 5U);
  EXPECT_EQ(registry.stats().types, types + 1);
  registry.remove("third");
  registry.remove("fourth");
}

}  // namespace
}  // namespace ipcarc::test
