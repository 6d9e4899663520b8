// The lines of `ipcarc top`, and a screen of the terminal to paint them on.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "ipcarc/rates.hpp"

namespace ipcarc::tool {

enum class Order { changes, memory };

struct ScreenLine {
  enum class Kind { title, header, plain, warning };
  Kind kind;
  std::string text;  // printable
};

/// All lines, the title first unless it is empty.
std::vector<ScreenLine> screen_lines(const Rates& rates, Order order, const std::string& title);

/// The terminal in full-screen mode while it lives. One at a time, by one thread.
class Screen {
 public:
  /// Throws std::runtime_error if the terminal cannot be used so.
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  /// The lines that fit.
  void paint(const std::vector<ScreenLine>& lines);
  static constexpr int none = -1;
  static constexpr int resized = -2;  // the terminal has another size
  static constexpr int closed = -3;   // the terminal is gone
  /// A key, or one of those.
  int key(std::chrono::milliseconds timeout);
};

}  // namespace ipcarc::tool
