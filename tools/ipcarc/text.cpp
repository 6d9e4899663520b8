#include "ipcarc/text.hpp"

#include <pwd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace ipcarc::tool {
namespace {

// The bytes of the UTF-8 character at the start of `text`; 0 if there is none.
std::size_t character_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  const std::size_t bytes = first < 0x80   ? 1
                            : first < 0xC2 ? 0
                            : first < 0xE0 ? 2
                            : first < 0xF0 ? 3
                            : first < 0xF5 ? 4
                                           : 0;
  if (bytes == 0 || bytes > text.size()) {
    return 0;
  }
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return 0;
    }
  }
  const bool too_long = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool no_character = (first == 0xED && byte(1) >= 0xA0) || (first == 0xF4 && byte(1) > 0x8F);
  return too_long || no_character ? 0 : bytes;
}

// C0, DEL, C1, and what turns the direction of writing around.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  return first < 0x20 || first == 0x7F ||
         (first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0) ||
         (character >= "\u202A" && character <= "\u202E") ||
         (character >= "\u2066" && character <= "\u2069");
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = character_bytes(text.substr(at));
    if (bytes != 0 && !is_control(text.substr(at, bytes))) {
      result += text.substr(at, bytes);
      at += bytes;
      continue;
    }
    for (const std::size_t end = at + std::max<std::size_t>(bytes, 1); at < end; ++at) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[at]));
    }
  }
  return result;
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1024) {
    return fmt::format("{} B", bytes);
  }
  constexpr std::array units = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, units[unit]);
}

std::uint64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

std::string age_text(std::uint64_t since_ns) {
  if (since_ns == 0) {
    return "-";
  }
  const std::uint64_t now = now_ns();
  const std::uint64_t seconds = now > since_ns ? (now - since_ns) / 1'000'000'000U : 0;
  if (seconds < 60) {
    return fmt::format("{}s", seconds);
  }
  if (seconds < 3600) {
    return fmt::format("{}m {}s", seconds / 60, seconds % 60);
  }
  if (seconds < 86400) {
    return fmt::format("{}h {}m", seconds / 3600, seconds / 60 % 60);
  }
  return fmt::format("{}d {}h", seconds / 86400, seconds / 3600 % 24);
}

std::string time_text(std::uint64_t ns) {
  const auto seconds = static_cast<time_t>(ns / 1'000'000'000U);
  tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     ns / 1'000'000U % 1000);
}

std::string user_text(unsigned user) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return printable(found->pw_name);
  }
  return std::to_string(user);
}

std::string coloured(bool wanted, Colour colour, std::string_view text) {
  if (!wanted || colour == Colour::none) {
    return std::string(text);
  }
  constexpr std::array codes = {"0", "1", "2", "31", "33", "32"};
  return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<std::size_t>(colour)], text);
}

Table::Table(bool colour, std::vector<std::string> header)
    : colour_(colour), header_(std::move(header)) {
  for (std::string& title : header_) {
    right_.push_back(title.starts_with('>'));
    if (right_.back()) {
      title.erase(0, 1);
    }
    widths_.push_back(width_of(title));
  }
}

void Table::add(std::vector<std::string> cells, Colour colour) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    widths_[i] = std::max(widths_[i], width_of(cells[i]));
  }
  rows_.push_back(std::move(cells));
  colours_.push_back(colour);
}

std::string Table::line(const std::vector<std::string>& cells) const {
  std::string result;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string blanks(widths_[i] - width_of(cells[i]), ' ');
    const bool last = i + 1 == cells.size();
    result += right_[i] ? blanks + cells[i] : cells[i] + (last ? "" : blanks);
    result += last ? "" : "  ";
  }
  return result;
}

std::string Table::text() const {
  std::string result = coloured(colour_, Colour::bold, line(header_)) + "\n";
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    result += coloured(colour_, colours_[row], line(rows_[row])) + "\n";
  }
  return result;
}

}  // namespace ipcarc::tool
