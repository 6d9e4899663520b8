// The libFuzzer target: each input is one damaged segment.
//
// The exercise runs in a child; its coverage comes back through memory that both share, so that the
// fuzzer learns from it.
#include <stdlib.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "fuzz/counters.hpp"
#include "fuzz/exercise.hpp"

namespace {

/// One of this process's own, since several fuzz at once; it goes with run.sh's.
std::string make_directory() {
  const char* const from_environment = std::getenv("IPCARC_DIR");
  std::string path =
      std::string(from_environment != nullptr ? from_environment : "/dev/shm") + "/fuzz.XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    std::perror(path.c_str());
    std::abort();
  }
  return path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string directory = make_directory();
  const auto counters = ipcarc::fuzz::edge_counters();
  static void* const shared =
      ::mmap(nullptr, counters.size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  std::memset(shared, 0, counters.size());
  const ipcarc::fuzz::Outcome outcome = ipcarc::fuzz::exercise({data, size}, directory, [counters] {
    std::memcpy(shared, counters.data(), counters.size());
  });
  if (!outcome.good()) {
    std::fprintf(stderr, "the exercise %s\n", outcome.describe().c_str());
    std::abort();
  }
  std::memcpy(counters.data(), shared, counters.size());
  return 0;
}
