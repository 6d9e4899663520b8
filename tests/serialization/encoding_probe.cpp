// Prints fingerprints and layouts of encodings, to be compared between compilers.
#include <cstdio>

#include "serialization/example_types.hpp"

namespace {

template <class... T>
void print_all() {
  (std::printf("%016llx %s\n",
               static_cast<unsigned long long>(ipcarc::detail::Carrier<T>::fingerprint()),
               std::string(ipcarc::detail::Carrier<T>::layout()).c_str()),
   ...);
}

}  // namespace

int main() {
  using namespace ipcarc::test;
  print_all<Place, Account, Tree, Book, Everything, std::string, std::wstring,
            std::map<long, std::vector<long long>>, std::vector<Account>,
            std::unordered_map<std::string, std::optional<Tree>, std::hash<std::string>>>();
}
