// The layers: a file includes what lies in its own layer or below, never above.
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source_tree.hpp"

namespace {

struct Layer {
  std::string_view prefix;
  int rank;
};

// The first prefix that fits decides, so a file stands before its folder.
constexpr std::array layers = {
    // What inline code needs of the upper layers: the holds' inline half, and the calls of templates.
    Layer{"registry/include/ipcarc/detail/core_view.hpp", 3},
    Layer{"registry/include/ipcarc/detail/core_calls.hpp", 6},
    Layer{"registry/include/ipcarc/detail/guard_path.hpp", 6},
    Layer{"registry/include/ipcarc/detail/type_key.hpp", 6},
    // What every part may use: plain values, interfaces, and what is known of types.
    Layer{"registry/include/ipcarc/error.hpp", 0},
    Layer{"registry/include/ipcarc/options.hpp", 0},
    Layer{"registry/include/ipcarc/sync.hpp", 0},
    Layer{"registry/include/ipcarc/types.hpp", 0},
    Layer{"registry/include/ipcarc/detail/", 0},
    Layer{"registry/src/types/", 0},
    Layer{"registry/src/layout/", 1},
    Layer{"registry/src/segment/", 2},
    Layer{"registry/src/participants/", 3},
    Layer{"registry/src/heap/", 4},
    Layer{"registry/src/directory/", 5},
    Layer{"registry/include/ipcarc/ipcarc.hpp", 9},
    Layer{"registry/", 6},
    Layer{"containers/", 7},
    Layer{"serialization/", 8},
    Layer{"values/", 8},
    Layer{"cache/", 8},
    Layer{"tools/", 10},
    Layer{"samples/", 10},
    Layer{"bench/", 10},
};

std::optional<int> rank_of(std::string_view path) {
  for (const Layer& layer : layers) {
    if (path.starts_with(layer.prefix)) {
      return layer.rank;
    }
  }
  return std::nullopt;
}

// What stands between the quotes or brackets of an include line, else empty.
std::string included_by(const std::string& line) {
  const std::size_t hash = line.find_first_not_of(' ');
  if (hash == std::string::npos || line.compare(hash, 8, "#include") != 0) {
    return {};
  }
  const std::size_t open = line.find_first_of("<\"", hash + 8);
  const std::size_t close = line.find_first_of(">\"", open + 1);
  if (open == std::string::npos || close == std::string::npos) {
    return {};
  }
  return line.substr(open + 1, close - open - 1);
}

// The path in the tree that an include means, else empty: a header of the system or of a
// dependency.
std::string resolve(const std::string& from, const std::string& name) {
  const std::string own_folder = from.substr(0, from.rfind('/') + 1);
  for (const std::string& folder :
       {own_folder, std::string("registry/include/"), std::string("containers/include/"),
        std::string("serialization/include/"), std::string("values/include/"),
        std::string("registry/src/"), std::string("containers/src/"),
        std::string("serialization/src/"), std::string("values/src/"),
        std::string("cache/include/"), std::string("cache/src/")}) {
    if (tidy::exists(folder + name)) {
      return folder + name;
    }
  }
  return {};
}

std::vector<std::string> upward_includes(const tidy::File& file) {
  std::vector<std::string> faults;
  const std::optional<int> own = rank_of(file.path);
  if (!own) {
    return faults;
  }
  for (const std::string& line : tidy::lines_of(file.text)) {
    const std::string name = included_by(line);
    const std::string target = name.empty() ? name : resolve(file.path, name);
    if (!target.empty() && rank_of(target).value_or(99) > *own) {
      faults.push_back(file.path + " includes " + target);
    }
  }
  return faults;
}

TEST(Layers, IncludesGoDownwards) {
  for (const tidy::File& file : tidy::files()) {
    for (const std::string& fault : upward_includes(file)) {
      ADD_FAILURE() << fault;
    }
  }
}

TEST(Layers, SamplesSeeOnlyThePublicHeaders) {
  for (const tidy::File& file : tidy::files()) {
    if (!file.path.starts_with("samples/")) {
      continue;
    }
    for (const std::string& line : tidy::lines_of(file.text)) {
      EXPECT_FALSE(included_by(line).starts_with("ipcarc/detail/")) << file.path << ": " << line;
    }
  }
}

TEST(Layers, APlantedUpwardIncludeIsFound) {
  const std::string include = "#include \"ipcarc/error.hpp\"\n";
  EXPECT_TRUE(upward_includes({"registry/src/segment/planted.cpp", include}).empty());
  EXPECT_EQ(upward_includes({"registry/include/ipcarc/detail/arena.hpp",
                             "#include <vector>\n#include <ipcarc/ipcarc.hpp>\n"})
                .size(),
            tidy::exists("registry/include/ipcarc/ipcarc.hpp") ? 1U : 0U);
  EXPECT_EQ(
      upward_includes({"registry/include/ipcarc/error.hpp", "#include \"layout/geometry.hpp\"\n"}),
      std::vector<std::string>{
          "registry/include/ipcarc/error.hpp includes registry/src/layout/geometry.hpp"});
}

}  // namespace
