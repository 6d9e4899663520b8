// says (g++): Config is not relocatable: it has a base; describe it with BOOST_DESCRIBE_STRUCT
// says (clang++): a class with a base is not relocatable: it has a base; describe it with BOOST_DESCRIBE_STRUCT
#include <ipcarc/types.hpp>

struct Base {
  int port;
};
struct Config : Base {
  int other;
};

void check() {
  ipcarc::detail::require_relocatable<Config>();
}
