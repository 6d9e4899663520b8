// Aggregates with members of every kind, and containers of them, against std, at random.
#include "containers/random_run.hpp"

namespace ipcarc::test {
namespace {

TEST(RandomRun, Records) {
  run_randomly<Record>(50'000);
}
TEST(RandomRun, VectorsOfRecords) {
  run_randomly<vector<Record>>(30'000);
}
TEST(RandomRun, MapsOfRecords) {
  run_randomly<map<int, Record>>(30'000);
}

}  // namespace
}  // namespace ipcarc::test
