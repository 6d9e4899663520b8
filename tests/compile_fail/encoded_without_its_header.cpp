// says: this type cannot lie in a segment as it is. Two ways out
// says: #include <ipcarc/serialization.hpp>, which shares it encoded by cereal
// says: std::map is not relocatable; use ipcarc::map
#include <map>
#include <string>

#include <ipcarc/ipcarc.hpp>

void check(ipcarc::Registry& registry) {
  registry.create<std::map<std::string, int>>("map");
}
