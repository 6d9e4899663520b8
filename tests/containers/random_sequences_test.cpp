// Sequences against std, at random.
#include "containers/random_run.hpp"

namespace ipcarc::test {
namespace {

TEST(RandomRun, Strings) {
  run_randomly<string>(150'000);
}
TEST(RandomRun, VectorsOfStrings) {
  run_randomly<vector<string>>(150'000);
}
TEST(RandomRun, SmallVectorsOfStrings) {
  run_randomly<small_vector<string, 5>>(100'000);
}
TEST(RandomRun, StaticVectorsOfVectors) {
  run_randomly<static_vector<vector<string>, 16>>(50'000);
}
TEST(RandomRun, ListsOfDeques) {
  run_randomly<list<deque<string>>>(50'000);
}
TEST(RandomRun, StableVectors) {
  run_randomly<stable_vector<string>>(100'000);
}
TEST(RandomRun, Deques) {
  run_randomly<deque<string>>(100'000);
}

}  // namespace
}  // namespace ipcarc::test
