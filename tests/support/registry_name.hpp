// A registry's name that no other test has (unique_name.hpp), whose file is gone at the end of the
// scope, also when the test fails.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "support/unique_name.hpp"

namespace ipcarc::test {

class RegistryName {
 public:
  /// `directory`: where the registry lies; empty: IPCARC_DIR, or /dev/shm.
  explicit RegistryName(std::string_view what, std::string_view directory = {})
      : name_(unique_name(what)) {
    const char* const set = std::getenv("IPCARC_DIR");
    const std::string place = !directory.empty() ? std::string(directory)
                              : set != nullptr   ? std::string(set)
                                                 : std::string("/dev/shm");
    path_ = place + "/ipcarc." + name_;
  }
  ~RegistryName() {
    // A forked child's copy of the name is its parent's to clean up.
    if (owner_ == ::getpid()) {
      ::unlink(path_.c_str());
    }
  }
  RegistryName(const RegistryName&) = delete;
  RegistryName& operator=(const RegistryName&) = delete;

  const std::string& str() const { return name_; }
  operator std::string_view() const { return name_; }  // NOLINT: it is one
  const std::string& path() const { return path_; }
  bool exists() const { return ::access(path_.c_str(), F_OK) == 0; }

 private:
  std::string name_;
  std::string path_;
  pid_t owner_ = ::getpid();
};

}  // namespace ipcarc::test
