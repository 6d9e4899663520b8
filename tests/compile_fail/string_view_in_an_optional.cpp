// says (g++): Config::name.value(): std::string_view is not relocatable: what it views is elsewhere; use ipcarc::string
// says (clang++): std::string_view is not relocatable: what it views is elsewhere; use ipcarc::string
#include <optional>
#include <string_view>

#include <ipcarc/types.hpp>

struct Config {
  std::optional<std::string_view> name;
};

void check() {
  ipcarc::detail::require_relocatable<Config>();
}
