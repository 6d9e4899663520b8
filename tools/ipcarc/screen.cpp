#include "ipcarc/screen.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <map>
#include <stdexcept>

#include <fmt/format.h>

#define NCURSES_NOMACROS
#include <ncurses.h>

#include "ipcarc/text.hpp"

namespace ipcarc::tool {
namespace {

using Kind = ScreenLine::Kind;

std::string percent(double part) {
  return fmt::format("{:.0f} %", part * 100);
}

void add_registries(const Rates& rates, std::vector<ScreenLine>& lines) {
  lines.push_back(
      {Kind::header, fmt::format("{:<16} {:<10} {:>7} {:>9} {:>4} {:>10} {:>9} {:>9} {:>7} {:>7}",
                                 "REGISTRY", "STATE", "OBJECTS", "PROCESSES", "DEAD", "USED",
                                 "CHANGES/S", "NAMES/S", "LOCKED", "WAITED")});
  for (const RegistryRate& rate : rates.registries) {
    const RegistrySeen& seen = rate.registry;
    const bool warn = seen.error.has_value() || seen.dead() != 0 || rate.sums.poisoned != 0;
    lines.push_back(
        {warn ? Kind::warning : Kind::plain,
         fmt::format("{:<16} {:<10} {:>7} {:>9} {:>4} {:>10} {:>9.1f} {:>9.1f} {:>7} {:>7}",
                     printable(seen.file.name), seen.state(), seen.stats.objects, seen.alive(),
                     seen.dead(), size_text(seen.stats.heap_bytes_used), rate.changes_per_s,
                     rate.name_changes_per_s, percent(rate.locked), percent(rate.waited))});
  }
}

void add_types(const Rates& rates, std::vector<ScreenLine>& lines) {
  std::map<std::string, TypeSums> types;
  for (const RegistryRate& rate : rates.registries) {
    for (const auto& [name, sums] : rate.sums.types) {
      types[name].objects += sums.objects;
      types[name].memory_bytes += sums.memory_bytes;
    }
  }
  std::vector<std::pair<std::string, TypeSums>> sorted(types.begin(), types.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second.memory_bytes > b.second.memory_bytes;
  });
  constexpr std::size_t shown = 5;
  lines.push_back({Kind::header, fmt::format("{:>11} {:>8} {}", "MEMORY", "OBJECTS", "TYPE")});
  for (std::size_t i = 0; i < std::min(shown, sorted.size()); ++i) {
    lines.push_back(
        {Kind::plain, fmt::format("{:>11} {:>8} {}", size_text(sorted[i].second.memory_bytes),
                                  sorted[i].second.objects, printable(sorted[i].first))});
  }
}

void add_processes(const Rates& rates, std::vector<ScreenLine>& lines) {
  lines.push_back(
      {Kind::header, fmt::format("{:>9} {:>7} {:>9} {}", "PID", "HOLDS", "SINCE", "REGISTRY")});
  std::size_t left = 5;
  for (const RegistryRate& rate : rates.registries) {
    for (const ParticipantInfo& one : rate.registry.participants) {
      if (left-- == 0) {
        return;
      }
      lines.push_back(
          {one.alive ? Kind::plain : Kind::warning,
           fmt::format("{:>9} {:>7} {:>9} {}{}", one.pid, one.holds, age_text(one.attached_ns),
                       printable(rate.registry.file.name), one.alive ? "" : ", dead")});
    }
  }
}

void add_objects(const Rates& rates, Order order, std::vector<ScreenLine>& lines) {
  std::vector<const ObjectRate*> objects;
  for (const ObjectRate& object : rates.objects) {
    objects.push_back(&object);
  }
  std::stable_sort(objects.begin(), objects.end(),
                   [order](const ObjectRate* a, const ObjectRate* b) {
                     const bool more_memory = a->object.memory_bytes > b->object.memory_bytes;
                     return order == Order::memory || a->changes_per_s == b->changes_per_s
                                ? more_memory
                                : a->changes_per_s > b->changes_per_s;
                   });
  lines.push_back({Kind::header, fmt::format("{:>9} {:>7} {:>7} {:>10} {:>7} {:<24} {:<16} {}",
                                             "CHANGES/S", "LOCKED", "WAITED", "MEMORY", "HOLDERS",
                                             "OBJECT", "REGISTRY", "STATE")});
  for (const ObjectRate* one : objects) {
    lines.push_back({one->object.poisoned ? Kind::warning : Kind::plain,
                     fmt::format("{:>9.1f} {:>7} {:>7} {:>10} {:>7} {:<24} {:<16} {}",
                                 one->changes_per_s, percent(one->locked), percent(one->waited),
                                 size_text(one->object.memory_bytes), one->object.holders,
                                 printable(one->object.name), printable(one->registry),
                                 state_text(one->object))});
  }
}

}  // namespace

std::vector<ScreenLine> screen_lines(const Rates& rates, Order order, const std::string& title) {
  std::vector<ScreenLine> lines;
  if (!title.empty()) {
    lines.push_back({Kind::title, title});
  }
  add_registries(rates, lines);
  add_types(rates, lines);
  add_processes(rates, lines);
  add_objects(rates, order, lines);
  return lines;
}

Screen::Screen() {
  std::setlocale(LC_ALL, "");
  if (::newterm(nullptr, stdout, stdin) == nullptr) {
    throw std::runtime_error("the terminal cannot show a full screen (TERM)");
  }
  ::cbreak();
  ::noecho();
  ::keypad(stdscr, true);
  ::curs_set(0);
  if (::has_colors()) {
    ::start_color();
    ::use_default_colors();
    ::init_pair(1, COLOR_RED, -1);
  }
}

Screen::~Screen() {
  ::endwin();
}

void Screen::paint(const std::vector<ScreenLine>& lines) {
  ::werase(stdscr);
  int row = 0;
  const int rows = getmaxy(stdscr);
  const int columns = getmaxx(stdscr);
  for (const ScreenLine& line : lines) {
    if (row >= rows) {
      break;
    }
    attr_t attributes = A_NORMAL;
    switch (line.kind) {
      case Kind::title:
        attributes = A_BOLD;
        break;
      case Kind::header:
        attributes = A_REVERSE;
        break;
      case Kind::warning:
        attributes =
            ::has_colors() ? static_cast<attr_t>(COLOR_PAIR(1)) : static_cast<attr_t>(A_BOLD);
        break;
      case Kind::plain:
        break;
    }
    ::wattrset(stdscr, static_cast<int>(attributes));
    // Cut by bytes of the text at most as wide as the screen: no character is narrower than a byte's place.
    ::mvwaddnstr(stdscr, row++, 0, line.text.c_str(), columns);
  }
  ::wattrset(stdscr, static_cast<int>(A_NORMAL));
  ::wrefresh(stdscr);
}

int Screen::key(std::chrono::milliseconds timeout) {
  ::wtimeout(stdscr, static_cast<int>(timeout.count()));
  errno = 0;
  const int key = ::wgetch(stdscr);
  if (key != ERR) {
    return key == KEY_RESIZE ? resized : key;
  }
  // A terminal that was hung up is always ready, and has nothing.
  pollfd terminal{STDIN_FILENO, POLLIN, 0};
  const bool hung_up = ::poll(&terminal, 1, 0) > 0 && (terminal.revents & (POLLHUP | POLLERR)) != 0;
  return hung_up ? closed : none;
}

}  // namespace ipcarc::tool
