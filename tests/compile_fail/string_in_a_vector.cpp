// says (g++): Config::peers[].name: std::string is not relocatable; use ipcarc::string
// says (clang++): std::string is not relocatable; use ipcarc::string
// says (clang++): value.peers}
// says (clang++): value.name}
#include <string>

#include <ipcarc/containers/vector.hpp>
#include <ipcarc/types.hpp>

struct Peer {
  int port;
  std::string name;
};
struct Config {
  int port;
  ipcarc::vector<Peer> peers;
};

void check() {
  ipcarc::detail::require_relocatable<Config>();
}
