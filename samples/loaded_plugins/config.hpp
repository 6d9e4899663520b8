// "config": what the host shares with its plugins.
#pragma once

#include <cstdint>
#include <ipcarc/ipcarc.hpp>

struct Config {
  ipcarc::string greeting;
  std::uint16_t port = 8080;
  std::uint16_t tls_port = 8443;
  ipcarc::vector<ipcarc::string> languages;
};
