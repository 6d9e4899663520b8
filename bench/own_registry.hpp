// A registry whose file has no name any more: forked processes share it, and nothing is left on /dev/shm, whatever happens.
#pragma once

#include <unistd.h>

#include <string>

#include "ipcarc/registry.hpp"

namespace ipcarc::bench {

inline Registry own_registry(std::uint32_t max_objects = 0) {
  static int opened = 0;
  const std::string name = "bench." + std::to_string(::getpid()) + "." + std::to_string(opened++);
  Options options;
  options.max_objects = max_objects;
  Registry registry = Registry::open(name, options);
  Registry::destroy(name);
  return registry;
}

}  // namespace ipcarc::bench
