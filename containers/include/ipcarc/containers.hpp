// All containers of ipcarc: they can lie in a shared segment, nested in each other and in plain
// aggregates.
#pragma once

#include <ipcarc/containers/deque.hpp>
#include <ipcarc/containers/flat_map.hpp>
#include <ipcarc/containers/flat_set.hpp>
#include <ipcarc/containers/hash.hpp>
#include <ipcarc/containers/list.hpp>
#include <ipcarc/containers/map.hpp>
#include <ipcarc/containers/set.hpp>
#include <ipcarc/containers/small_vector.hpp>
#include <ipcarc/containers/stable_vector.hpp>
#include <ipcarc/containers/static_vector.hpp>
#include <ipcarc/containers/string.hpp>
#include <ipcarc/containers/unordered_map.hpp>
#include <ipcarc/containers/unordered_set.hpp>
#include <ipcarc/containers/vector.hpp>
