// Registries that this process is not attached to: what a look at their files tells.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "directory/segment_file.hpp"
#include "registry/example.hpp"

namespace ipcarc::test {
namespace {

const std::string long_name(150, 'n');
constexpr std::uint64_t header_size = detail::header_bytes;

class Inspecting : public RegistryTest {
 protected:
  static const EntryInfo& named(const std::vector<EntryInfo>& entries, std::string_view name) {
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [&](const EntryInfo& entry) { return entry.name == name; });
    if (found == entries.end()) {
      throw std::runtime_error("no entry " + std::string(name));
    }
    return *found;
  }
};

TEST_F(Inspecting, ShowsTheEntriesThatAttachedReadersSee) {
  Registry registry = Registry::open(name_, small());
  const auto config = registry.create<Config>("config");
  config.acquire()->peers.push_back("a peer whose name does not fit in the string itself");
  const auto pair = registry.create<Pair>(long_name, 1U, 2U);
  pair.pin();
  const auto frozen = registry.publish<Config>("frozen");
  const auto sync = registry.create<std::atomic<std::uint64_t>>("sync", std::uint64_t{1});
  const auto removed = registry.create<int>("removed", 1);
  registry.remove("removed");

  const std::vector<EntryInfo> attached = registry.entries();
  const std::vector<EntryInfo> seen = Registry::inspect_entries(name_);
  ASSERT_EQ(seen.size(), 5U);
  ASSERT_EQ(attached.size(), seen.size());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].name, attached[i].name);
    EXPECT_EQ(seen[i].type, attached[i].type);
    EXPECT_EQ(seen[i].fingerprint, attached[i].fingerprint);
    EXPECT_EQ(seen[i].payload_bytes, attached[i].payload_bytes);
    EXPECT_EQ(seen[i].version, attached[i].version);
    EXPECT_EQ(seen[i].created_ns, attached[i].created_ns);
    EXPECT_EQ(seen[i].creator_pid, attached[i].creator_pid);
    EXPECT_EQ(seen[i].holders, attached[i].holders);
    EXPECT_EQ(seen[i].linked, attached[i].linked);
    EXPECT_EQ(seen[i].pinned, attached[i].pinned);
    EXPECT_EQ(seen[i].frozen, attached[i].frozen);
    EXPECT_EQ(seen[i].lock_free, attached[i].lock_free);
    EXPECT_EQ(seen[i].entry, attached[i].entry);
    EXPECT_EQ(seen[i].generation, attached[i].generation);
    EXPECT_EQ(seen[i].memory_bytes, attached[i].memory_bytes);
    // A small value lies in its entry.
    EXPECT_TRUE(seen[i].memory_bytes >= seen[i].payload_bytes || seen[i].payload_bytes <= 16);
  }
  EXPECT_TRUE(named(seen, long_name).pinned);
  EXPECT_TRUE(named(seen, "frozen").frozen);
  EXPECT_TRUE(named(seen, "sync").lock_free);
  EXPECT_FALSE(named(seen, "config").lock_free);
  EXPECT_FALSE(named(seen, "removed").linked);

  const Stats stats = registry.stats();
  const Stats looked = Registry::inspect_stats(name_);
  EXPECT_EQ(looked.objects, stats.objects);
  EXPECT_EQ(looked.objects_capacity, stats.objects_capacity);
  EXPECT_EQ(looked.participants, 1U);
  EXPECT_EQ(looked.heap_bytes_used, stats.heap_bytes_used);
  EXPECT_EQ(looked.heap_bytes_committed, stats.heap_bytes_committed);
  EXPECT_EQ(looked.heap_bytes_capacity, stats.heap_bytes_capacity);
  EXPECT_EQ(looked.types, stats.types);
}

TEST_F(Inspecting, FindsOneObjectByItsName) {
  Registry registry = Registry::open(name_, small());
  const auto pair = registry.create<Pair>(long_name, 1U, 2U);
  pair.store({3U, 4U});
  const EntryInfo entry = Registry::inspect_entry(name_, long_name);
  EXPECT_EQ(entry.version, pair.version());
  EXPECT_EQ(entry.holders, 1U);
  EXPECT_EQ(Registry::inspect_layout(name_, long_name), layout_of<Pair>());
  EXPECT_EQ(error_of([&] { Registry::inspect_entry(name_, "none"); }), Errc::not_found);
  EXPECT_EQ(error_of([&] { Registry::inspect_layout(name_, "none"); }), Errc::not_found);
  EXPECT_EQ(error_of([&] { Registry::inspect_entry(name_, ""); }), Errc::bad_name);
  EXPECT_EQ(error_of([&] { Registry::inspect_entries(name_.str() + ".none"); }), Errc::not_found);
  EXPECT_EQ(error_of([&] { Registry::inspect_stats("a/b"); }), Errc::bad_name);
}

TEST_F(Inspecting, TellsTheDeadFromTheLiving) {
  Registry registry = Registry::open(name_, small());
  const auto pair = registry.create<Pair>("pair", 1U, 2U);
  const auto config = registry.create<Config>("config");
  const Signal ready;
  Child child([&] {
    Registry own = Registry::attach(name_);
    const auto held = own.get<Pair>("pair");
    auto guard = own.get<Config>("config").acquire();
    guard->port = 1;
    ready.give();
    ::pause();
  });
  ASSERT_TRUE(ready.await());
  EXPECT_TRUE(Registry::inspect_entry(name_, "config").locked);
  EXPECT_FALSE(Registry::inspect_entry(name_, "config").poisoned);
  const auto find = [&](std::uint32_t pid) -> ParticipantInfo {
    for (const ParticipantInfo& one : Registry::inspect_participants(name_)) {
      if (one.pid == pid) {
        return one;
      }
    }
    return {};
  };
  const auto pid = static_cast<std::uint32_t>(child.pid());
  EXPECT_TRUE(find(pid).alive);
  EXPECT_EQ(find(pid).holds, 2U);
  EXPECT_NE(find(pid).attached_ns, 0U);
  EXPECT_TRUE(child.kill().killed_by(SIGKILL));
  EXPECT_FALSE(find(pid).alive);
  EXPECT_EQ(find(pid).holds, 2U);
  EXPECT_FALSE(Registry::inspect_entry(name_, "config").locked);
  EXPECT_TRUE(Registry::inspect_entry(name_, "config").poisoned);
  registry.reap();
  EXPECT_EQ(find(pid).pid, 0U);
  EXPECT_EQ(Registry::inspect_participants(name_).size(), 1U);
}

TEST_F(Inspecting, BearsAnyBytes) {
  {
    Registry registry = Registry::open(name_, small());
    registry.create<Config>("config").pin();
    registry.create<Pair>(long_name, 1U, 2U).pin();
  }
  const SegmentFile file(name_.path());
  // The header stays, or all would be refused.
  const std::uint64_t end = file.geometry().heap + (std::uint64_t{256} << 10);
  const std::vector<std::byte> good = file.bytes(header_size, end - header_size);
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int run = 0; run < 200; ++run) {
    std::vector<std::byte> bytes = good;
    const int faults = 1 + static_cast<int>(random() % 64);
    for (int i = 0; i < faults; ++i) {
      // Half of them where the entries are, which is little of all.
      const std::uint64_t entries = file.geometry().entries - header_size;
      const std::uint64_t at =
          random() % 2 == 0 ? entries + random() % 512 : random() % bytes.size();
      bytes[at] = static_cast<std::byte>(random());
    }
    file.put_bytes(header_size, bytes);
    for (const EntryInfo& entry : Registry::inspect_entries(name_)) {
      EXPECT_LE(entry.name.size(), 200U);
      error_of([&] { Registry::inspect_entry(name_, entry.name.empty() ? "x" : entry.name); });
      error_of([&] { Registry::inspect_layout(name_, entry.name.empty() ? "x" : entry.name); });
    }
    EXPECT_LE(Registry::inspect_stats(name_).objects, file.geometry().max_objects);
    EXPECT_LE(Registry::inspect_participants(name_).size(), 256U);
  }
  file.put_bytes(0, std::vector<std::byte>(header_size));
  EXPECT_EQ(error_of([&] { Registry::inspect_entries(name_); }), Errc::corrupt_segment);
  ASSERT_EQ(::truncate(name_.path().c_str(), 10), 0);
  EXPECT_EQ(error_of([&] { Registry::inspect_stats(name_); }), Errc::corrupt_segment);
}

TEST_F(Inspecting, ListsTheRegistriesOfADirectory) {
  namespace fs = std::filesystem;
  const fs::path directory = name_.path() + ".directory";
  fs::create_directory(directory);
  struct Remove {
    fs::path path;
    ~Remove() { fs::remove_all(path); }
  } const remove{directory};
  Options options = small();
  options.directory = directory.string();
  EXPECT_TRUE(Registry::list(options).empty());
  const Registry second = Registry::open("b", options);
  options.mode = 0640;
  const Registry first = Registry::open("a", options);
  fs::create_symlink("ipcarc.a", directory / "ipcarc.link");
  fs::create_directory(directory / "ipcarc.folder");
  const std::vector<RegistryInfo> list = Registry::list(options);
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].name, "a");
  EXPECT_EQ(list[0].path, (directory / "ipcarc.a").string());
  EXPECT_EQ(list[0].mode, 0640U);
  EXPECT_EQ(list[0].owner, ::geteuid());
  EXPECT_EQ(list[0].file_bytes, fs::file_size(directory / "ipcarc.a"));
  EXPECT_GT(list[0].memory_bytes, 0U);
  EXPECT_LT(list[0].memory_bytes, list[0].file_bytes);
  EXPECT_EQ(list[1].name, "b");
  options.directory = (directory / "none").string();
  EXPECT_EQ(error_of([&] { Registry::list(options); }), std::errc::no_such_file_or_directory);
}

TEST_F(Inspecting, PinsByNameWithoutTheType) {
  Registry registry = Registry::open(name_, small());
  {
    const auto pair = registry.create<Pair>("pair", 1U, 2U);
    EXPECT_TRUE(registry.pin("pair"));
  }
  EXPECT_TRUE(registry.contains("pair"));
  EXPECT_EQ(Registry::inspect_entry(name_, "pair").holders, 0U);
  EXPECT_TRUE(registry.unpin("pair"));
  EXPECT_FALSE(registry.contains("pair"));
  EXPECT_FALSE(registry.pin("pair"));
  EXPECT_FALSE(registry.unpin("pair"));
  EXPECT_EQ(error_of([&] { registry.pin(""); }), Errc::bad_name);
  expect_clean(registry);
}

}  // namespace
}  // namespace ipcarc::test
