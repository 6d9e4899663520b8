// says (g++): Config::Base.owner: std::shared_ptr is not relocatable
// says (clang++): std::shared_ptr is not relocatable
// says (clang++): value.owner}
#include <memory>

#include <boost/describe.hpp>

#include <ipcarc/types.hpp>

struct Base {
  std::shared_ptr<int> owner;
};
struct Config : Base {
  int other;
};
BOOST_DESCRIBE_STRUCT(Config, (Base), (other))

void check() {
  ipcarc::detail::require_relocatable<Config>();
}
