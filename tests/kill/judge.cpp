#include "judge.hpp"

#include "runner.hpp"

namespace ipcarc::kill {
namespace {

bool is_value(const std::string& key) {
  return key.starts_with("value.") || key.starts_with("kept.");
}

std::string item_of(const std::string& key) {
  return key.substr(key.find('.') + 1);
}

/// Without the version.
std::string contents_of(const std::string& value) {
  return value.substr(0, value.find(" v"));
}

class Judge {
 public:
  Judge(const References& references, const std::string& guarded)
      : references_(references), guarded_(guarded) {}

  Verdict judge(const Observation& seen, First first, std::uint32_t stage,
                std::string& what) const {
    Verdict verdict = Verdict::clean;
    const auto blame = [&](Verdict found, const std::string& text) {
      // Of several, the worst names the point: a hang, then damage, then a leak.
      if (verdict == Verdict::clean || verdict == Verdict::poisoned || found < verdict) {
        verdict = found;
      }
      what += (what.empty() ? "" : "; ") + text;
    };
    bool poisoned = false;
    for (const auto& [key, value] : seen) {
      if (key.starts_with("fault.")) {
        blame(value.starts_with("hung")     ? Verdict::hung
              : value.starts_with("leaked") ? Verdict::leaked
                                            : Verdict::torn,
              value);
      } else if (is_value(key)) {
        judge_value(key, value, first == First::fresh && get(seen, "mended") == "1", stage,
                    poisoned, blame);
      }
    }
    if (get(seen, "done") != "1" && verdict == Verdict::clean) {
      blame(Verdict::torn, "the fresh survivor did not finish");
    }
    if (verdict == Verdict::clean) {
      judge_memory(seen, poisoned, blame);
    }
    return verdict == Verdict::clean && poisoned ? Verdict::poisoned : verdict;
  }

 private:
  template <class Blame>
  void judge_value(const std::string& key, const std::string& value, bool mended_first,
                   std::uint32_t stage, bool& poisoned, Blame& blame) const {
    const std::string& before = get(references_.before, key);
    const std::string& after = get(references_.after, key);
    if (mended_first && key.starts_with("kept.")) {
      // The survivor has made it anew, as it was before, in one version or another.
      if (contents_of(value) != contents_of(before) && contents_of(value) != contents_of(after)) {
        blame(Verdict::torn, key + ", mended: found " + value + ", expected " + before);
      }
      return;
    }
    if (item_of(key) == guarded_) {
      if (value == "poisoned" && before != "poisoned") {
        poisoned = true;
        if (stage == Stage::outside) {
          blame(Verdict::torn, key + " is poisoned, and the victim held no guard");
        }
        return;
      }
      if (stage == Stage::inside && value != "poisoned") {
        blame(Verdict::torn, key + " is not poisoned, and the victim held its guard");
        return;
      }
    }
    if (value != before && value != after) {
      blame(Verdict::torn, key + ": found " + value + ", expected " + before +
                               (before == after ? "" : " or " + after));
    }
  }

  // The heap holds exactly what it holds without a kill when the same objects live.
  template <class Blame>
  void judge_memory(const Observation& seen, bool poisoned, Blame& blame) const {
    const auto same = [&](const Observation& reference) {
      for (const auto& [key, value] : seen) {
        if (key.starts_with("value.") && key != "value.(file)" &&
            !(poisoned && item_of(key) == guarded_) && value != get(reference, key)) {
          return false;
        }
      }
      return true;
    };
    for (const char* key : {"used", "first_used"}) {
      if (!seen.contains(key)) {
        continue;
      }
      const std::string& used = get(seen, key);
      const bool right = (same(references_.before) && used == get(references_.before, key)) ||
                         (same(references_.after) && used == get(references_.after, key));
      if (!right) {
        blame(Verdict::leaked, std::string(key) + ": " + used + " heap bytes, expected " +
                                   get(references_.before, key) + " or " +
                                   get(references_.after, key));
      }
    }
  }

  const References& references_;
  const std::string& guarded_;
};

}  // namespace

const std::string& get(const Observation& observation, const std::string& key) {
  static const std::string none = "(nothing)";
  const auto found = observation.find(key);
  return found == observation.end() ? none : found->second;
}

Verdict judge(const Observation& seen, const References& references, const std::string& guarded,
              First first, std::uint32_t stage, std::string& what) {
  return Judge(references, guarded).judge(seen, first, stage, what);
}

}  // namespace ipcarc::kill
