// What compiles in every way that the cases of encoding fail in, so that they do not fail for a reason of their own.
#include <map>
#include <string>

#include <ipcarc/ipcarc.hpp>
#include <ipcarc/serialization.hpp>

class Connection {
 public:
  Connection() = default;
  explicit Connection(int port) : port_(port) {}
  template <class Archive>
  void serialize(Archive& archive) {
    archive(port_);
  }

 private:
  int port_ = 0;
};
struct Config {
  std::string host;
  Connection connection;
};

void check(ipcarc::Registry& registry) {
  registry.create<std::map<std::string, int>>("map");
  registry.create<Config>("cfg");
}
