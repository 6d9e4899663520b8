// The example of the README, which a test compares with this file: what follows this comment is the
// example.
#include <ipcarc/ipcarc.hpp>

struct Config {  // a plain aggregate: no allocator, no macro
  int port = 8080;
  ipcarc::string host = "localhost";
  ipcarc::vector<ipcarc::string> peers;
};

int main() {
  auto registry = ipcarc::Registry::open("quick_start");  // open it, or create it
  auto config = registry.create<Config>("cfg");           // IpcArc<Config>
  config.acquire()->peers.push_back("10.0.0.7");          // locked to the end of the statement

  // Any other process says just this:
  auto same = ipcarc::Registry::open("quick_start").get<Config>("cfg");
  return same.acquire()->peers.size() == 1 ? 0 : 1;
}
