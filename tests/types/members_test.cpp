#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "example_types.hpp"

// Everything here is named as a program's own types are.
namespace members_test {

using namespace example;
using ipcarc::detail::for_each_member;
using ipcarc::detail::has_base;
using ipcarc::detail::member_count;
using ipcarc::detail::Members;
using ipcarc::detail::type_list;

template <class T>
std::vector<std::string> names() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return std::vector<std::string>{std::string(Members<T>::template name<I>())...};
  }
  (std::make_index_sequence<Members<T>::count>{});
}

template <class T>
std::vector<std::size_t> offsets() {
  std::vector<std::size_t> result(Members<T>::count);
  Members<T>::offsets(result.data());
  return result;
}

struct OneArray {
  char text[300];
};

struct NestedArrays {
  OneArray one;
  OneArray more[3];
};

struct Uncopyable {
  std::unique_ptr<int> pointer;
  std::vector<std::unique_ptr<int>> pointers;
  std::map<int, std::atomic<int>> atomics;
  const int fixed;
};

// It would move these lines a little further at every run.
// clang-format off
#define EIGHT(p) int p##0, p##1, p##2, p##3, p##4, p##5, p##6, p##7;
struct Largest {
  EIGHT(a)
  EIGHT(b)
  EIGHT(c)
  EIGHT(d) EIGHT(e) EIGHT(f) EIGHT(g) EIGHT(h) EIGHT(i) EIGHT(j) EIGHT(k) EIGHT(l) EIGHT(m) EIGHT(n)
      EIGHT(o) EIGHT(p)
};
struct TooLarge {
  EIGHT(a)
  EIGHT(b)
  EIGHT(c)
  EIGHT(d) EIGHT(e) EIGHT(f) EIGHT(g) EIGHT(h) EIGHT(i) EIGHT(j) EIGHT(k) EIGHT(l) EIGHT(m) EIGHT(n)
      EIGHT(o) EIGHT(p) int one_more;
};
#undef EIGHT
// clang-format on

TEST(Members, AnArrayOrANestedAggregateCountsOnce) {
  EXPECT_EQ(member_count<Empty>, 0U);
  EXPECT_EQ(member_count<Point>, 2U);
  EXPECT_EQ(member_count<Arrays>, 5U);
  EXPECT_EQ(member_count<OneArray>, 1U);
  EXPECT_EQ(member_count<NestedArrays>, 2U);
  EXPECT_EQ(member_count<Everything>, 24U);
  EXPECT_EQ(member_count<Uncopyable>, 4U);
}

TEST(Members, ThoseThatBracesDoNotInitialiseAreCountedToo) {
  EXPECT_EQ(member_count<Reluctant>, 5U);
  EXPECT_EQ(member_count<Initialised>, 3U);
  EXPECT_EQ(member_count<References>, 3U);
}

TEST(Members, AreCountedUpTo128) {
  EXPECT_EQ(member_count<Largest>, 128U);
  EXPECT_EQ(names<Largest>().back(), "p7");
  EXPECT_EQ(offsets<Largest>().back(), 127 * sizeof(int));
  EXPECT_EQ(member_count<TooLarge>, ipcarc::detail::too_many_members);
}

TEST(Members, BasesAreTold) {
  EXPECT_TRUE(has_base<Derived>());
  EXPECT_TRUE(has_base<DerivedFromEmpty>());
  EXPECT_FALSE(has_base<Arrays>());
  EXPECT_FALSE(has_base<NestedArrays>());
  EXPECT_FALSE(has_base<Reluctant>());
  EXPECT_FALSE(has_base<References>());
}

TEST(Members, HaveTheirTypes) {
  EXPECT_TRUE(
      (std::is_same_v<Members<Arrays>::types, type_list<char[8], Point[2][3], std::array<Point, 2>,
                                                        std::array<std::string, 2>, int>>));
  EXPECT_TRUE((std::is_same_v<Members<References>::types, type_list<int, int&, const int&>>));
}

TEST(Members, HaveTheirNames) {
  EXPECT_EQ(names<Arrays>(),
            (std::vector<std::string>{"name", "corners", "ends", "words", "last"}));
  EXPECT_EQ(names<Reluctant>(),
            (std::vector<std::string>{"first", "second", "text", "third", "last"}));
  EXPECT_EQ(names<References>(), (std::vector<std::string>{"", "", ""}));
}

TEST(Members, HaveTheirOffsets) {
  EXPECT_EQ(offsets<Point>(), (std::vector<std::size_t>{offsetof(Point, x), offsetof(Point, y)}));
  EXPECT_EQ(offsets<Aligned>(), (std::vector<std::size_t>{0, 64, 68}));
  EXPECT_EQ(offsets<Arrays>(),
            (std::vector<std::size_t>{offsetof(Arrays, name), offsetof(Arrays, corners),
                                      offsetof(Arrays, ends), offsetof(Arrays, words),
                                      offsetof(Arrays, last)}));
}

TEST(Members, OfADescribedClassAreWhatItsDescriptionSays) {
  EXPECT_EQ(names<DescribedClass>(), (std::vector<std::string>{"number_", "text_"}));
  EXPECT_EQ(offsets<DescribedClass>(), (std::vector<std::size_t>{0, 8}));
  EXPECT_EQ(names<DescribedDerived>(), (std::vector<std::string>{"DescribedBase", "b"}));
  EXPECT_EQ(offsets<DescribedDerived>(), (std::vector<std::size_t>{0, 4}));
  EXPECT_EQ(Members<DescribedDerived>::bases, 1U);
}

TEST(Members, AreVisitedInOrder) {
  Point point{3, 4.5};
  std::string seen;
  for_each_member(point, [&seen](std::string_view name, auto& member) {
    seen += std::string(name) + "=" + std::to_string(member) + " ";
    member += 1;
  });
  EXPECT_EQ(seen, "x=3 y=4.500000 ");
  EXPECT_EQ(point.x, 4);

  const DescribedDerived described{{1}, 2};
  seen.clear();
  for_each_member(described, [&seen](std::string_view name, const auto& member) {
    seen += std::string(name) + ":" + std::to_string(sizeof(member)) + " ";
  });
  EXPECT_EQ(seen, "DescribedBase:4 b:2 ");
}

}  // namespace members_test
