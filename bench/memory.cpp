// Memory per object beyond its payload and its name: what the file grew by, or what the others say that they have in use.
#include <fmt/format.h>
#include <malloc.h>
#include <sys/stat.h>

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "boost_segment.hpp"
#include "compare/local_map.hpp"
#include "compare/store.hpp"
#include "names.hpp"
#include "objects.hpp"
#include "scratch_registry.hpp"
#include "topic.hpp"
#include "topics.hpp"

namespace ipcarc::bench {
namespace {

using Value = Block<64>;
using Number = std::atomic<std::uint64_t>;

class Measure {
 public:
  explicit Measure(const Bench& bench)
      : bench_(bench), count_(std::min(1'000'000U, bench.effort().most_objects)) {
    for (std::uint32_t i = 0; i < count_; ++i) {
      names_.push_back(object_name(i));
      name_bytes_ += static_cast<double>(names_.back().size());
    }
  }

  const std::vector<std::string>& names() const { return names_; }

  void report(const std::string& what, double bytes, double payload_bytes, Goal goal = no_goal()) {
    const double beyond = (bytes - name_bytes_) / count_ - payload_bytes;
    Row row = compare(what, {beyond}, {}, {}, goal);
    row.unit = "B";
    bench_.report(row);
    bench_.plot("memory", what, 0, {beyond});
  }

  /// What the file of a registry grows by, from its first to its last object.
  void of_registry(const std::string& what, double payload_bytes,
                   const std::function<void(Registry&, const std::string&)>& create) {
    ScratchRegistry registry(bench_.effort().scratch, count_ + 64);
    const double before = file_bytes(registry.path());
    for (const std::string& name : names_) {
      create(*registry, name);
    }
    report("ipcarc, " + what, file_bytes(registry.path()) - before, payload_bytes, below(192));
  }

 private:
  static double file_bytes(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      throw std::runtime_error("no file " + path);
    }
    return static_cast<double>(status.st_blocks) * 512;
  }

  const Bench& bench_;
  std::uint32_t count_;
  std::vector<std::string> names_;
  double name_bytes_ = 0;
};

}  // namespace

void memory(const Bench& bench) {
  Measure measure(bench);
  Value value{};
  measure.of_registry("8 B, atomic", 8, [](Registry& registry, const std::string& name) {
    registry.create<Number>(name).pin();
  });
  measure.of_registry("64 B, frozen", 64, [&](Registry& registry, const std::string& name) {
    registry.publish<Value>(name, value);
  });
  measure.of_registry("64 B, mutable", 64, [&](Registry& registry, const std::string& name) {
    registry.create<Value>(name, value).pin();
  });
  const std::string text(100, 'x');
  measure.of_registry("a number and a string of 100 B", sizeof(Note) + 101,
                      [&](Registry& registry, const std::string& name) {
                        registry.create<Note>(name, 1U, text).pin();
                      });
  {
    BoostSegment boost(64 * 1024 + measure.names().size() * 512);
    const double before = static_cast<double>(boost->get_free_memory());
    for (const std::string& name : measure.names()) {
      boost->construct<Value>(name.c_str())(value);
    }
    measure.report("Boost, 64 B", before - static_cast<double>(boost->get_free_memory()), 64);
  }
  {
    LocalMap<Value> local;
    const double before = static_cast<double>(::mallinfo2().uordblks);
    for (const std::string& name : measure.names()) {
      local.put(name, std::make_shared<Value>(value));
    }
    measure.report("map in one process, 64 B", static_cast<double>(::mallinfo2().uordblks) - before,
                   64);
  }
  for (const ShopKind& kind : shop_kinds()) {
    try {
      const auto shop = kind.open(bench.effort().scratch, Core::any);
      const auto store = shop->connect();
      const double before = store->memory_bytes();
      store->fill(measure.names(), std::as_bytes(std::span(&value, 1)));
      measure.report(fmt::format("{}, 64 B", kind.name), store->memory_bytes() - before, 64);
    } catch (const std::runtime_error& error) {
      bench.skip(fmt::format("{}: {}", kind.name, error.what()));
    }
  }
}

}  // namespace ipcarc::bench
