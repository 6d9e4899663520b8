#include "row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace ipcarc::bench {
namespace {

constexpr const char* mine_by_peer = "figure / peer_figure";
constexpr const char* peer_by_mine = "peer_figure / figure";
constexpr const char* of_ratio = "the ratio's";
constexpr const char* of_figure = "the figure's";

double quantile(const Samples& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// With its unit, but for nanoseconds, which the table is about; long times in larger units.
std::string amount(double value, const std::string& unit) {
  const char* shown = unit == "ns" ? "" : unit.c_str();
  if (unit == "ns" && value >= 1e7) {
    value /= 1e6;
    shown = "ms";
  } else if (unit == "ns" && value >= 1e4) {
    value /= 1e3;
    shown = "µs";
  }
  const int digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return fmt::format("{:.{}f}{}{}", value, digits, *shown != 0 ? " " : "", shown);
}

std::string with_spread(const Figure& figure, const std::string& unit) {
  const double spread =
      figure.median > 0 ? 100 * (figure.high - figure.low) / 2 / figure.median : 0;
  return fmt::format("{} ±{:.0f}%", amount(figure.median, unit), spread);
}

nlohmann::json to_json(const Figure& figure) {
  return {{"median", figure.median}, {"low", figure.low}, {"high", figure.high}};
}

Figure figure_from_json(const nlohmann::json& json) {
  return {json.at("median"), json.at("low"), json.at("high")};
}

}  // namespace

Figure figure_of(Samples samples) {
  if (samples.empty()) {
    throw std::logic_error("a figure of no samples");
  }
  std::sort(samples.begin(), samples.end());
  return {quantile(samples, 0.5), quantile(samples, 0.25), quantile(samples, 0.75)};
}

bool Row::met() const {
  switch (goal.kind) {
    case Goal::Kind::faster:
      return ratio.median >= goal.limit;
    case Goal::Kind::below:
      return mine.median <= goal.limit;
    case Goal::Kind::at_most:
      break;
  }
  return ratio.median <= goal.limit;
}

Row compare(std::string operation, const Samples& mine, std::string peer, const Samples& other,
            Goal goal) {
  Row row;
  row.operation = std::move(operation);
  row.peer = std::move(peer);
  row.mine = figure_of(mine);
  row.goal = goal;
  if (!other.empty()) {
    row.other = figure_of(other);
    Samples ratios;
    for (std::size_t round = 0; round < std::min(mine.size(), other.size()); ++round) {
      ratios.push_back(goal.kind == Goal::Kind::faster ? other[round] / mine[round]
                                                       : mine[round] / other[round]);
    }
    row.ratio = figure_of(std::move(ratios));
  }
  return row;
}

nlohmann::json to_json(const Row& row) {
  nlohmann::json json = {{"topic", row.topic},
                         {"operation", row.operation},
                         {"unit", row.unit},
                         {"figure", to_json(row.mine)},
                         {"peer", row.peer}};
  if (!row.peer.empty()) {
    json["peer_figure"] = to_json(row.other);
    json["ratio"] = to_json(row.ratio);
    json["ratio_is"] = row.goal.kind == Goal::Kind::faster ? peer_by_mine : mine_by_peer;
  }
  if (row.goal.limit > 0) {
    json["goal_is"] = row.goal.kind == Goal::Kind::below ? of_figure : of_ratio;
    json["goal"] = row.goal.limit;
    json["met"] = row.met();
  }
  return json;
}

Row row_from_json(const nlohmann::json& json) {
  Row row;
  row.topic = json.at("topic");
  row.operation = json.at("operation");
  row.unit = json.at("unit");
  row.mine = figure_from_json(json.at("figure"));
  row.peer = json.at("peer");
  if (!row.peer.empty()) {
    row.other = figure_from_json(json.at("peer_figure"));
    row.ratio = figure_from_json(json.at("ratio"));
    row.goal.kind = json.at("ratio_is") == peer_by_mine ? Goal::Kind::faster : Goal::Kind::at_most;
  }
  row.goal.limit = json.value("goal", 0.0);
  if (json.value("goal_is", "") == of_figure) {
    row.goal.kind = Goal::Kind::below;
  }
  return row;
}

nlohmann::json to_json(const PlotPoint& point) {
  return {{"topic", point.topic},
          {"plot", point.plot},
          {"series", point.series},
          {"x", point.x},
          {"y", point.y}};
}

PlotPoint point_from_json(const nlohmann::json& json) {
  return {json.at("topic"), json.at("plot"), json.at("series"), json.at("x"), json.at("y")};
}

std::string table_of(const std::vector<Row>& rows) {
  constexpr const char* line = "{:<62} {:>14}   {:<32} {:>14} {:>8} {:>9}  {}\n";
  std::string text =
      fmt::format(line, "operation", "ns", "peer", "peer ns", "ratio", "goal", "verdict");
  std::string topic;
  for (const Row& row : rows) {
    if (row.topic != topic) {
      topic = row.topic;
      text += fmt::format("\n{}\n", topic);
    }
    const bool faster = row.goal.kind == Goal::Kind::faster;
    const auto times = [&](double value) {
      return faster ? fmt::format("{:.1f}x", value) : fmt::format("{:.2f}", value);
    };
    const bool peer = !row.peer.empty();
    const std::string limit = row.goal.kind == Goal::Kind::below ? amount(row.goal.limit, row.unit)
                                                                 : times(row.goal.limit);
    text += fmt::format(line, "  " + row.operation, with_spread(row.mine, row.unit), row.peer,
                        peer ? with_spread(row.other, row.unit) : "",
                        peer ? times(row.ratio.median) : "",
                        row.goal.limit > 0 ? (faster ? ">= " : "<= ") + limit : "",
                        row.goal.limit > 0 ? (row.met() ? "met" : "MISSED") : "");
    text.erase(text.find_last_not_of(" \n") + 1);
    text += '\n';
  }
  return text;
}

}  // namespace ipcarc::bench
