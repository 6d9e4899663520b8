// The points of a run drawn as SVG, by gnuplot.
#pragma once

#include <string>
#include <vector>

#include "row.hpp"

namespace ipcarc::bench {

/// Writes one SVG for each plot that has points into `folder`. Gives why it could not; empty: it could.
std::string draw_plots(const std::vector<PlotPoint>& points, const std::string& folder,
                       const std::string& machine);

}  // namespace ipcarc::bench
