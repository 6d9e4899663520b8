// What changes how fast, and who waits: two looks at registries and what moved between them, and in between samples of the lock words.
//
// No process counts anything for it, so the figures are what the words in the segment tell. Changes: by how much versions grew; each guard
// that gave non-const access, update and store moves its object's by one; reads move nothing, and a sync type's counts notifications. Names:
// how often the directory's sequences moved. Locks: the part of the samples in which a mutex was held, and in which a thread slept for it.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ipcarc/describe.hpp"

namespace ipcarc::tool {

struct ObjectRate {
  std::string registry;
  EntryInfo object;
  double changes_per_s = 0;
  double locked = 0;  // parts of the samples, from 0 to 1
  double waited = 0;
};

struct RegistryRate {
  RegistrySeen registry;
  ObjectSums sums;
  double changes_per_s = 0;
  double name_changes_per_s = 0;
  double locked = 0;  // any lock of its objects or its own
  double waited = 0;
};

struct Rates {
  std::vector<RegistryRate> registries;
  std::vector<ObjectRate> objects;
};

/// Looks again and again; the first look has no rates.
class RateMeter {
 public:
  RateMeter(const Session& session, std::vector<std::string> registries)
      : session_(session), names_(std::move(registries)) {}

  /// Everything, with the rates since the look before. Throws not_found for a named registry that is gone.
  Rates look();
  /// The lock words, once.
  void sample();
  /// How long to rest before the next sample: as a sample takes its time, nine times as long at least.
  std::chrono::milliseconds pause() const { return pause_; }

 private:
  using Clock = std::chrono::steady_clock;
  using Place = std::pair<std::uint32_t, std::uint64_t>;  // entry and generation
  struct Counts {
    std::uint32_t held = 0;
    std::uint32_t waited = 0;
  };
  struct Sampled {
    std::uint32_t samples = 0;
    Counts any;
    std::map<Place, Counts> objects;  // those that were ever held
    std::uint32_t name_changes = 0;
  };
  struct Before {
    std::map<Place, std::uint64_t> versions;
    std::uint32_t name_changes = 0;
  };

  void sample_registry(const std::string& name, Sampled& sampled) const;
  void compare(const Sampled& sampled, const Before* before, double seconds,
               std::vector<EntryInfo> objects, RegistryRate& rate, Rates& rates) const;

  const Session& session_;
  std::vector<std::string> names_;
  std::map<std::string, Sampled> sampled_;  // since the last look
  std::map<std::string, Before> before_;
  Clock::time_point last_;
  std::chrono::milliseconds pause_{50};
};

}  // namespace ipcarc::tool
