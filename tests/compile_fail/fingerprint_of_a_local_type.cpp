// says: a local type, a lambda, or a type in an anonymous namespace has no name that another program can mean
#include <ipcarc/types.hpp>

auto check() {
  struct Config {
    int port;
  };
  return ipcarc::fingerprint<Config>();
}
