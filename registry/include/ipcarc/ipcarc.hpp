// All of ipcarc.
#pragma once

#include "ipcarc/arc.hpp"
#include "ipcarc/containers.hpp"
#include "ipcarc/error.hpp"
#include "ipcarc/guard.hpp"
#include "ipcarc/link.hpp"
#include "ipcarc/options.hpp"
#include "ipcarc/registry.hpp"
#include "ipcarc/types.hpp"
