// kinds_program REGISTRY: makes an object of each type in a registry that is open elsewhere.
#include "registry/kinds.hpp"

int main(int count, char** arguments) {
  if (count != 2) {
    return 2;
  }
  auto registry = ipcarc::Registry::attach(arguments[1]);
  registry.create<ipcarc::test::Reading>("reading").pin();
  registry.create<ipcarc::test::Tally>("tally").pin();
  registry.create<ipcarc::test::Readings>("readings").pin();
}
