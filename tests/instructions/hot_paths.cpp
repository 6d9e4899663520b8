// The hot paths, each run a fixed number of times between two dumps of callgrind, which counts the instructions it executes.
//
// Counts do not depend on the machine's load. So that they do not depend on anything else either: one thread, fixed names, a registry of fixed
// size in a directory of its own (IPCARC_DIR), every path run once before it is counted. `run.sh` runs this under callgrind and compares.
#include <valgrind/callgrind.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heap/heap.hpp"
#include "ipcarc/ipcarc.hpp"
#include "registry/core.hpp"

// Not in an anonymous namespace: a shared type has a name that another process can mean.
namespace hot_paths {

struct Counter {
  std::uint64_t value = 0;
};
struct Block {
  std::array<std::uint64_t, 8> words{};
};
struct Collection {
  std::optional<ipcarc::string> text;
  ipcarc::vector<ipcarc::string> list;
  ipcarc::vector<std::uint64_t> numbers;
};

}  // namespace hot_paths

namespace {

using namespace hot_paths;

constexpr std::uint32_t objects = 1000;
constexpr int times = 2000;
#ifdef __clang__
constexpr const char* compiler = "clang++ " __clang_version__;
#else
constexpr const char* compiler = "g++ " __VERSION__;
#endif
constexpr std::string_view forty = "0123456789012345678901234567890123456789";

template <class T>
void keep(T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

/// Runs `operation` once uncounted, then `times` times; the dump that ends the count carries `name`.
template <class F>
void counted(const char* name, F operation) {
  operation();
  CALLGRIND_ZERO_STATS;
  for (int i = 0; i < times; ++i) {
    operation();
  }
  CALLGRIND_DUMP_STATS_AT(name);
}

class Names {
 public:
  explicit Names(const char* kind) {
    for (std::uint32_t i = 0; i < objects; ++i) {
      char text[32];
      std::snprintf(text, sizeof text, "service/%07u/%s", i, kind);
      names_.emplace_back(text);
    }
  }
  const std::string& next() {
    at_ = at_ + 1 == objects ? 0 : at_ + 1;
    return names_[at_];
  }
  const std::vector<std::string>& all() const { return names_; }

 private:
  std::vector<std::string> names_;
  std::size_t at_ = 0;
};

void by_name(ipcarc::Registry registry) {
  Names names("state");
  Names absent("other");
  std::vector<ipcarc::IpcArc<Counter>> held;
  for (const std::string& name : names.all()) {
    held.push_back(registry.create<Counter>(name));
  }
  counted("get + drop, held already", [&] {
    auto arc = registry.get<Counter>(names.next());
    keep(arc);
  });
  counted("find, absent", [&] {
    auto arc = registry.find<Counter>(absent.next());
    keep(arc);
  });
  for (const auto& arc : held) {
    arc.pin();
  }
  held.clear();
  counted("get + drop, first hold, pinned", [&] {
    auto arc = registry.get<Counter>(names.next());
    keep(arc);
  });
  counted("create + destroy", [&] {
    auto arc = registry.create<Counter>(absent.next());
    keep(arc);
  });
}

void one_object(ipcarc::Registry registry) {
  const auto counter = registry.create<Counter>("counter");
  const auto block = registry.create<Block>("block");
  counted("handle, copy + drop", [&] {
    auto copy(counter);
    keep(copy);
  });
  counted("acquire + change + release", [&] { ++counter.acquire()->value; });
  counted("read + release", [&] {
    const std::uint64_t value = counter.read()->value;
    keep(value);
  });
  counted("load, 64 B", [&] {
    auto value = block.load();
    keep(value);
  });
  counted("store, 64 B", [&] { block.store(Block{}); });
  counted("update, 64 B", [&] { block.update([](Block& value) { ++value.words[0]; }); });
}

void contents(ipcarc::Registry registry) {
  const auto object = registry.create<Collection>("collection");
  auto guard = object.acquire();
  Collection& collection = *guard;
  counted("push_back of a number", [&] { collection.numbers.push_back(1); });
  counted("push_back of a 40 B string", [&] { collection.list.emplace_back(forty); });
  counted("string of 40 B, built + dropped", [&] {
    collection.text.emplace(forty);
    keep(collection.text);
    collection.text.reset();
  });
  counted("local string of 8 B, built + dropped", [&] {
    ipcarc::string text("12345678");
    keep(text);
  });
}

void blocks(const char* name) {
  ipcarc::detail::CoreView* view = ipcarc::detail::open_core(name, {}, false);
  ipcarc::detail::Heap& heap = ipcarc::detail::Core::of(*view).heap();
  const std::uint32_t owner = 4000;  // an entry that nobody uses
  std::uint32_t step = 0;
  counted("heap, allocate + free, 16 B to 4 KiB",
          [&] { heap.free(heap.allocate(16ULL << (step++ % 9), owner)); });
  ipcarc::detail::drop_reference(*view);
}

}  // namespace

int main() {
  if (std::getenv("IPCARC_DIR") == nullptr) {
    std::fputs("hot_paths: run it by run.sh, which gives it a directory of its own\n", stderr);
    return 2;
  }
  try {
    ipcarc::Options options;
    options.capacity_bytes = 64 << 20;
    options.max_objects = 4096;
    const ipcarc::Registry registry = ipcarc::Registry::open("hot", options);
    std::printf("times %d\ncompiler %s\n", times, compiler);
    counted("loop", [] { asm volatile(""); });  // in every other count too, and taken off
    by_name(registry);
    one_object(registry);
    contents(registry);
    blocks("hot");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hot_paths: %s\n", error.what());
    return 1;
  }
  return 0;
}
