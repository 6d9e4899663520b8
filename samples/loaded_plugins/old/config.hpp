// "config", as it was last year: the plugins built then still have it. Its size is the same, so only the layout tells.
#pragma once

#include <cstdint>
#include <ipcarc/ipcarc.hpp>

struct Config {
  ipcarc::string greeting;
  std::uint32_t port = 8080;
  ipcarc::vector<ipcarc::string> languages;
};
