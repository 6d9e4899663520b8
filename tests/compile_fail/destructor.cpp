// says: it has a destructor, which would never run
#include <ipcarc/types.hpp>

struct File {
  int descriptor;
  ~File() { descriptor = -1; }
};
struct Config {
  File files[2];
};

void check() {
  ipcarc::detail::require_relocatable<Config>();
}
