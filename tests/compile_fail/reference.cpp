// says (g++): Config::member 2: int& is not relocatable
// says (clang++): a reference is not relocatable
// says (clang++): member<Config, 1UL>
#include <ipcarc/types.hpp>

struct Config {
  int port;
  int& other;
};

void check() {
  ipcarc::detail::require_relocatable<Config>();
}
