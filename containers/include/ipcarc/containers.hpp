// All containers of ipcarc: they can lie in a shared segment, nested in each other and in plain
// aggregates.
#pragma once

#include <ipcarc/containers/map.hpp>
#include <ipcarc/containers/string.hpp>
#include <ipcarc/containers/unordered_map.hpp>
#include <ipcarc/containers/vector.hpp>
