// Maps and sets against std, at random.
#include "containers/random_run.hpp"

namespace ipcarc::test {
namespace {

TEST(RandomRun, MapsOfVectorsOfStrings) {
  run_randomly<map<string, vector<string>>>(100'000);
}
TEST(RandomRun, UnorderedMapsOfMaps) {
  run_randomly<unordered_map<string, map<string, int>>>(100'000);
}
TEST(RandomRun, FlatMapsOfFlatSets) {
  run_randomly<flat_map<string, flat_set<string>>>(50'000);
}
TEST(RandomRun, Sets) {
  run_randomly<set<string>>(50'000);
}
TEST(RandomRun, UnorderedSets) {
  run_randomly<unordered_set<string>>(50'000);
}

}  // namespace
}  // namespace ipcarc::test
