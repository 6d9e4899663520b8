// says: this type cannot lie in a segment as it is, nor can it be shared encoded: cereal has no functions for the part
// says: Two ways out: make all of the type relocatable
// says: or give that part a serialize function for cereal
// says (g++): refused_encoding<Config, Connection>
// says (clang++): refused_encoding<Config, Connection>
// says: std::string is not relocatable; use ipcarc::string
#include <string>

#include <ipcarc/ipcarc.hpp>
#include <ipcarc/serialization.hpp>

class Connection {
 public:
  Connection() = default;
  explicit Connection(int port) : port_(port) {}

 private:
  int port_ = 0;
};
struct Config {
  std::string host;
  Connection connection;
};

void check(ipcarc::Registry& registry) {
  registry.create<Config>("cfg");
}
