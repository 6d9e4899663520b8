// What one process would use: an std::unordered_map of names under an std::shared_mutex, whose values are std::shared_ptr. The local limit.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ipcarc::bench {

template <class T>
class LocalMap {
 public:
  void put(std::string_view name, std::shared_ptr<T> value) {
    const std::unique_lock lock(mutex_);
    values_.insert_or_assign(std::string(name), std::move(value));
  }
  /// Null: none.
  std::shared_ptr<T> get(std::string_view name) const {
    const std::shared_lock lock(mutex_);
    const auto found = values_.find(name);
    return found == values_.end() ? nullptr : found->second;
  }
  bool remove(std::string_view name) {
    const std::unique_lock lock(mutex_);
    const auto found = values_.find(name);
    if (found == values_.end()) {
      return false;
    }
    values_.erase(found);
    return true;
  }

 private:
  // So that a lookup makes no string.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept {
      return std::hash<std::string_view>()(name);
    }
  };

  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<T>, Hash, std::equal_to<>> values_;
};

}  // namespace ipcarc::bench
