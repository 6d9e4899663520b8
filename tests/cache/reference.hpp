// S3-FIFO as its paper says it, on the standard library's lists: what the cache's evictions are compared with.
//
// All values are of one size, so the budget is a number of them. Where the paper leaves a choice, this says what the cache does: as many ghosts as
// values; frequency 0 in the main queue's newcomers; a value put again keeps its place and is touched.
#pragma once

#include <algorithm>
#include <list>
#include <map>
#include <string>

namespace ipcarc::test {

class ReferenceCache {
 public:
  explicit ReferenceCache(std::size_t budget) : budget_(budget) {}

  bool contains(const std::string& key) const { return frequency_.contains(key); }
  std::size_t size() const { return frequency_.size(); }
  bool get(const std::string& key) {
    if (!contains(key)) {
      return false;
    }
    frequency_[key] = std::min(3, frequency_[key] + 1);
    return true;
  }
  void put(const std::string& key) {
    if (get(key)) {
      return;
    }
    const bool known = std::erase(ghosts_, key) != 0;
    while (size() + 1 > budget_) {
      evict();
    }
    (known ? main_ : small_).push_back(key);
    frequency_[key] = 0;
  }
  void erase(const std::string& key) {
    frequency_.erase(key);
    std::erase(small_, key);
    std::erase(main_, key);
  }

 private:
  void evict() {
    if (10 * small_.size() >= budget_ || main_.empty()) {
      evict_from_small();
    } else {
      evict_from_main();
    }
  }
  void evict_from_small() {
    while (!small_.empty()) {
      const std::string key = small_.front();
      small_.pop_front();
      if (frequency_[key] <= 1) {
        frequency_.erase(key);
        ghosts_.push_back(key);
        while (ghosts_.size() > size()) {
          ghosts_.pop_front();
        }
        return;
      }
      frequency_[key] = 0;
      main_.push_back(key);
      if (10 * main_.size() > 9 * budget_) {
        return evict_from_main();
      }
    }
    evict_from_main();
  }
  void evict_from_main() {
    for (;;) {
      const std::string key = main_.front();
      main_.pop_front();
      if (frequency_[key] == 0) {
        frequency_.erase(key);
        return;
      }
      --frequency_[key];
      main_.push_back(key);
    }
  }

  std::size_t budget_;
  std::list<std::string> small_;
  std::list<std::string> main_;
  std::list<std::string> ghosts_;
  std::map<std::string, int> frequency_;
};

}  // namespace ipcarc::test
