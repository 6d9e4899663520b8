// How much memory the program has from operator new, which counted_memory.cpp replaces: for programs that name that file.
// Of one thread.
#pragma once

#include <cstddef>

namespace ipcarc::test {

/// Measures from its construction on.
class MemoryMeter {
 public:
  MemoryMeter();
  /// The most bytes at once that were asked for beyond those of the beginning, and not given back.
  [[nodiscard]] std::size_t most_bytes() const;

 private:
  std::size_t before_;
};

}  // namespace ipcarc::test
