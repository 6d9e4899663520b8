// says: it has virtual functions, and there is no code in a segment
#include <ipcarc/types.hpp>

struct Config {
  virtual ~Config() = default;
  int port;
};

void check() {
  ipcarc::detail::require_relocatable<Config>();
}
