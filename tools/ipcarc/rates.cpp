#include "ipcarc/rates.hpp"

#include <algorithm>

namespace ipcarc::tool {
namespace {

double part(std::uint32_t count, std::uint32_t samples) {
  return samples != 0 ? static_cast<double>(count) / samples : 0;
}

}  // namespace

void RateMeter::sample_registry(const std::string& name, Sampled& sampled) const {
  Activity activity;
  try {
    activity = Registry::inspect_activity(name, session_.options);
  } catch (const Error&) {
    return;  // gone or unreadable: the next look says so
  }
  bool held = activity.locks_held != 0;
  bool waited = activity.locks_waited_for != 0;
  for (const Activity::Object& object : activity.objects) {
    if (object.locked) {
      Counts& counts = sampled.objects[{object.entry, object.generation}];
      counts.held += 1;
      counts.waited += object.waited_for ? 1 : 0;
      held = true;
      waited = waited || object.waited_for;
    }
  }
  sampled.samples += 1;
  sampled.any.held += held ? 1 : 0;
  sampled.any.waited += waited ? 1 : 0;
  sampled.name_changes = activity.name_changes;
}

void RateMeter::sample() {
  const auto begin = Clock::now();
  for (auto& [name, sampled] : sampled_) {
    sample_registry(name, sampled);
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  pause_ = std::max(std::chrono::milliseconds(50), 9 * took);
}

void RateMeter::compare(const Sampled& sampled, const Before* before, double seconds,
                        std::vector<EntryInfo> objects, RegistryRate& rate, Rates& rates) const {
  if (before != nullptr && sampled.samples != 0) {
    // Unsigned, so a counter that wrapped around is no matter.
    rate.name_changes_per_s = (sampled.name_changes - before->name_changes) / seconds;
  }
  rate.locked = part(sampled.any.held, sampled.samples);
  rate.waited = part(sampled.any.waited, sampled.samples);
  for (EntryInfo& object : objects) {
    const Place place(object.entry, object.generation);
    ObjectRate one;
    if (before != nullptr) {
      const auto was = before->versions.find(place);
      // One that is new since then made all its changes since then.
      const std::uint64_t version = was != before->versions.end() ? was->second : 0;
      one.changes_per_s =
          object.version > version ? static_cast<double>(object.version - version) / seconds : 0;
    }
    if (const auto counts = sampled.objects.find(place); counts != sampled.objects.end()) {
      one.locked = part(counts->second.held, sampled.samples);
      one.waited = part(counts->second.waited, sampled.samples);
    }
    rate.changes_per_s += one.changes_per_s;
    one.registry = rate.registry.file.name;
    one.object = std::move(object);
    rates.objects.push_back(std::move(one));
  }
}

Rates RateMeter::look() {
  sample();
  const Clock::time_point now = Clock::now();
  const double seconds = std::max(1e-3, std::chrono::duration<double>(now - last_).count());
  last_ = now;
  Rates rates;
  std::map<std::string, Before> seen;
  std::map<std::string, Sampled> sampled;
  for (RegistrySeen& registry : look_at_registries(session_, names_)) {
    const std::string name = registry.file.name;
    RegistryRate& rate = rates.registries.emplace_back();
    std::vector<EntryInfo> objects;
    try {
      if (!registry.error) {
        objects = Registry::inspect_entries(name, session_.options);
      }
    } catch (const Error& error) {
      registry.error = error;  // gone, or damaged, since the look before
    }
    rate.registry = std::move(registry);
    rate.sums = sums_of(objects);
    Before& now_seen = seen[name];
    for (const EntryInfo& object : objects) {
      now_seen.versions[{object.entry, object.generation}] = object.version;
    }
    Sampled& since = sampled_[name];
    if (since.samples == 0) {
      sample_registry(name, since);
    }
    now_seen.name_changes = since.name_changes;
    sampled[name].name_changes = since.name_changes;
    const auto before = before_.find(name);
    compare(since, before != before_.end() ? &before->second : nullptr, seconds, std::move(objects),
            rate, rates);
  }
  before_ = std::move(seen);
  sampled_ = std::move(sampled);
  return rates;
}

}  // namespace ipcarc::tool
