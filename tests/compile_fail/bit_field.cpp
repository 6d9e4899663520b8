// says: it has bit-fields; use plain members
#include <ipcarc/types.hpp>

struct Config {
  int port;
  unsigned flag : 1;
};

void check() {
  ipcarc::detail::require_relocatable<Config>();
}
