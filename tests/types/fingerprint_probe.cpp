// Prints fingerprints and layouts, to be compared between compilers.
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "example_types.hpp"

namespace {

template <class T>
void print() {
  std::printf("%016llx %s %s\n", static_cast<unsigned long long>(ipcarc::fingerprint<T>()),
              std::string(ipcarc::type_name<T>()).c_str(),
              std::string(ipcarc::layout_of<T>()).c_str());
}

template <class... T>
void print_all() {
  (print<T>(), ...);
}

}  // namespace

int main() {
  using namespace example;
  print_all<bool, char, wchar_t, char8_t, signed char, unsigned long, long long, float, long double,
            int[3][4], Color, const Point>();
  print_all<Empty, Point, Arrays, Aligned, Reluctant, Initialised, References, Bits, Derived,
            DescribedDerived, DescribedClass, Hidden, Vouched, Peer, Everything, Tree, Versioned>();
  print_all<Box<int>, Box<Box<long, 2>, 5>, Box<ipcarc::string>, Tinted<Color::green>,
            Box<Tinted<Color::red>>>();
  print_all<std::map<std::string, std::vector<Point>>, std::shared_ptr<Tree>,
            std::unique_ptr<int[]>, int*, void (*)(Point)>();
}
