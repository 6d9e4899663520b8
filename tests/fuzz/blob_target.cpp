// The libFuzzer target of stored encodings: each input is one, damaged.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "fuzz/blob_exercise.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ipcarc::fuzz::BlobOutcome outcome = ipcarc::fuzz::exercise_blob({data, size});
  if (!outcome.wrong.empty()) {
    std::fprintf(stderr, "the exercise gave %s\n", outcome.wrong.c_str());
    std::abort();
  }
  return 0;
}
