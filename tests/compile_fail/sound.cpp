// What compiles in every way that the other cases fail in, so that they do not fail for a reason of their own.
#include <ipcarc/containers/string.hpp>
#include <ipcarc/containers/vector.hpp>
#include <ipcarc/types.hpp>

struct Peer {
  int port;
  ipcarc::string name;
};
struct Config {
  int port;
  ipcarc::vector<Peer> peers;
};

auto check() {
  ipcarc::detail::require_relocatable<Config>();
  return ipcarc::fingerprint<Config>() ^ ipcarc::layout_of<Config>().size();
}
