// says: a union does not say which member it holds; use std::variant
#include <ipcarc/types.hpp>

union Either {
  int number;
  float ratio;
};
struct Config {
  Either either;
};

void check() {
  ipcarc::detail::require_relocatable<Config>();
}
