// A user's program: it sees the installed headers and the library, nothing of the source tree.
#include <cstdio>
#include <ipcarc/ipcarc.hpp>

struct Settings {
  int level = 1;
  ipcarc::string name = "unset";
  ipcarc::vector<ipcarc::string> paths;
};

int main() {
  auto registry = ipcarc::Registry::open("consumer");
  auto settings = registry.create<Settings>("settings");
  {
    auto guard = settings.acquire();
    guard->level = 3;
    guard->name = "a name that is too long for the string itself";
    guard->paths.push_back("/usr/share");
  }
  auto same = ipcarc::Registry::open("consumer").get<Settings>("settings");
  try {
    registry.get<double>("settings");
    return 1;
  } catch (const ipcarc::Error& error) {
    if (error.code() != ipcarc::Errc::type_mismatch) {
      return 2;
    }
  }
  auto guard = same.acquire();
  std::printf("%d %s %zu\n", guard->level, guard->name.c_str(), guard->paths.size());
  return guard->level == 3 && guard->paths.size() == 1 ? 0 : 3;
}
