// Values read from the file, without attaching.
#include <sys/stat.h>
#include <unistd.h>

#include "registry/example.hpp"
#include "values/everything.hpp"

namespace ipcarc::test {
namespace {

class InspectJson : public RegistryTest {
 protected:
  nlohmann::json look(std::string_view object) const {
    return nlohmann::json::parse(Registry::inspect_json(name_, object));
  }

  Registry registry_ = Registry::open(name_, small());
};

TEST_F(InspectJson, ShowsWhatAttachedReadersSee) {
  const auto scalars = registry_.create<Scalars>("s");
  const auto c = registry_.create<Containers>("c", containers());
  const auto frozen = registry_.publish<Containers>("f", containers());
  const auto sync = registry_.create<std::atomic<int>>("n", -5);
  EXPECT_EQ(look("s"), json_of_scalars());
  EXPECT_EQ(in_order(look("c")), json_of_containers());
  EXPECT_EQ(in_order(look("f")), json_of_containers());
  EXPECT_EQ(look("n"), -5);
  c.update([](Containers& value) { value.brief = "other"; });
  EXPECT_EQ(look("c")["brief"], "other");
}

TEST_F(InspectJson, NeedsNoSlotAndOnlyTheRightToRead) {
  const auto arc = registry_.create<Config>(std::string(200, 'n'));
  const auto before = registry_.stats().participants;
  ASSERT_EQ(::chmod(name_.path().c_str(), 0400), 0);
  Child child([&] {
    if (::geteuid() == 0 && ::setuid(65534) == 0) {
      // Not this user's: then the file must let everybody read it.
      ::_exit(error_of([&] { look(std::string(200, 'n')); }) == Errc::permission_denied ? 0 : 1);
    }
    ::_exit(look(std::string(200, 'n'))["port"] == 8080 ? 0 : 1);
  });
  EXPECT_EQ(child.wait().code, 0);
  ASSERT_EQ(::chmod(name_.path().c_str(), 0444), 0);
  Child reader([&] {
    if (::geteuid() == 0 && ::setuid(65534) != 0) {
      ::_exit(2);
    }
    ::_exit(look(std::string(200, 'n'))["port"] == 8080 ? 0 : 1);
  });
  EXPECT_EQ(reader.wait().code, 0);
  registry_.reap();  // of the children that the fork attached
  EXPECT_EQ(registry_.stats().participants, before);
}

TEST_F(InspectJson, RefusesByTheRightError) {
  EXPECT_EQ(error_of([&] { Registry::inspect_json(name_, "none"); }), Errc::not_found);
  EXPECT_EQ(error_of([&] { Registry::inspect_json(name_, ""); }), Errc::bad_name);
  EXPECT_EQ(error_of([&] { Registry::inspect_json("a/b", "x"); }), Errc::bad_name);
  EXPECT_EQ(error_of([&] { Registry::inspect_json(name_.str() + ".none", "x"); }), Errc::not_found);
  const auto arc = registry_.create<Config>("cfg");
  const auto guard = [&] {
    auto changing = arc.acquire();
    changing->port = 1;
    return changing;
  }();
  JsonOptions soon;
  soon.timeout = std::chrono::milliseconds(5);
  EXPECT_EQ(error_of([&] { Registry::inspect_json(name_, "cfg", {}, soon); }), Errc::timed_out);
}

}  // namespace
}  // namespace ipcarc::test
