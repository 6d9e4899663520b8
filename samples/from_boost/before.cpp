// An inventory that two processes share, with Boost.Interprocess. The same with ipcarc: after.cpp.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include <boost/interprocess/allocators/allocator.hpp>
#include <boost/interprocess/containers/map.hpp>
#include <boost/interprocess/containers/string.hpp>
#include <boost/interprocess/containers/vector.hpp>
#include <boost/interprocess/managed_shared_memory.hpp>
#include <boost/interprocess/sync/interprocess_mutex.hpp>
#include <boost/interprocess/sync/scoped_lock.hpp>

namespace bip = boost::interprocess;
using Segment = bip::managed_shared_memory;
template <class T>
using Allocator = bip::allocator<T, Segment::segment_manager>;

using String = bip::basic_string<char, std::char_traits<char>, Allocator<char>>;
using Strings = bip::vector<String, Allocator<String>>;

struct Part {
  explicit Part(const Allocator<void>& allocator) : suppliers(allocator) {}
  int count = 0;
  Strings suppliers;
};

using Parts = bip::map<String, Part, std::less<>, Allocator<std::pair<const String, Part>>>;

struct Inventory {
  explicit Inventory(const Allocator<void>& allocator) : parts(allocator) {}
  bip::interprocess_mutex mutex;
  Parts parts;
};

namespace {

void take_in(const char* name) {
  Segment segment(bip::open_only, name);
  Inventory* inventory = segment.find<Inventory>("inventory").first;
  const Allocator<void> allocator(segment.get_segment_manager());
  bip::scoped_lock lock(inventory->mutex);
  const auto bolts = inventory->parts.emplace(String("bolts", allocator), Part(allocator)).first;
  bolts->second.count += 500;
  bolts->second.suppliers.push_back(String("Bolts & Daughters of Birmingham", allocator));
}

struct Remover {
  const char* name;
  Remover(const char* of) : name(of) { bip::shared_memory_object::remove(name); }
  ~Remover() { bip::shared_memory_object::remove(name); }
};

}  // namespace

int main() {
  const std::string name = "from_boost." + std::to_string(::getpid());
  const Remover remover(name.c_str());
  Segment segment(bip::create_only, name.c_str(), 1 << 20);  // and no more than that
  const Allocator<void> allocator(segment.get_segment_manager());
  auto* inventory = segment.construct<Inventory>("inventory")(allocator);

  if (::fork() == 0) {
    take_in(name.c_str());
    ::_exit(0);
  }
  ::wait(nullptr);

  bip::scoped_lock lock(inventory->mutex);
  for (const auto& [part, stock] : inventory->parts) {
    std::printf("%s: %d, from %s\n", part.c_str(), stock.count, stock.suppliers[0].c_str());
  }
}
