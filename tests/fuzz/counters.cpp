#include "fuzz/counters.hpp"

extern "C" {
extern std::uint8_t __start___sancov_cntrs[];  // NOLINT(bugprone-reserved-identifier)
extern std::uint8_t __stop___sancov_cntrs[];   // NOLINT(bugprone-reserved-identifier)
}

namespace ipcarc::fuzz {

std::span<std::uint8_t> edge_counters() {
  return {__start___sancov_cntrs, __stop___sancov_cntrs};
}

}  // namespace ipcarc::fuzz
