#include "ipcarc/layout.hpp"

#include <cstdint>

#include <nlohmann/json.hpp>

#include "ipcarc/text.hpp"

namespace ipcarc::tool {
namespace {

using nlohmann::json;

// The text may be anybody's: its types may hold each other without end.
constexpr int deepest = 16;
constexpr std::size_t most_rows = 1000;

class LayoutRows {
 public:
  LayoutRows(bool colour, const json& types)
      : types_(types), table_(colour, {">OFFSET", ">SIZE", "TYPE", "MEMBER"}) {}

  void add(std::uint64_t offset, std::uint64_t index, const std::string& path, int depth) {
    if (index >= types_.size() || !types_[index].is_object() || rows_ == most_rows) {
      return;
    }
    ++rows_;
    const json& type = types_[index];
    const auto size = type.find("size");
    table_.add({std::to_string(offset), size != type.end() ? size->dump() : "-",
                printable(text(type, "name")), printable(path)});
    const auto members = type.find("members");
    if (text(type, "kind") != "struct" || members == type.end() || !members->is_array() ||
        depth == deepest) {
      return;
    }
    for (const json& member : *members) {
      if (member.is_object()) {
        add(offset + number(member, "offset"), number(member, "type"),
            (path.empty() ? "" : path + ".") + text(member, "name"), depth + 1);
      }
    }
  }
  std::string text() const { return table_.text(); }

 private:
  static std::string text(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
  }
  static std::uint64_t number(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
  }

  const json& types_;
  Table table_;
  std::size_t rows_ = 0;
};

}  // namespace

std::string layout_table(bool colour, std::string_view layout) {
  const json parsed = json::parse(layout, nullptr, false);
  const auto types = parsed.is_object() ? parsed.find("types") : parsed.end();
  if (!parsed.is_object() || types == parsed.end() || !types->is_array()) {
    return "  no layout is stored for it\n";
  }
  const auto root = parsed.find("root");
  LayoutRows rows(colour, *types);
  rows.add(0, root != parsed.end() && root->is_number_unsigned() ? root->get<std::uint64_t>() : 0,
           "", 0);
  return rows.text();
}

}  // namespace ipcarc::tool
