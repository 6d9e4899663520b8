#include "scratch.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace ipcarc::bench {

Scratch::Scratch() {
  std::string path = "/dev/shm/ipcarc-bench.XXXXXX";
  int ends[2];
  if (::mkdtemp(path.data()) == nullptr || ::pipe2(ends, O_CLOEXEC) != 0) {
    throw std::runtime_error("no folder on /dev/shm for the bench");
  }
  path_ = path;
  pipe_ = ends[1];
  janitor_ = ::fork();
  if (janitor_ < 0) {
    throw std::runtime_error("fork");
  }
  if (janitor_ == 0) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
      ::signal(signal, SIG_IGN);
    }
    ::close(ends[1]);
    char nothing = 0;
    while (::read(ends[0], &nothing, 1) > 0) {
    }
    // Who still writes into it dies with the bench, but not at the same instant.
    std::error_code error;
    for (int attempt = 0; attempt < 50; ++attempt) {
      std::filesystem::remove_all(path_, error);
      if (!std::filesystem::exists(path_, error)) {
        ::_exit(0);
      }
      ::usleep(100'000);
    }
    ::_exit(1);
  }
  ::close(ends[0]);
}

Scratch::~Scratch() {
  ::close(pipe_);
  ::waitpid(janitor_, nullptr, 0);
}

}  // namespace ipcarc::bench
