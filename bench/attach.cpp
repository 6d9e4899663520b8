// Attaching to a registry that others use, by its size and by how many objects are in it; page faults included, and counted.
#include <fmt/format.h>
#include <sys/resource.h>

#include <atomic>
#include <boost/interprocess/managed_mapped_file.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "names.hpp"
#include "partner.hpp"
#include "scratch_registry.hpp"
#include "topic.hpp"
#include "topics.hpp"

namespace ipcarc::bench {
namespace {

using Number = std::atomic<std::uint64_t>;
using Monotonic = std::chrono::steady_clock;
using BoostFile = boost::interprocess::managed_mapped_file;

/// Times `open`, which gives something that is dropped untimed.
template <class F>
Loop opening(F open) {
  return [open](benchmark::State& state) {
    double ns = 0;
    for ([[maybe_unused]] auto _ : state) {
      const auto begin = Monotonic::now();
      [[maybe_unused]] const auto opened = open();
      ns += std::chrono::duration<double, std::nano>(Monotonic::now() - begin).count();
    }
    state.counters["ns"] = ns / static_cast<double>(state.iterations());
  };
}

double minor_faults() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_minflt);
}

/// Attached to over and over, while another process keeps it alive.
void to_registry(const Bench& bench, std::uint32_t objects, std::uint64_t capacity_bytes) {
  const std::string& folder = bench.effort().scratch;
  ScratchRegistry registry(folder, objects + 64, capacity_bytes);
  const std::string boost_path = folder + "/boost." + registry.name();
  BoostFile boost(boost::interprocess::create_only, boost_path.c_str(),
                  64 * 1024 + std::size_t{objects} * 320);
  for (std::uint32_t i = 0; i < objects; ++i) {
    const std::string name = object_name(i);
    registry->create<Number>(name, i).pin();
    boost.construct<Number>(name.c_str())(i);
  }
  Partner keeper([] { return std::vector<Partner::Work>(); });
  registry.let_go();

  Race race(bench.effort());
  const auto attach = race.add(
      opening([&] { return Registry::attach(registry.name(), registry.options()); }), Clock::wall);
  const auto boost_open = race.add(
      opening([&] { return BoostFile(boost::interprocess::open_only, boost_path.c_str()); }),
      Clock::wall);
  race.run();
  const double before = minor_faults();
  const Registry attached = Registry::attach(registry.name(), registry.options());
  const double faults = minor_faults() - before;
  boost::interprocess::file_mapping::remove(boost_path.c_str());

  const std::string where =
      fmt::format("{} objects, {}", counted(objects),
                  capacity_bytes == 0 ? std::string("as large as the filesystem")
                                      : fmt::format("{} MiB", capacity_bytes >> 20));
  bench.report(compare("attach, " + where, race.of(attach), "Boost mapped file, open_only",
                       race.of(boost_open), below(150'000)));
  Row row = compare("page faults of it, " + where, {faults});
  row.unit = "faults";
  bench.report(row);
  Samples us;
  for (const double ns : race.of(attach)) {
    us.push_back(ns / 1000);
  }
  if (capacity_bytes == 0) {
    bench.plot("attach-objects", "attach", objects, us);
  } else {
    bench.plot("attach-size", "attach", static_cast<double>(capacity_bytes >> 20), us);
  }
}

}  // namespace

void attach(const Bench& bench) {
  for (const std::uint32_t objects : {10U, 1000U, 100'000U, 1'000'000U}) {
    if (objects <= bench.effort().most_objects) {
      to_registry(bench, objects, 0);
    }
  }
  for (const std::uint64_t mebibytes : {1U, 16U, 256U, 4096U, 65536U}) {
    to_registry(bench, 1000, mebibytes << 20);
  }
}

}  // namespace ipcarc::bench
