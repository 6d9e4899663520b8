// Every error says what to do next: as a user meets it, and whatever the way it came.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "registry/example.hpp"
#include "support/small_filesystem.hpp"

namespace ipcarc::test {

struct OldShape {
  int port = 0;
};
struct NewShape {
  int port = 0;
  int backlog = 0;
};

namespace {

using namespace std::chrono_literals;

class AdviceTest : public RegistryTest {
 protected:
  /// Expects `call` to throw an Error of that code whose advice has `advice` in it, as its message's end.
  template <class F>
  static void expect(std::error_code code, const std::string& advice, F&& call) {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_NE(error.next().find(advice), std::string_view::npos) << error.what();
      const std::string_view whole = error.what();
      EXPECT_TRUE(whole.starts_with(error.problem()) && whole.ends_with(error.next())) << whole;
      EXPECT_EQ(whole.substr(error.problem().size(),
                             whole.size() - error.problem().size() - error.next().size()),
                whole.find('\n') == whole.npos ? "; next: " : "\nnext: ");
      return;
    }
    ADD_FAILURE() << "no Error where \"" << advice << "\" was to be advised";
  }
  template <class F>
  static void expect(Errc code, const std::string& advice, F&& call) {
    expect(make_error_code(code), advice, std::forward<F>(call));
  }
  /// Writes `bytes` into the registry's file.
  void damage(off_t at, std::string_view bytes) const {
    std::fstream file(name_.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    ASSERT_TRUE(file.good());
  }
};

TEST_F(AdviceTest, OnObjects) {
  Registry registry = Registry::open(name_, small());
  const auto shape = registry.create<OldShape>("shape");
  const auto frozen = registry.publish<int>("frozen", 1);
  expect(Errc::not_found, "entries()", [&] { registry.get<int>("nothing"); });
  expect(Errc::already_exists, "get_or_create()", [&] { registry.create<OldShape>("shape"); });
  expect(Errc::type_mismatch, "new name", [&] { registry.get<NewShape>("shape"); });
  expect(Errc::wrong_mode, "get<const T>()", [&] { registry.get<int>("frozen"); });
  expect(Errc::wrong_mode, "get<T>()", [&] { registry.get<const OldShape>("shape"); });
  expect(Errc::wrong_mode, "remove() it first", [&] { registry.publish<int>("shape", 1); });
  expect(Errc::wrong_mode, "find()", [&] { (void)IpcArc<OldShape>().acquire(); });
  expect(Errc::bad_name, "1 to 200 bytes", [&] { registry.create<int>("", 1); });
  expect(Errc::timed_out, "start what creates it", [&] { registry.wait<int>("later", 1ms); });
  registry.remove("frozen");
  expect(Errc::not_found, "keep a handle", [&] { frozen.pin(); });
}

TEST_F(AdviceTest, OnGuards) {
  Registry registry = Registry::open(name_, small());
  const auto value = registry.create<Config>("value");
  {
    const auto guard = value.acquire();
    expect(std::make_error_code(std::errc::resource_deadlock_would_occur), "release that guard",
           [&] { (void)value.acquire(); });
  }
  const Exit exit = run_in_child([&] {
    auto guard = value.acquire();
    guard->port = 1;
    ::kill(::getpid(), SIGKILL);
  });
  EXPECT_EQ(exit.signal, SIGKILL);
  expect(Errc::poisoned, "reset()", [&] { (void)value.acquire(); });
  value.reset();
}

TEST_F(AdviceTest, OnAGuardThatAnotherKeepsNamesItsProcess) {
  Registry registry = Registry::open(name_, small());
  const auto value = registry.create<Config>("value");
  Signal held;
  Signal done;
  Child other([&] {
    const auto guard = value.acquire();
    held.give();
    done.await();
  });
  ASSERT_TRUE(held.await());
  expect(Errc::timed_out, "stopped", [&] {
    try {
      (void)value.acquire_for(5ms);
    } catch (const Error& error) {
      EXPECT_NE(error.problem().find("by process " + std::to_string(other.pid())),
                std::string_view::npos)
          << error.what();
      throw;
    }
  });
  done.give();
  EXPECT_TRUE(other.wait().ok());
}

TEST_F(AdviceTest, OnWhatIsFull) {
  Options options;
  options.capacity_bytes = std::uint64_t{1} << 20;
  options.max_objects = 8;
  Registry registry = Registry::open(name_, options);
  expect(Errc::out_of_memory, "Options::capacity_bytes",
         [&] { registry.create<string>("big", std::string(2 << 20, 'x')); });
  std::vector<IpcArc<int>> all;
  for (int i = 0; i < 8; ++i) {
    all.push_back(registry.create<int>(std::to_string(i), i));
  }
  expect(Errc::too_many_objects, "Options::max_objects", [&] { registry.create<int>("9", 9); });
}

TEST_F(AdviceTest, OnAFullFilesystem) {
  const auto filesystem = SmallFilesystem::mount(std::uint64_t{4} << 20);
  if (!filesystem) {
    GTEST_SKIP() << "this user may mount nothing";
  }
  Options options = small();
  options.max_objects = 64;
  options.directory = filesystem->path();
  Registry registry = Registry::open(name_, options);
  filesystem->fill(0);
  expect(Errc::out_of_memory, "make the filesystem larger",
         [&] { registry.create<string>("big", std::string(1 << 20, 'x')); });
}

TEST_F(AdviceTest, OnRegistriesThatAreNotThereOrHaveNoPlace) {
  expect(Errc::not_found, "open() creates it", [&] { Registry::attach(name_); });
  expect(Errc::not_found, "open() creates it", [&] { Registry::inspect_stats(name_); });
  expect(Errc::bad_name, "without '/'", [&] { Registry::open("a/b"); });
  Options nowhere = small();
  nowhere.directory = "/nonexistent.ipcarc";
  expect(std::make_error_code(std::errc::no_such_file_or_directory), "IPCARC_DIR",
         [&] { Registry::open(name_, nowhere); });
}

TEST_F(AdviceTest, OnFilesThatAreNotARegistry) {
  ASSERT_EQ(::symlink("/dev/null", name_.path().c_str()), 0);
  expect(Errc::permission_denied, "choose another name", [&] { Registry::open(name_); });
  ASSERT_EQ(::unlink(name_.path().c_str()), 0);
  ASSERT_EQ(::mkfifo(name_.path().c_str(), 0600), 0);
  expect(Errc::permission_denied, "choose another name", [&] { Registry::open(name_); });
}

TEST_F(AdviceTest, OnFilesOfAnotherLayoutAndDamagedOnes) {
  { Registry::open(name_, small()).create<int>("kept", 1).pin(); }
  damage(8, std::string_view("\x63\0\0\0", 4));
  expect(Errc::incompatible_segment, "same ipcarc and Boost", [&] { Registry::open(name_); });
  damage(0, "noregist");
  expect(Errc::corrupt_segment, "inspect()", [&] { Registry::open(name_); });
}

TEST_F(AdviceTest, OnFilesOfAnotherOwner) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root gives a file away";
  }
  { Registry::open(name_, small()).create<int>("kept", 1).pin(); }
  ASSERT_EQ(::chown(name_.path().c_str(), 23456, 23456), 0);
  expect(Errc::permission_denied, "Options::trusted_owners", [&] { Registry::open(name_); });
  const Exit exit = run_in_child([&] {
    ASSERT_EQ(::setresuid(23457, 23457, 23457), 0);
    expect(Errc::permission_denied, "Options::mode", [&] { Registry::attach(name_); });
  });
  EXPECT_TRUE(exit.ok()) << exit;
}

TEST_F(AdviceTest, OnEveryCodeInGeneral) {
  for (int code = static_cast<int>(Errc::not_found); code <= static_cast<int>(Errc::decode_failed);
       ++code) {
    EXPECT_FALSE(Error(static_cast<Errc>(code), "what").next().empty()) << code;
  }
  const Error own(Errc::not_found, "what", "do this");
  EXPECT_STREQ(own.what(), "what; next: do this");
  EXPECT_EQ(own.problem(), "what");
  const Error none(std::make_error_code(std::errc::io_error), "what");
  EXPECT_STREQ(none.what(), "what");
  EXPECT_TRUE(none.next().empty());
}

}  // namespace
}  // namespace ipcarc::test
