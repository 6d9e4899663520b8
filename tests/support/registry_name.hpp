// A registry's name that no other test has, whose file is gone at the end of the scope, also when
// the test fails.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <string_view>

namespace ipcarc::test {

class RegistryName {
 public:
  /// `directory`: where the registry lies; empty: IPCARC_DIR, or /dev/shm.
  explicit RegistryName(std::string_view what, std::string_view directory = {})
      : name_(std::string(what) + "." + std::to_string(::getpid()) + "." +
              std::to_string(next().fetch_add(1))) {
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
  static std::atomic<int>& next() {
    static std::atomic<int> count{0};
    return count;
  }

  std::string name_;
  std::string path_;
  pid_t owner_ = ::getpid();
};

}  // namespace ipcarc::test
