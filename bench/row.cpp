#include "row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace ipcarc::bench {
namespace {

double quantile(const Samples& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::string nanoseconds(const Figure& figure) {
  const double ns = figure.median;
  const double spread = ns > 0 ? 100 * (figure.high - figure.low) / 2 / ns : 0;
  const int digits = ns < 10 ? 2 : ns < 100 ? 1 : 0;
  return fmt::format("{:.{}f} ±{:.0f}%", ns, digits, spread);
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
  return goal.kind == Goal::Kind::at_most ? ratio.median <= goal.limit : ratio.median >= goal.limit;
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
      ratios.push_back(goal.kind == Goal::Kind::at_most ? mine[round] / other[round]
                                                        : other[round] / mine[round]);
    }
    row.ratio = figure_of(std::move(ratios));
  }
  return row;
}

nlohmann::json to_json(const Row& row) {
  nlohmann::json json = {{"topic", row.topic},
                         {"operation", row.operation},
                         {"ns", to_json(row.mine)},
                         {"peer", row.peer}};
  if (!row.peer.empty()) {
    json["peer_ns"] = to_json(row.other);
    json["ratio"] = to_json(row.ratio);
    json["ratio_is"] = row.goal.kind == Goal::Kind::at_most ? "ns / peer_ns" : "peer_ns / ns";
  }
  if (row.goal.limit > 0) {
    json["goal"] = row.goal.limit;
    json["met"] = row.met();
  }
  return json;
}

Row row_from_json(const nlohmann::json& json) {
  Row row;
  row.topic = json.at("topic");
  row.operation = json.at("operation");
  row.mine = figure_from_json(json.at("ns"));
  row.peer = json.at("peer");
  if (!row.peer.empty()) {
    row.other = figure_from_json(json.at("peer_ns"));
    row.ratio = figure_from_json(json.at("ratio"));
    row.goal.kind =
        json.at("ratio_is") == "ns / peer_ns" ? Goal::Kind::at_most : Goal::Kind::faster;
  }
  row.goal.limit = json.value("goal", 0.0);
  return row;
}

std::string table_of(const std::vector<Row>& rows) {
  constexpr const char* line = "{:<52} {:>13}   {:<30} {:>13} {:>8} {:>8}  {}\n";
  std::string text = fmt::format(line, "operation", "ns", "peer", "peer ns", "ratio", "goal", "");
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
    text += fmt::format(line, "  " + row.operation, nanoseconds(row.mine), row.peer,
                        peer ? nanoseconds(row.other) : "", peer ? times(row.ratio.median) : "",
                        row.goal.limit > 0 ? (faster ? ">= " : "<= ") + times(row.goal.limit) : "",
                        row.goal.limit > 0 ? (row.met() ? "met" : "MISSED") : "");
  }
  return text;
}

}  // namespace ipcarc::bench
