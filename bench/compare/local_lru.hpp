// What one process would use as a cache: an std::unordered_map and a list in the order of use, under an std::mutex, within a budget of bytes.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ipcarc::bench {

template <class T>
class LocalLru {
 public:
  explicit LocalLru(std::uint64_t budget_bytes) : most_(budget_bytes / bytes_of_one) {}

  /// Null: none.
  std::shared_ptr<const T> get(std::string_view name) {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(name);
    if (found == places_.end()) {
      return nullptr;
    }
    order_.splice(order_.begin(), order_, found->second);
    return found->second->value;
  }
  void put(std::string_view name, std::shared_ptr<const T> value) {
    const std::lock_guard lock(mutex_);
    if (const auto found = places_.find(name); found != places_.end()) {
      found->second->value = std::move(value);
      order_.splice(order_.begin(), order_, found->second);
      return;
    }
    if (places_.size() >= most_) {
      places_.erase(order_.back().name);
      order_.pop_back();
    }
    order_.push_front({std::string(name), std::move(value)});
    places_.emplace(order_.front().name, order_.begin());
  }

 private:
  struct Item {
    std::string name;
    std::shared_ptr<const T> value;
  };

  // What malloc gives for one: the value with its count, a name of up to 24 bytes, the list's node, the map's node and its bucket.
  static constexpr std::uint64_t bytes_of_one = (sizeof(T) + 32) + 32 + 80 + 48 + 8;

  std::mutex mutex_;
  std::size_t most_;
  std::list<Item> order_;
  std::unordered_map<std::string_view, typename std::list<Item>::iterator> places_;
};

}  // namespace ipcarc::bench
