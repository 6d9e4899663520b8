// A plugin, loaded for a scope.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "plugin.hpp"

namespace ipcarc::test {

// A copy keeps what it makes once for good, and unloading loses it: some hundred bytes, which ASan would report.
#ifdef __has_feature
inline constexpr bool is_unloaded = !__has_feature(address_sanitizer);
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr bool is_unloaded = false;
#else
inline constexpr bool is_unloaded = true;
#endif

class Loaded {
 public:
  explicit Loaded(const char* file) : library_(::dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
    if (library_ == nullptr) {
      throw std::runtime_error(::dlerror());
    }
    plugin_ = static_cast<const Plugin*>(::dlsym(library_, "ipcarc_test_plugin"));
  }
  ~Loaded() {
    if (is_unloaded) {
      ::dlclose(library_);
    }
  }
  Loaded(const Loaded&) = delete;
  Loaded& operator=(const Loaded&) = delete;

  const Plugin* operator->() const { return plugin_; }

 private:
  void* library_;
  const Plugin* plugin_;
};

}  // namespace ipcarc::test
