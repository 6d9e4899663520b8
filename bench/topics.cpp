#include "topics.hpp"

#include "topic.hpp"

namespace ipcarc::bench {

const std::vector<Topic>& topics() {
  static const std::vector<Topic> all = {
      {"lookup", lookup},
      {"by_name", by_name},
      {"cache", caches},
      {"create", create},
      {"publish", publish},
      {"handles", handles},
      {"handles, many threads", handles_threaded},
      {"guards", guards},
      {"values", values},
      {"heap", heap},
      {"containers", containers},
      {"aggregates", aggregates},
      {"encoding", encoding},
      {"waiting", waiting},
      {"waking", waking},
      {"scaling", scaling},
      {"attach", attach},
      {"reaping", reaping},
      {"memory", memory},
      {"pages", pages},
  };
  return all;
}

}  // namespace ipcarc::bench
