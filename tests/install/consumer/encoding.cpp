// A user's program that shares what cannot lie in a segment.
#include <ipcarc/ipcarc.hpp>
#include <ipcarc/serialization.hpp>
#include <map>
#include <string>

struct Entry {
  std::string text;
  int count = 0;
};

int main() {
  auto registry = ipcarc::Registry::open("consumer");
  auto entries = registry.create<std::map<std::string, Entry>>("entries");
  entries.update([](auto& map) { map["a"] = Entry{"text", 3}; });
  return entries.read()->at("a").count == 3 ? 0 : 1;
}
