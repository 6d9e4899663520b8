#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "example_types.hpp"

namespace layout_mismatch_test {

using namespace example;
using ipcarc::detail::describe_mismatch;

std::string changed(std::string_view layout, std::string_view from, std::string_view to) {
  std::string text(layout);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(LayoutMismatch, MarksTheFirstMemberThatDiffers) {
  EXPECT_EQ(describe_mismatch(ipcarc::layout_of<Point>(),
                              changed(changed(ipcarc::layout_of<Point>(), "\"y\"", "\"z\""),
                                      "\"size\":16", "\"size\":24")),
            "  expected                                       | found\n"
            "  example::Point: struct, 16 bytes, aligned to 8 | example::Point: struct, 24 bytes, "
            "aligned to 8\n"
            "        0  x: int32                              |       0  x: int32\n"
            ">       8  y: double                             |       8  z: double\n");
}

TEST(LayoutMismatch, SetsAnAddedMemberBesideNothing) {
  const std::string more = changed(ipcarc::layout_of<Point>(), "{\"name\":\"y\"",
                                   R"({"name":"new","offset":4,"type":1},{"name":"y")");
  const std::string text = describe_mismatch(ipcarc::layout_of<Point>(), more);
  EXPECT_NE(text.find("0  x: int32                              |       0  x: int32\n> "),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  |       4  new: int32\n"), std::string::npos) << text;
  EXPECT_NE(text.find("8  y: double                             |       8  y: double\n"),
            std::string::npos)
      << text;
}

TEST(LayoutMismatch, MarksAShiftIfNothingElseDiffers) {
  const std::string text =
      describe_mismatch(ipcarc::layout_of<Point>(),
                        changed(ipcarc::layout_of<Point>(), "\"offset\":8", "\"offset\":4"));
  EXPECT_NE(text.find(">       8  y"), std::string::npos) << text;
}

TEST(LayoutMismatch, ShowsWhatIsNested) {
  const std::string text =
      describe_mismatch(ipcarc::layout_of<Everything>(),
                        changed(ipcarc::layout_of<Everything>(), "\"port\"", "\"gate\""));
  EXPECT_NE(text.find(">       0  port: int32"), std::string::npos) << text;
  EXPECT_EQ(text.find("\n> "), text.rfind("\n> ")) << text;
}

TEST(LayoutMismatch, SaysSoIfBothReadAlike) {
  EXPECT_NE(describe_mismatch(ipcarc::layout_of<Point>(), ipcarc::layout_of<Point>())
                .find("they read alike"),
            std::string::npos);
}

TEST(LayoutMismatch, SaysSoIfOnlyTheWayOfSharingDiffers) {
  const std::string_view point = ipcarc::layout_of<Point>();
  const std::string text =
      describe_mismatch(point, changed(point, R"("value":"trivial")", R"("value":"arena")"));
  EXPECT_NE(text.find("expected a type that is trivially copyable, found one that is not trivially "
                      "copyable"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("\n> "), std::string::npos) << text;
  EXPECT_NE(describe_mismatch(changed(point, R"("trivial")", R"("sync")"), point)
                .find("expected a type that is a sync type, found one that is trivially copyable"),
            std::string::npos);
  // What else differs says more.
  EXPECT_EQ(describe_mismatch(
                point, changed(changed(point, R"("trivial")", R"("arena")"), "\"y\"", "\"z\""))
                .find("shared in different ways"),
            std::string::npos);
}

TEST(LayoutMismatch, TakesAnyBytes) {
  const std::string_view good = ipcarc::layout_of<Everything>();
  const std::string_view broken[] = {
      "",
      "{",
      "[]",
      "null",
      "{}",
      R"({"types":[]})",
      R"({"types":[[]]})",
      R"({"root":9,"types":[{}]})",
      R"({"root":-1,"types":[{"kind":3,"name":[]}]})",
      R"({"types":[{"kind":"struct","members":[1,{"type":-1},{"offset":"x"}]}]})",
      R"({"types":[{"kind":"array","type":99999999999999999999}]})",
      R"({"types":[{"kind":"array","type":1e300,"arguments":[0,0,7]}]})",
      "\xff\xfe{"};
  for (const std::string_view text : broken) {
    EXPECT_NE(describe_mismatch(good, text).find("found"), std::string::npos) << text;
    EXPECT_NE(describe_mismatch(text, good).find("found"), std::string::npos) << text;
  }
  for (std::size_t size = 0; size < good.size(); size += 53) {
    EXPECT_NE(describe_mismatch(good, good.substr(0, size)).find("(not a layout)"),
              std::string::npos);
  }
  EXPECT_NE(describe_mismatch(std::string(100'000, '['), good).find("(not a layout)"),
            std::string::npos);
}

TEST(LayoutMismatch, BoundsWhatItPrints) {
  std::string wide =
      R"({"types":[{"kind":"struct","name":")" + std::string(5'000, 'n') + R"(\u001b","members":[)";
  for (int i = 0; i < 5'000; ++i) {
    wide += std::string(i == 0 ? "" : ",") + R"({"name":"m","offset":0,"type":0})";
  }
  wide += "]}]}";
  const std::string text = describe_mismatch(wide, wide);
  EXPECT_LT(text.size(), 100'000U);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

}  // namespace layout_mismatch_test
