// Two layouts beside each other, for the message of a type_mismatch.
//
// The texts come from programs and segments that may be broken: whatever is not as layout_text.hpp
// says is left out or shown as "?", nothing recurses over the input, and lines are bounded.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <ipcarc/detail/layout_text.hpp>

namespace ipcarc::detail {

namespace {

using nlohmann::json;

constexpr std::size_t max_lines = 400;
constexpr std::size_t max_width = 60;

const json* field(const json& object, const char* key) {
  if (!object.is_object()) {
    return nullptr;
  }
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string text_of(const json& object, const char* key) {
  const json* value = field(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string("?");
}

std::uint64_t number_of(const json& object, const char* key, std::uint64_t otherwise) {
  const json* value = field(object, key);
  return value != nullptr && value->is_number_unsigned() ? value->get<std::uint64_t>() : otherwise;
}

std::string shown(const json& object, const char* key) {
  const json* value = field(object, key);
  return value != nullptr && value->is_number_unsigned()
             ? std::to_string(value->get<std::uint64_t>())
             : std::string("?");
}

/// A layout as lines that compare equal where the types are alike: indices do not show.
class Layout {
 public:
  explicit Layout(std::string_view text)
      : document_(json::parse(text.begin(), text.end(), nullptr, false)) {
    const json* types = field(document_, "types");
    if (types == nullptr || !types->is_array() || types->empty()) {
      lines_.emplace_back("(not a layout)");
      return;
    }
    types_ = types;
    if (const json* boost = field(document_, "boost"); boost != nullptr) {
      lines_.push_back("containers of Boost " + shown(document_, "boost"));
    }
    write_types();
  }

  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::string name_at(std::uint64_t index) const {
    return index < types_->size() ? text_of((*types_)[index], "name") : std::string("?");
  }

  /// The root first, then what it is made of in the order of meeting; only what has lines of its
  /// own beyond its name.
  void write_types() {
    std::vector<std::uint64_t> pending = {number_of(document_, "root", 0)};
    std::vector<bool> met(types_->size());
    for (std::size_t next = 0; next < pending.size() && lines_.size() < max_lines; ++next) {
      const std::uint64_t index = pending[next];
      if (index >= types_->size() || met[index]) {
        continue;
      }
      met[index] = true;
      const json& type = (*types_)[index];
      const std::string kind = text_of(type, "kind");
      // A struct has its members as lines; of the rest the root alone, and what only a name tells.
      if (kind == "struct" || kind == "enum" || kind == "opaque" || next == 0) {
        write_type(type, kind);
      }
      add_parts(type, pending);
    }
    if (lines_.size() >= max_lines) {
      lines_.emplace_back("...");
    }
  }

  void write_type(const json& type, const std::string& kind) {
    std::string line = text_of(type, "name") + ": " + kind;
    if (field(type, "size") != nullptr) {
      line += ", " + shown(type, "size") + " bytes, aligned to " + shown(type, "align");
    }
    if (kind == "enum") {
      line += ", " + name_at(number_of(type, "type", types_->size()));
    }
    lines_.push_back(std::move(line));
    const json* members = field(type, "members");
    if (members == nullptr || !members->is_array()) {
      return;
    }
    for (const json& member : *members) {
      if (lines_.size() >= max_lines) {
        return;
      }
      const std::string offset = shown(member, "offset");
      lines_.push_back(std::string(offset.size() < 7 ? 7 - offset.size() : 1, ' ') + offset + "  " +
                       (field(member, "base") != nullptr ? "base " : "") + text_of(member, "name") +
                       ": " + name_at(number_of(member, "type", types_->size())));
    }
  }

  static void add_parts(const json& type, std::vector<std::uint64_t>& pending) {
    const auto add = [&pending](const json& index) {
      if (index.is_number_unsigned() && pending.size() < 10'000) {
        pending.push_back(index.get<std::uint64_t>());
      }
    };
    if (const json* part = field(type, "type"); part != nullptr) {
      add(*part);
    }
    if (const json* members = field(type, "members"); members != nullptr && members->is_array()) {
      for (const json& member : *members) {
        if (const json* part = field(member, "type"); part != nullptr) {
          add(*part);
        }
      }
    }
    if (const json* list = field(type, "arguments"); list != nullptr && list->is_array()) {
      std::for_each(list->begin(), list->end(), add);
    }
  }

  json document_;
  const json* types_ = nullptr;
  std::vector<std::string> lines_;
};

std::string clipped(const std::string& line) {
  std::string result;
  for (const char c : line.size() > max_width ? line.substr(0, max_width - 3) + "..." : line) {
    result += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  return result;
}

}  // namespace

std::string describe_mismatch(std::string_view expected, std::string_view found) {
  const Layout left(expected);
  const Layout right(found);
  constexpr std::string_view left_title = "expected";
  constexpr std::string_view right_title = "found";

  std::size_t width = left_title.size();
  for (const std::string& line : left.lines()) {
    width = std::max(width, clipped(line).size());
  }
  std::string result;
  const auto row = [&](std::string_view mark, const std::string& a, const std::string& b) {
    result += mark;
    result += a;
    if (!b.empty()) {
      result.append(width - a.size(), ' ');
      result += " | " + b;
    }
    result += '\n';
  };
  row("  ", std::string(left_title), std::string(right_title));
  const std::size_t count = std::max(left.lines().size(), right.lines().size());
  bool differs = false;
  for (std::size_t index = 0; index < count; ++index) {
    const std::string a = index < left.lines().size() ? left.lines()[index] : std::string();
    const std::string b = index < right.lines().size() ? right.lines()[index] : std::string();
    row(!differs && a != b ? "> " : "  ", clipped(a), clipped(b));
    differs = differs || a != b;
  }
  if (!differs) {
    result += "  (the layouts read alike; they differ in how the types are mangled)\n";
  }
  return result;
}

}  // namespace ipcarc::detail
