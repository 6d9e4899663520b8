// The judgement of one kill: what the survivors told, against what they tell where nobody is killed in between.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace ipcarc::kill {

enum class Verdict : std::uint8_t { clean, poisoned, hung, torn, leaked };

/// What the survivors of one kill told, as survive() and Keeper::look() say it.
using Observation = std::map<std::string, std::string>;

/// "(nothing)" if it was not told.
const std::string& get(const Observation& observation, const std::string& key);

/// Who looks first after the kill: the one that was attached meanwhile, or one that opens the registry, and reaps.
enum class First : std::uint8_t { keeper, fresh };

/// What is told when the victim is killed before the first instruction of its operation, and after the last.
struct References {
  Observation before;
  Observation after;
};

/// Each value as before or as after; `guarded` poisoned exactly if the victim, at `stage`, held its guard; the heap's use that of the same values
/// in one of the references. `what`: what is wrong, if something is.
Verdict judge(const Observation& seen, const References& references, const std::string& guarded,
              First first, std::uint32_t stage, std::string& what);

}  // namespace ipcarc::kill
