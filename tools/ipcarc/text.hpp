// Text for people: tables, sizes, ages, colours. Names and values come from a segment that anybody may have written, so nothing of
// them reaches a terminal but printable characters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ipcarc::tool {

/// The text, with control characters and bytes that are no UTF-8 as \xNN.
std::string printable(std::string_view text);
/// "12.3 MiB". Sizes below 1024 are exact.
std::string size_text(std::uint64_t bytes);
/// The time since a moment of CLOCK_REALTIME: "3m 5s"; "-" for 0.
std::string age_text(std::uint64_t since_ns);
/// A moment of CLOCK_REALTIME as "2024-01-31T12:34:56.789Z".
std::string time_text(std::uint64_t ns);
std::uint64_t now_ns();
/// A user's name, or its number.
std::string user_text(unsigned user);

enum class Colour { none, bold, dim, red, yellow, green };
/// The text in that colour, if `wanted`.
std::string coloured(bool wanted, Colour colour, std::string_view text);

/// Rows under a header, in columns as wide as they need to be.
class Table {
 public:
  /// A column whose header begins with '>' is aligned to the right.
  Table(bool colour, std::vector<std::string> header);
  /// Cells are printable already; `colour` is that of the row.
  void add(std::vector<std::string> cells, Colour colour = Colour::none);
  std::string text() const;

 private:
  std::string line(const std::vector<std::string>& cells) const;

  bool colour_;
  std::vector<std::string> header_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<Colour> colours_;
  std::vector<std::size_t> widths_;
};

}  // namespace ipcarc::tool
