// Links from one object to another.
#include "registry/example.hpp"

namespace ipcarc::test {

struct Person {
  ipcarc::string name;
  Link<Person> friend_of;  // its own kind, incomplete here
  ipcarc::vector<Link<const Config>> configs;
};

struct Position {
  int x = 0;
  Link<std::atomic<int>> counter;
};

struct PositionOfTomorrow {
  int y = 0;
};

namespace {

class LinkTest : public RegistryTest {
 protected:
  Registry registry_ = Registry::open(name_, small());
};

const auto elsewhere = std::make_error_code(std::errc::invalid_argument);

TEST_F(LinkTest, LeadsFromOneObjectToAnother) {
  const auto ada = registry_.create<Person>("ada", Person{"Ada", {}, {}});
  const auto bob = registry_.create<Person>("bob", Person{"Bob", ada, {}});
  const auto config = registry_.publish<Config>("cfg", Config{1, "h", {}});
  ada.acquire()->friend_of = bob;
  bob.acquire()->configs.push_back(config);
  EXPECT_EQ(ada.read()->friend_of.lock(), bob);
  EXPECT_EQ(bob.read()->friend_of.lock().read()->name, "Ada");
  EXPECT_EQ(bob.read()->configs[0].lock()->port, 1);
  EXPECT_TRUE(bob.read()->friend_of == Link<Person>(ada));
  EXPECT_FALSE(bob.read()->friend_of == Link<Person>(bob));
}

TEST_F(LinkTest, ToNothingGivesNothing) {
  Link<Config> link;
  EXPECT_FALSE(link);
  EXPECT_FALSE(link.lock());
  EXPECT_FALSE(Link<Config>(IpcArc<Config>()));
  link = registry_.create<Config>("cfg");
  EXPECT_TRUE(link);
  link.reset();
  EXPECT_EQ(link, Link<Config>());
}

TEST_F(LinkTest, HoldsNothingAndNoticesTheEnd) {
  auto config = registry_.create<Config>("cfg");
  const Link<Config> link = config;
  EXPECT_EQ(config.use_count(), 1U);
  EXPECT_EQ(link.lock(), config);
  config = {};
  EXPECT_FALSE(registry_.contains("cfg"));
  EXPECT_FALSE(link.lock());
  const auto another = registry_.create<Config>("cfg");  // of that name, perhaps in that place
  EXPECT_TRUE(link);
  EXPECT_FALSE(link.lock());
}

TEST_F(LinkTest, LeadsToAnObjectThatWasRemovedWhileItIsHeld) {
  auto config = registry_.create<Config>("cfg");
  const Link<Config> link = config;
  registry_.remove("cfg");
  const auto another = registry_.create<Config>("cfg");
  EXPECT_EQ(link.lock(), config);
  EXPECT_FALSE(link.lock() == another);
  config = {};
  EXPECT_FALSE(link.lock());
}

TEST_F(LinkTest, FindsItsRegistryFromTheStack) {
  const auto counter = registry_.create<std::atomic<int>>("n", 4);
  const auto position = registry_.create<Position>("p", Position{1, counter});
  static_assert(std::is_trivially_copyable_v<Position>);
  const Position copy = position.load();  // no lock, and no address that tells the registry
  EXPECT_EQ(copy.counter.lock()->load(), 4);
  const RegistryName other_name("link_test");
  auto other = Registry::open(other_name, small());
  const auto theirs = other.create<std::atomic<int>>("n", 5);
  EXPECT_EQ(Link<std::atomic<int>>(theirs).lock()->load(), 5);
  EXPECT_EQ(copy.counter.lock()->load(), 4);
}

TEST_F(LinkTest, StaysInItsRegistry) {
  const RegistryName other_name("link_test");
  auto other = Registry::open(other_name, small());
  const auto ada = registry_.create<Person>("ada");
  const auto stranger = other.create<Person>("stranger");
  EXPECT_EQ(error_of([&] { ada.acquire()->friend_of = stranger; }), elsewhere);
  EXPECT_FALSE(ada.read()->friend_of);
  EXPECT_EQ(error_of([&] {
              ada.acquire()->configs.emplace_back(other.publish<Config>("cfg", Config{}));
            }),
            elsewhere);
  EXPECT_TRUE(ada.read()->configs.empty());
  EXPECT_EQ(error_of([&] { registry_.publish<Link<Person>>("link", stranger); }), elsewhere);
  EXPECT_FALSE(registry_.contains("link"));
  // A copy is bytes, so that it can lie anywhere; it is not followed where it does not belong.
  ada.acquire()->friend_of = Link<Person>(stranger);
  EXPECT_EQ(error_of([&] { ada.read()->friend_of.lock(); }), elsewhere);
  EXPECT_EQ(registry_.value_json("ada"), R"({"name":"","friend_of":null,"configs":[]})");
}

TEST_F(LinkTest, NeedsItsRegistryOpen) {
  Link<Config> link;
  {
    const RegistryName other_name("link_test");
    auto other = Registry::open(other_name, small());
    link = other.create<Config>("cfg");
  }
  EXPECT_EQ(error_of([&] { link.lock(); }), elsewhere);
}

TEST_F(LinkTest, ComparesTheTypeWhenItIsFollowed) {
  const auto pair = registry_.create<Pair>("pair");
  const Link<Pair> link = pair;
  static_assert(sizeof(link) == sizeof(Link<Config>));
  // As another program, which has another idea of the type, reads it.
  Link<PositionOfTomorrow> mistaken;
  std::memcpy(static_cast<void*>(&mistaken), static_cast<const void*>(&link), sizeof link);
  EXPECT_EQ(error_of([&] { mistaken.lock(); }), Errc::type_mismatch);
  Link<const Pair> frozen;
  std::memcpy(static_cast<void*>(&frozen), static_cast<const void*>(&link), sizeof link);
  EXPECT_EQ(error_of([&] { frozen.lock(); }), Errc::wrong_mode);
  EXPECT_EQ(pair.use_count(), 1U);
}

TEST_F(LinkTest, BearsAnyWords) {
  for (const std::uint64_t word : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0xFFFFFFFF},
                                   ~std::uint64_t{0}, std::uint64_t{1} << 31}) {
    Link<Pair> link = registry_.create<Pair>("pair");
    auto* const bytes = reinterpret_cast<unsigned char*>(&link);
    std::memcpy(bytes, &word, 4);  // the entry
    EXPECT_FALSE(link.lock());
    link = registry_.create<Pair>("pair");
    std::memcpy(bytes + 8, &word, 8);  // its generation
    if (word != 0) {
      EXPECT_FALSE(link.lock());
    }
  }
  expect_clean(registry_);
}

TEST_F(LinkTest, IsShownByName) {
  auto ada = registry_.create<Person>("ada");
  auto bob = registry_.create<Person>("bob", Person{"Bob", ada, {}});
  EXPECT_EQ(registry_.value_json("bob"), R"({"name":"Bob","friend_of":"ada","configs":[]})");
  EXPECT_EQ(Registry::inspect_json(name_, "bob"), registry_.value_json("bob"));
  ada = {};
  EXPECT_EQ(registry_.value_json("bob"), R"({"name":"Bob","friend_of":null,"configs":[]})");
  EXPECT_EQ(Registry::inspect_json(name_, "bob"), registry_.value_json("bob"));
}

TEST_F(LinkTest, LeadsThroughOtherProcesses) {
  const auto bob = registry_.create<Person>("bob", Person{"Bob", {}, {}});
  const Signal linked;
  const Signal looked;
  Child child([&] {
    auto registry = Registry::open(name_);
    const auto ada = registry.create<Person>("ada", Person{"Ada", {}, {}});
    registry.get<Person>("bob").acquire()->friend_of = ada;
    linked.give();
    looked.await();
    ::pause();
  });
  ASSERT_TRUE(linked.await());
  {
    const auto ada = bob.read()->friend_of.lock();
    EXPECT_EQ(ada.read()->name, "Ada");
    EXPECT_EQ(ada.use_count(), 2U);
  }
  looked.give();
  EXPECT_EQ(child.kill().signal, SIGKILL);  // it was the only holder
  registry_.reap();
  EXPECT_FALSE(registry_.contains("ada"));
  EXPECT_FALSE(bob.read()->friend_of.lock());
  const auto new_ada = registry_.create<Person>("ada", Person{"another", {}, {}});
  EXPECT_FALSE(bob.read()->friend_of.lock());
  expect_clean(registry_);
}

}  // namespace
}  // namespace ipcarc::test
