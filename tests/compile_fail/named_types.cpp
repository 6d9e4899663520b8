// says: std::mutex is not relocatable: it is of one process; the object's guard locks
// says: a container of Boost is not relocatable; use the ipcarc container of that name
// says: std::map is not relocatable; use ipcarc::map
// says: std::span is not relocatable: what it views is elsewhere; use ipcarc::vector
// says: std::shared_ptr is not relocatable: it holds an address; share an object of its own by name
#include <map>
#include <memory>
#include <mutex>
#include <span>

#include <boost/container/vector.hpp>

#include <ipcarc/types.hpp>

template <class T>
struct Holder {
  int number;
  T value;
};

void check() {
  ipcarc::detail::require_relocatable<Holder<std::mutex>>();
  ipcarc::detail::require_relocatable<Holder<boost::container::vector<int>>>();
  ipcarc::detail::require_relocatable<Holder<std::map<int, int>>>();
  ipcarc::detail::require_relocatable<Holder<std::span<int>>>();
  ipcarc::detail::require_relocatable<Holder<std::shared_ptr<int>>>();
}
