// Names for registries and directories that no other test has: not one that runs beside it, in a pid
// namespace of its own too, and not one that was killed and had this process's id.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace ipcarc::test {

/// "what.pid.random", another at each call: the pid for who looks at what was left behind. A child
/// that is to use the name is given it.
inline std::string unique_name(std::string_view what) {
  std::random_device random;
  std::string name = std::string(what) + "." + std::to_string(::getpid()) + ".";
  for (int i = 0; i < 2; ++i) {
    std::uint32_t bits = random();
    for (int digit = 0; digit < 8; ++digit, bits >>= 4) {
      name += "0123456789abcdef"[bits & 15];
    }
  }
  return name;
}

}  // namespace ipcarc::test
