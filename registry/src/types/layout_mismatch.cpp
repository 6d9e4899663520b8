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

/// `same_as` leaves out what shifts with a neighbour (offset, size), so that rows can be matched.
struct Line {
  std::string text;
  std::string same_as;
};

/// A layout as lines; indices do not show, so that equal types read alike.
class Layout {
 public:
  explicit Layout(std::string_view text)
      : document_(json::parse(text.begin(), text.end(), nullptr, false)) {
    const json* types = field(document_, "types");
    if (types == nullptr || !types->is_array() || types->empty()) {
      lines_.push_back({"(not a layout)", {}});
      return;
    }
    if (number_of(document_, "root", 0) >= types->size()) {
      lines_.push_back({"(not a layout)", {}});
      return;
    }
    types_ = types;
    if (const json* boost = field(document_, "boost"); boost != nullptr) {
      const std::string line = "containers of Boost " + shown(document_, "boost");
      lines_.push_back({line, line});
    }
    write_types();
  }

  bool valid() const { return types_ != nullptr; }
  /// How the root is shared, in words.
  std::string value() const {
    const std::string kind = text_of(document_, "value");
    return kind == "trivial" ? "trivially copyable"
           : kind == "arena" ? "not trivially copyable"
           : kind == "sync"  ? "a sync type"
                             : std::string("shared in no known way");
  }
  const std::vector<Line>& lines() const { return lines_; }

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
      lines_.push_back({"...", "..."});
    }
  }

  void write_type(const json& type, const std::string& kind) {
    Line line{text_of(type, "name") + ": " + kind, {}};
    line.same_as = line.text;
    if (kind == "enum") {
      line.text += " of " + name_at(number_of(type, "type", types_->size()));
      line.same_as = line.text;
    }
    if (field(type, "size") != nullptr) {
      line.text += ", " + shown(type, "size") + " bytes, aligned to " + shown(type, "align");
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
      const std::string named = (field(member, "base") != nullptr ? "base " : "") +
                                text_of(member, "name") + ": " +
                                name_at(number_of(member, "type", types_->size()));
      lines_.push_back(
          {std::string(offset.size() < 7 ? 7 - offset.size() : 1, ' ') + offset + "  " + named,
           "  " + named});
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
  std::vector<Line> lines_;
};

std::string clipped(const std::string& line) {
  std::string result;
  for (const char c : line.size() > max_width ? line.substr(0, max_width - 3) + "..." : line) {
    result += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  return result;
}

constexpr std::size_t none = static_cast<std::size_t>(-1);

/// Rows of line numbers, `none` where a side has nothing to match: the longest common subsequence.
std::vector<std::pair<std::size_t, std::size_t>> matched(const std::vector<Line>& left,
                                                         const std::vector<Line>& right) {
  const std::size_t stride = right.size() + 1;
  std::vector<std::uint16_t> common((left.size() + 1) * stride);
  for (std::size_t a = left.size(); a-- > 0;) {
    for (std::size_t b = right.size(); b-- > 0;) {
      common[a * stride + b] =
          left[a].same_as == right[b].same_as
              ? static_cast<std::uint16_t>(common[(a + 1) * stride + b + 1] + 1)
              : std::max(common[(a + 1) * stride + b], common[a * stride + b + 1]);
    }
  }
  std::vector<std::pair<std::size_t, std::size_t>> rows;
  std::size_t a = 0;
  std::size_t b = 0;
  while (a < left.size() || b < right.size()) {
    const bool both = a < left.size() && b < right.size();
    if (both && left[a].same_as == right[b].same_as) {
      rows.emplace_back(a++, b++);
    } else if (both && common[(a + 1) * stride + b] == common[a * stride + b + 1] &&
               common[(a + 1) * stride + b + 1] == common[a * stride + b]) {
      rows.emplace_back(a++, b++);  // one line for another
    } else if (b == right.size() ||
               (a < left.size() && common[(a + 1) * stride + b] >= common[a * stride + b + 1])) {
      rows.emplace_back(a++, none);
    } else {
      rows.emplace_back(none, b++);
    }
  }
  return rows;
}

/// The first row whose sides differ by more than what a neighbour shifted, else by anything.
std::size_t first_difference(const std::vector<std::pair<std::size_t, std::size_t>>& rows,
                             const std::vector<Line>& left, const std::vector<Line>& right) {
  std::size_t first = none;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto [a, b] = rows[row];
    if (a == none || b == none || left[a].same_as != right[b].same_as) {
      return row;
    }
    if (first == none && left[a].text != right[b].text) {
      first = row;
    }
  }
  return first;
}

}  // namespace

std::string describe_mismatch(std::string_view expected, std::string_view found) {
  const Layout left(expected);
  const Layout right(found);
  const auto rows = matched(left.lines(), right.lines());
  const std::size_t marked = first_difference(rows, left.lines(), right.lines());

  std::size_t width = 8;
  for (const Line& line : left.lines()) {
    width = std::max(width, clipped(line.text).size());
  }
  std::string result;
  const auto add_row = [&](bool mark, const std::string& a, const std::string& b) {
    result += mark ? "> " : "  ";
    result += a;
    if (!b.empty()) {
      result.append(width - a.size(), ' ');
      result += " | " + b;
    }
    result += '\n';
  };
  add_row(false, "expected", "found");
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto [a, b] = rows[row];
    add_row(row == marked, a == none ? "" : clipped(left.lines()[a].text),
            b == none ? "" : clipped(right.lines()[b].text));
  }
  if (marked == none && left.valid() && right.valid()) {
    if (left.value() == right.value()) {
      result += "  (they read alike; they differ in a type's full name, or in what was left out)\n";
    } else {
      result += "  (laid out alike, but shared in different ways: expected a type that is " +
                left.value() + ", found one that is " + right.value() + ")\n";
    }
  }
  return result;
}

}  // namespace ipcarc::detail
