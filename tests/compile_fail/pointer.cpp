// says (g++): Config::next: Config* is not relocatable: an address means nothing in another process
// says (clang++): a pointer is not relocatable: an address means nothing in another process
// says (clang++): value.next}
#include <ipcarc/types.hpp>

struct Config {
  int port;
  Config* next;
};

void check() {
  ipcarc::detail::require_relocatable<Config>();
}
