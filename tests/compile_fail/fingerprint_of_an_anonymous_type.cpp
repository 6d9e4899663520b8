// says: a local type, a lambda, or a type in an anonymous namespace has no name that another program can mean
#include <ipcarc/containers/vector.hpp>
#include <ipcarc/types.hpp>

namespace {
struct Peer {
  int port;
};
}  // namespace

auto check() {
  return ipcarc::fingerprint<ipcarc::vector<Peer>>();
}
