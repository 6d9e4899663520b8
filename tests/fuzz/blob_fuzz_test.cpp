// The inputs of the blobs' fuzzer, replayed, and whole encodings.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/blob_exercise.hpp"

namespace ipcarc::fuzz {
namespace {

TEST(BlobFuzz, WholeEncodingsAreDecoded) {
  for (std::size_t kind = 0; kind < blob_kinds; ++kind) {
    std::vector<std::uint8_t> input = whole_blob(kind);
    BlobOutcome outcome = exercise_blob(input);
    EXPECT_TRUE(outcome.decoded) << kind;
    EXPECT_EQ(outcome.wrong, "") << kind;
    // The same with a head over which nothing is put, and with one bit of it turned.
    input.front() |= 0x80;
    input.insert(input.begin() + 1, 40, std::uint8_t{0});
    EXPECT_TRUE(exercise_blob(input).decoded) << kind;
    for (std::size_t at = 1; at <= 40; ++at) {
      input[at] = 1;
      outcome = exercise_blob(input);
      EXPECT_FALSE(outcome.decoded) << kind << ", byte " << at;
      EXPECT_EQ(outcome.wrong, "") << kind << ", byte " << at;
      input[at] = 0;
    }
  }
}

TEST(BlobFuzz, EachFileOfTheCorpusIsDecodedOrRefused) {
  int decoded = 0;
  int refused = 0;
  for (const auto& entry : std::filesystem::directory_iterator(IPCARC_BLOB_CORPUS)) {
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    const BlobOutcome outcome = exercise_blob(std::vector<std::uint8_t>(text.begin(), text.end()));
    EXPECT_EQ(outcome.wrong, "") << entry.path().filename();
    ++(outcome.decoded ? decoded : refused);
  }
  EXPECT_GT(decoded, 0);
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace ipcarc::fuzz
