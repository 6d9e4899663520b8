#include "topics.hpp"

#include "topic.hpp"

namespace ipcarc::bench {

const std::vector<Topic>& topics() {
  static const std::vector<Topic> all = {
      {"lookup", lookup},   {"create", create},
      {"handles", handles}, {"handles, many threads", handles_threaded},
      {"guards", guards},   {"values", values},
      {"heap", heap},       {"containers", containers},
      {"waiting", waiting},
  };
  return all;
}

}  // namespace ipcarc::bench
