// Layouts as a segment may claim them.
#include "values/stored_layout.hpp"

#include <random>

#include "values/everything.hpp"

#include "registry/example.hpp"

namespace ipcarc::test {
namespace {

using detail::Shape;
using detail::StoredLayout;

std::error_code refusal(const std::string& text) {
  return error_of([&] { const StoredLayout layout(text, "a layout"); });
}

TEST(StoredLayout, ReadsWhatTheLibraryWrites) {
  const StoredLayout layout(layout_of<Containers>(), "a layout");
  EXPECT_EQ(layout.root().shape, Shape::structure);
  EXPECT_EQ(layout.root().size, sizeof(Containers));
  EXPECT_FALSE(layout.is_plain(layout.root()));
  const StoredLayout scalars(layout_of<Scalars>(), "a layout");
  EXPECT_TRUE(scalars.is_plain(scalars.root()));
}

TEST(StoredLayout, RefusesContainersOfAnotherBoost) {
  std::string text(layout_of<ipcarc::map<int, int>>());
  const std::string version = "\"boost\":" + std::to_string(BOOST_VERSION);
  ASSERT_NE(text.find(version), std::string::npos);
  text.replace(text.find(version), version.size(), "\"boost\":108400");
  EXPECT_EQ(refusal(text), Errc::incompatible_segment);
  // Our own containers do not depend on it.
  std::string own(layout_of<ipcarc::vector<int>>());
  own.replace(own.find(version), version.size(), "\"boost\":108400");
  EXPECT_EQ(refusal(own), std::error_code());
}

TEST(StoredLayout, RefusesWhatCannotBe) {
  const auto type = [](const std::string& rest) {
    return R"({"root":0,"types":[{"kind":)" + rest + "]}";
  };
  EXPECT_EQ(refusal(type(R"("int","name":"int32","size":4,"align":4})")), std::error_code());
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string(R"({"root":0,"types":[]})"),
        std::string(R"({"root":1,"types":[{"kind":"int","size":4,"align":4}]})"),
        type(R"("int","size":0,"align":4})"), type(R"("int","size":4,"align":3})"),
        type(R"("int","size":4})"), type(R"("array","size":4,"align":4,"type":9,"count":1})"),
        type(R"("array","size":4,"align":4,"type":1,"count":2},{"kind":"int","size":4,"align":4})"),
        type(R"("struct","size":4,"align":4,"members":[{"name":"x","offset":1,"type":1}]},)"
             R"({"kind":"int","size":4,"align":4})"),
        type(R"("template","tag":"std::optional","size":8,"align":4,"arguments":[0],)"
             R"("flag":{"offset":4,"size":1}})"),
        type(R"("template","tag":"ipcarc::vector","size":24,"align":8,"arguments":[]})"),
        type(R"("constant","value":4})")}) {
    EXPECT_EQ(refusal(text), Errc::corrupt_segment) << text;
  }
}

TEST(StoredLayout, BearsAnyBytes) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (const std::string_view whole :
       {layout_of<Containers>(), layout_of<Scalars>(), layout_of<Config>()}) {
    for (int i = 0; i < 2000; ++i) {
      std::string text(whole);
      for (unsigned changes = 1 + random() % 4; changes != 0; --changes) {
        text[random() % text.size()] = "0123456789,:[]{}\"x"[random() % 18];
      }
      const std::error_code code = refusal(text);
      EXPECT_TRUE(!code || code == Errc::corrupt_segment || code == Errc::incompatible_segment);
    }
  }
}

}  // namespace
}  // namespace ipcarc::test
