// A registry that keeps its name, in the bench's folder: to be attached to, measured from outside, and gone with the folder.
#pragma once

#include <unistd.h>

#include <optional>
#include <string>

#include "ipcarc/registry.hpp"
#include "topic.hpp"

namespace ipcarc::bench {

class ScratchRegistry {
 public:
  explicit ScratchRegistry(const std::string& folder, std::uint32_t max_objects = 0,
                           std::uint64_t capacity_bytes = 0, bool huge_pages = true)
      : options_(options_in(folder, max_objects, capacity_bytes, huge_pages)),
        name_(fresh_name()),
        registry_(Registry::open(name_, options_)) {}
  ~ScratchRegistry() { Registry::destroy(name_, options_); }
  ScratchRegistry(const ScratchRegistry&) = delete;
  ScratchRegistry& operator=(const ScratchRegistry&) = delete;

  Registry& operator*() { return *registry_; }
  Registry* operator->() { return &*registry_; }
  /// This process's own opening ends; the file and its name stay.
  void let_go() { registry_.reset(); }
  const std::string& name() const { return name_; }
  const Options& options() const { return options_; }
  std::string path() const { return options_.directory + "/ipcarc." + name_; }

 private:
  static Options options_in(const std::string& folder, std::uint32_t max_objects,
                            std::uint64_t capacity_bytes, bool huge_pages) {
    Options options;
    options.directory = folder;
    options.max_objects = max_objects;
    options.capacity_bytes = capacity_bytes;
    options.huge_pages = huge_pages;
    return options;
  }
  static std::string fresh_name() {
    static int opened = 0;
    return std::to_string(::getpid()) + "." + std::to_string(opened++);
  }

  Options options_;
  std::string name_;
  std::optional<Registry> registry_;
};

}  // namespace ipcarc::bench
