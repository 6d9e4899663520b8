// A row of the bench's table: a figure, the peer's, their ratio, and the goal for it.
//
// A figure is the median over the rounds of a race, in ns per operation where no other unit is given, with the quartiles as its spread. The
// ratio is the median of the rounds' own ratios: what disturbs a round disturbs both sides of it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace ipcarc::bench {

/// ns per operation (or what the row's unit is), one for each round.
using Samples = std::vector<double>;

struct Figure {
  double median = 0;
  double low = 0;   // lower quartile
  double high = 0;  // upper quartile
};

Figure figure_of(Samples samples);

/// What a ratio should be, or the figure itself. `limit` 0: no goal.
struct Goal {
  enum class Kind {
    at_most,  // mine / peer
    faster,   // peer / mine, at least
    below,    // mine, whatever the peer's
  };
  Kind kind = Kind::at_most;
  double limit = 0;
};

constexpr Goal at_most(double limit) {
  return {Goal::Kind::at_most, limit};
}
constexpr Goal times_faster(double limit) {
  return {Goal::Kind::faster, limit};
}
/// In the row's unit.
constexpr Goal below(double limit) {
  return {Goal::Kind::below, limit};
}
/// Reported without a goal.
constexpr Goal no_goal(Goal::Kind kind = Goal::Kind::at_most) {
  return {kind, 0};
}

struct Row {
  std::string topic;
  std::string operation;
  std::string peer;  // empty: no peer
  Figure mine;
  Figure other;
  Figure ratio;  // peer / mine if the goal's kind is `faster`, else mine / peer
  Goal goal;
  std::string unit = "ns";

  bool met() const;
};

/// A row from the rounds of one race. `other` is empty if there is no peer.
Row compare(std::string operation, const Samples& mine, std::string peer = {},
            const Samples& other = {}, Goal goal = no_goal());

/// A point of a plot: which one (`plots.hpp`), whose line or bar, where on it, and the figure.
struct PlotPoint {
  std::string topic;
  std::string plot;
  std::string series;
  double x = 0;
  double y = 0;
};

nlohmann::json to_json(const Row& row);
Row row_from_json(const nlohmann::json& json);
nlohmann::json to_json(const PlotPoint& point);
PlotPoint point_from_json(const nlohmann::json& json);

/// The table, as text.
std::string table_of(const std::vector<Row>& rows);

}  // namespace ipcarc::bench
