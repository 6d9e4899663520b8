// says (g++): Config::ports: boost::unordered_flat_map is not relocatable: it holds addresses
// says (clang++): boost::unordered_flat_map is not relocatable: it holds addresses
#include <boost/unordered/unordered_flat_map.hpp>

#include <ipcarc/types.hpp>

struct Config {
  boost::unordered_flat_map<int, int> ports;
};

void check() {
  ipcarc::detail::require_relocatable<Config>();
}
