// says (g++): Config::secret: Secret is not relocatable: its members are hidden; describe it with BOOST_DESCRIBE_CLASS
// says (clang++): its members are hidden; describe it with BOOST_DESCRIBE_CLASS
// says (clang++): value.secret}
#include <ipcarc/types.hpp>

class Secret {
 public:
  Secret() = default;
  int get() const { return value_; }

 private:
  int value_ = 0;
};
struct Config {
  Secret secret;
};

void check() {
  ipcarc::detail::require_relocatable<Config>();
}
