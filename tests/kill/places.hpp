// Instructions by name, for who reads the findings.
#pragma once

#include <span>
#include <string>

#include "runner.hpp"

namespace ipcarc::kill {

/// The instruction that was executed last before moment `point`; and if that is in another library, the last one of this program before.
std::string place_in(std::span<const TracePoint> trace, std::uint64_t point);

}  // namespace ipcarc::kill
