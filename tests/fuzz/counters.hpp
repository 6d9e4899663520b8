// The counters that -fsanitize=fuzzer counts in, one byte an edge: in a file of their own, which is not instrumented, since the
// symbols are the linker's and the instrumentation has its own idea of them.
#pragma once

#include <cstdint>
#include <span>

namespace ipcarc::fuzz {

std::span<std::uint8_t> edge_counters();

}  // namespace ipcarc::fuzz
