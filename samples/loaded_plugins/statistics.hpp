// "statistics": what plugins add to.
#pragma once

#include <cstdint>
#include <ipcarc/ipcarc.hpp>

struct Statistics {
  std::uint64_t calls = 0;
  ipcarc::map<ipcarc::string, std::uint32_t> words;
};
