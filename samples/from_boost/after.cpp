// An inventory that two processes share, with ipcarc. The same with Boost.Interprocess: before.cpp.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include <ipcarc/ipcarc.hpp>

struct Part {
  int count = 0;
  ipcarc::vector<ipcarc::string> suppliers;
};

using Inventory = ipcarc::map<ipcarc::string, Part>;

namespace {

void take_in() {
  auto registry = ipcarc::Registry::open("from_boost");
  auto inventory = registry.get<Inventory>("inventory").acquire();
  Part& bolts = (*inventory)["bolts"];
  bolts.count += 500;
  bolts.suppliers.push_back("Bolts & Daughters of Birmingham");
}

}  // namespace

int main() {
  auto registry = ipcarc::Registry::open("from_boost");
  auto inventory = registry.create<Inventory>("inventory");

  if (::fork() == 0) {
    take_in();
    ::_exit(0);
  }
  ::wait(nullptr);

  for (const auto& [part, stock] : *inventory.read()) {
    std::printf("%s: %d, from %s\n", part.c_str(), stock.count, stock.suppliers[0].c_str());
  }
}
