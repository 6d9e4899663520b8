#include <gtest/gtest.h>

#include <any>
#include <condition_variable>
#include <filesystem>
#include <forward_list>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <queue>
#include <set>
#include <shared_mutex>
#include <span>
#include <stack>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "example_types.hpp"

namespace relocatable_test {

using namespace example;
using ipcarc::relocatable;

template <class T>
std::string refusal() {
  constexpr auto sentence = ipcarc::detail::refusal_sentence<T>();
  return std::string(sentence.view());
}

struct BadPeer {
  int port;
  std::string name;
};
struct BadConfig {
  int port;
  ipcarc::vector<BadPeer> peers;
};
struct BadMap {
  ipcarc::map<ipcarc::string, std::pair<int, const char*>> addresses;
};
struct BadVariant {
  std::variant<int, std::optional<std::string_view>> values[3];
};
struct BadTuple {
  std::tuple<int, std::unique_ptr<int>> both;
};
struct BadTree {
  std::string name;
  ipcarc::vector<BadTree> children;
};
struct Closing {
  int descriptor;
  ~Closing() { descriptor = -1; }
};
struct HoldsClosing {
  ipcarc::vector<Closing> files;
};
struct Virtual {
  virtual ~Virtual() = default;
  int value = 0;
};
union Either {
  int number;
  float ratio;
};
struct Large {
  char bytes[100];
};
struct Incomplete;

TEST(Relocatable, IsWhatHoldsNoAddress) {
  EXPECT_TRUE(relocatable<int>);
  EXPECT_TRUE(relocatable<const long double>);
  EXPECT_TRUE(relocatable<Color>);
  EXPECT_TRUE((relocatable<int[2][3]>));
  EXPECT_TRUE(relocatable<Point>);
  EXPECT_TRUE(relocatable<Empty>);
  EXPECT_TRUE(relocatable<Aligned>);
  EXPECT_TRUE(relocatable<Everything>);
  EXPECT_TRUE(relocatable<ipcarc::string>);
  EXPECT_TRUE(relocatable<std::atomic<int>>);
}

TEST(Relocatable, IsATypeThatContainsItselfThroughAContainer) {
  EXPECT_TRUE(relocatable<Tree>);
  EXPECT_FALSE(relocatable<BadTree>);
}

TEST(Relocatable, IsWhatIsDescribedOrVouchedFor) {
  EXPECT_TRUE(relocatable<DescribedDerived>);
  EXPECT_TRUE(relocatable<DescribedClass>);
  EXPECT_TRUE(relocatable<Vouched>);
  EXPECT_FALSE(relocatable<Hidden>);
}

TEST(Relocatable, IsNothingOfOneProcess) {
  EXPECT_FALSE(relocatable<int*>);
  EXPECT_FALSE(relocatable<int&>);
  EXPECT_FALSE(relocatable<int Point::*>);
  EXPECT_FALSE(relocatable<void (*)()>);
  EXPECT_FALSE(relocatable<std::nullptr_t>);
  EXPECT_FALSE(relocatable<std::string>);
  EXPECT_FALSE(relocatable<std::string_view>);
  EXPECT_FALSE(relocatable<std::span<int>>);
  EXPECT_FALSE(relocatable<std::vector<int>>);
  EXPECT_FALSE((relocatable<std::map<int, int>>));
  EXPECT_FALSE(relocatable<std::function<void()>>);
  EXPECT_FALSE(relocatable<std::mutex>);
  EXPECT_FALSE((relocatable<boost::unordered_flat_map<int, int>>));
  EXPECT_FALSE(relocatable<Virtual>);
  EXPECT_FALSE(relocatable<Closing>);
  EXPECT_FALSE(relocatable<HoldsClosing>);
  EXPECT_FALSE(relocatable<Either>);
  EXPECT_FALSE(relocatable<std::atomic<Large>>);
  EXPECT_FALSE(relocatable<std::atomic<int*>>);
  EXPECT_FALSE(relocatable<Bits>);
  EXPECT_FALSE(relocatable<Derived>);
  EXPECT_FALSE(relocatable<References>);
  EXPECT_FALSE(relocatable<Incomplete>);
  EXPECT_FALSE(relocatable<void>);
  EXPECT_FALSE(relocatable<int[]>);
}

TEST(Refusal, SaysNothingOfASoundType) {
  EXPECT_EQ(refusal<Everything>(), "");
}

TEST(Refusal, NamesTheMemberAndTheWayToIt) {
  EXPECT_EQ(refusal<BadConfig>(),
            "relocatable_test::BadConfig::peers[].name: std::string is not relocatable; use "
            "ipcarc::string");
  EXPECT_TRUE(
      refusal<BadMap>().starts_with("relocatable_test::BadMap::addresses[].second: const char"))
      << refusal<BadMap>();
  EXPECT_TRUE(refusal<BadVariant>().starts_with(
      "relocatable_test::BadVariant::values[].get<1>().value(): std::string_view is not"))
      << refusal<BadVariant>();
  EXPECT_TRUE(refusal<BadTuple>().starts_with(
      "relocatable_test::BadTuple::both.get<1>(): std::unique_ptr is not"))
      << refusal<BadTuple>();
  EXPECT_TRUE(refusal<BadTree>().starts_with("relocatable_test::BadTree::name: std::string is"));
  EXPECT_TRUE(refusal<References>().starts_with("example::References::member 2: int"))
      << refusal<References>();
}

TEST(Refusal, SaysWhatIsWrong) {
  const auto ends = [](const std::string& sentence, std::string_view with) {
    return sentence.ends_with(with) ? std::string() : sentence;
  };
  EXPECT_EQ(ends(refusal<HoldsClosing>(), ": it has a destructor, which would never run"), "");
  EXPECT_EQ(ends(refusal<Derived>(), "or make the base a member"), "");
  EXPECT_EQ(ends(refusal<Bits>(), ": it has bit-fields; use plain members"), "");
  EXPECT_EQ(ends(refusal<Either>(), "use std::variant"), "");
  EXPECT_EQ(ends(refusal<Incomplete>(), ": it is incomplete here"), "");
  EXPECT_EQ(ends(refusal<std::atomic<Large>>(), ": it is not lock-free"), "");
  EXPECT_EQ(ends(refusal<std::vector<int>>(), "; use ipcarc::vector"), "");
  EXPECT_EQ(ends(refusal<boost::unordered_flat_map<int, int>>(), "use ipcarc::unordered_map"), "");
}

TEST(Refusal, SaysOfEachTypeOfStdWhatToUseInstead) {
  const std::pair<std::string, const char*> expected[] = {
      {refusal<std::multimap<int, int>>(),
       "std::multimap is not relocatable; use an ipcarc::map of ipcarc::vector"},
      {refusal<std::multiset<int>>(),
       "std::multiset is not relocatable; use an ipcarc::map of counts"},
      {refusal<std::unordered_multimap<int, int>>(),
       "std::unordered_multimap is not relocatable; use an ipcarc::unordered_map of "
       "ipcarc::vector"},
      {refusal<std::unordered_multiset<int>>(),
       "std::unordered_multiset is not relocatable; use an ipcarc::unordered_map of counts"},
      {refusal<std::forward_list<int>>(), "std::forward_list is not relocatable; use ipcarc::list"},
      {refusal<std::stack<int>>(), "std::stack is not relocatable; use ipcarc::vector"},
      {refusal<std::queue<int>>(), "std::queue is not relocatable; use ipcarc::deque"},
      {refusal<std::priority_queue<int>>(),
       "std::priority_queue is not relocatable; use ipcarc::vector with std::push_heap"},
      {refusal<std::filesystem::path>(),
       "std::filesystem::path is not relocatable; use ipcarc::string"},
      {refusal<std::any>(),
       "std::any is not relocatable: there is no code in a segment; use std::variant"},
      {refusal<std::condition_variable>(),
       "std::condition_variable is not relocatable: it is of one process; use wait_changed(), or "
       "a sync type"},
      {refusal<std::shared_mutex>(),
       "std::shared_mutex is not relocatable: it is of one process; the object's guard locks"},
      {refusal<std::recursive_mutex>(),
       "std::recursive_mutex is not relocatable: it is of one process; the object's guard locks"},
  };
  for (const auto& [said, text] : expected) {
    EXPECT_EQ(said, text);
  }
}

TEST(Sync, IsALockFreeAtomicOrWhatTheUserSays) {
  EXPECT_TRUE(ipcarc::is_sync<std::atomic<int>>);
  EXPECT_TRUE(ipcarc::is_sync<const std::atomic<int>>);
  EXPECT_FALSE(ipcarc::is_sync<std::atomic<Large>>);
  EXPECT_FALSE(ipcarc::is_sync<int>);
}

TEST(Arena, IsForWhatIsNotTriviallyCopyable) {
  EXPECT_FALSE(ipcarc::detail::needs_arena<Point>);
  EXPECT_FALSE(ipcarc::detail::needs_arena<std::atomic<int>>);
  EXPECT_TRUE(ipcarc::detail::needs_arena<Peer>);
}

}  // namespace relocatable_test
