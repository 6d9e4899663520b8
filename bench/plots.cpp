#include "plots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace ipcarc::bench {
namespace {

enum class Shape { lines, bars };

struct Plot {
  const char* name;  // as the topics call it, and the file
  const char* title;
  const char* x;
  const char* y;
  Shape shape;
  const char* settings;  // gnuplot's, if any
};

constexpr Plot plots[] = {
    {"lookup", "An object by name: get and drop", "objects", "ns", Shape::lines,
     "set logscale xy; set format x '10^{%T}'"},
    {"by-name", "A value of 64 B read by name", "objects", "ns", Shape::lines,
     "set logscale xy; set format x '10^{%T}'"},
    {"values", "A value loaded beside a writer", "bytes", "ns", Shape::lines,
     "set logscale x 2; set logscale y"},
    {"scaling", "All processes together, on two cores", "processes", "million operations a second",
     Shape::lines, "set logscale xy; set xtics (1, 2, 8); set xrange [0.9:9]"},
    {"waking", "A change seen by a waiter in another process", "ns from change to sight",
     "% seen by then", Shape::lines, "set logscale x; set yrange [0:100]"},
    {"attach-objects", "Attaching, by the objects in it", "objects", "µs", Shape::lines,
     "set logscale x; set format x '10^{%T}'; set yrange [0:*]"},
    {"attach-size", "Attaching, by the size of the segment", "MiB", "µs", Shape::lines,
     "set logscale x 2; set yrange [0:*]"},
    {"reaping", "Reaping a process that held a tenth of all objects", "objects", "ms", Shape::lines,
     "set logscale xy; set format x '10^{%T}'"},
    {"memory", "Memory of an object beyond its payload and name", "", "bytes", Shape::bars,
     "set yrange [0:*]"},
};

std::vector<std::string> series_of(const std::vector<PlotPoint>& points) {
  std::vector<std::string> names;
  for (const PlotPoint& point : points) {
    if (std::find(names.begin(), names.end(), point.series) == names.end()) {
      names.push_back(point.series);
    }
  }
  return names;
}

/// Within gnuplot's double quotes.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      result += '\\';
    }
    result += letter;
  }
  return result + '"';
}

std::string line_script(const std::vector<PlotPoint>& points) {
  std::string blocks;
  std::string commands;
  std::size_t number = 0;
  for (const std::string& series : series_of(points)) {
    std::vector<PlotPoint> own;
    std::copy_if(points.begin(), points.end(), std::back_inserter(own),
                 [&](const PlotPoint& point) { return point.series == series; });
    std::sort(own.begin(), own.end(),
              [](const PlotPoint& a, const PlotPoint& b) { return a.x < b.x; });
    blocks += fmt::format("$data{} << EOD\n", number);
    for (const PlotPoint& point : own) {
      blocks += fmt::format("{} {}\n", point.x, point.y);
    }
    blocks += "EOD\n";
    const std::string style = own.size() > 20
                                  ? std::string("lines lw 2")
                                  : fmt::format("linespoints lw 2 pt {} ps 0.7", 5 + number % 9);
    commands += fmt::format("{} $data{} using 1:2 with {} title {}", number == 0 ? "plot" : ",",
                            number, style, quoted(series));
    ++number;
  }
  return blocks + commands + "\n";
}

std::string bar_script(const std::vector<PlotPoint>& points) {
  std::string blocks = "$data << EOD\n";
  for (const PlotPoint& point : points) {
    blocks += fmt::format("{} {:.1f}\n", quoted(point.series), point.y);
  }
  return blocks +
         "EOD\nset style fill solid 0.7\nset boxwidth 0.7\nset xtics rotate by -25\n"
         "plot $data using 0:2:xtic(1) with boxes notitle, $data using 0:2:(sprintf('%.0f', $2)) "
         "with labels offset 0,0.6 notitle\n";
}

std::string script_of(const Plot& plot, const std::vector<PlotPoint>& points,
                      const std::string& folder, const std::string& machine) {
  return fmt::format(
      "reset\nset terminal svg size 860,480 font 'sans-serif,13' background 'white'\n"
      "set output {}\nset title {}\nset xlabel {}\nset ylabel {}\n"
      "set label 1 {} at screen 0.995,0.018 right font 'sans-serif,9' tc rgb '#777777'\n"
      "set grid lc rgb '#dddddd'\nset border 3\nset tics nomirror\nset key outside right top Left "
      "reverse\n"
      "set key noenhanced\n{}\n{}set output\n",
      quoted(folder + "/" + plot.name + ".svg"), quoted(plot.title), quoted(plot.x), quoted(plot.y),
      quoted(machine), plot.settings,
      plot.shape == Shape::lines ? line_script(points) : bar_script(points));
}

}  // namespace

std::string draw_plots(const std::vector<PlotPoint>& points, const std::string& folder,
                       const std::string& machine) {
  std::FILE* const gnuplot = ::popen("command -v gnuplot >/dev/null && exec gnuplot", "w");
  if (gnuplot == nullptr) {
    return "gnuplot cannot be started";
  }
  for (const Plot& plot : plots) {
    std::vector<PlotPoint> own;
    std::copy_if(points.begin(), points.end(), std::back_inserter(own),
                 [&](const PlotPoint& point) { return point.plot == plot.name; });
    if (!own.empty()) {
      const std::string script = script_of(plot, own, folder, machine);
      std::fwrite(script.data(), 1, script.size(), gnuplot);
    }
  }
  return ::pclose(gnuplot) == 0 ? std::string() : "gnuplot is not installed, or failed";
}

}  // namespace ipcarc::bench
