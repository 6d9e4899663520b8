// A folder in memory for sockets, databases and registries that need a name, gone when this process ends, even by SIGKILL: another process,
// which ignores what a terminal sends, waits for the end of a pipe and removes it.
#pragma once

#include <sys/types.h>

#include <string>

namespace ipcarc::bench {

class Scratch {
 public:
  Scratch();
  /// Returns when the folder is gone.
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int pipe_ = -1;
  pid_t janitor_ = -1;
};

}  // namespace ipcarc::bench
