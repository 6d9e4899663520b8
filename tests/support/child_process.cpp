#include "support/child_process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <system_error>
#include <utility>

namespace ipcarc::test {
namespace {

[[noreturn]] void run(const std::function<void()>& body, std::chrono::seconds deadline) {
  ::signal(SIGALRM, SIG_DFL);
  ::alarm(static_cast<unsigned>(deadline.count()));
  int code = 0;
  try {
    body();
    code = ::testing::Test::HasFailure() ? 1 : 0;
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "in a child: %s\n", exception.what());
    code = 2;
  }
  std::fflush(nullptr);
  ::_exit(code);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Exit& exit) {
  if (exit.timed_out) {
    return out << "did not end";
  }
  return exit.signal != 0 ? out << "killed by signal " << exit.signal
                          : out << "ended with " << exit.code;
}

Child::Child(const std::function<void()>& body, std::chrono::seconds deadline)
    : deadline_(deadline) {
  std::fflush(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) {
    throw std::system_error(errno, std::generic_category(), "fork");
  }
  if (pid_ == 0) {
    run(body, deadline);
  }
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), deadline_(other.deadline_) {}

Child::~Child() {
  if (pid_ > 0) {
    kill();
  }
}

void Child::send(int signal) const {
  ::kill(pid_, signal);
}

Exit Child::kill() {
  send(SIGKILL);
  return wait();
}

Exit Child::wait() {
  const auto end = std::chrono::steady_clock::now() + deadline_ + std::chrono::seconds(5);
  Exit exit;
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
    if (ended == pid_) {
      if (WIFSIGNALED(status)) {
        exit.signal = WTERMSIG(status);
      } else {
        exit.code = WEXITSTATUS(status);
      }
      break;
    }
    if (ended < 0 && errno != EINTR) {
      break;
    }
    if (std::chrono::steady_clock::now() > end) {
      exit.timed_out = true;
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, &status, 0);
      break;
    }
    ::usleep(500);
  }
  pid_ = -1;
  return exit;
}

Exit run_in_child(const std::function<void()>& body, std::chrono::seconds deadline) {
  return Child(body, deadline).wait();
}

Signal::Signal() {
  if (::pipe2(ends_, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe2");
  }
}

Signal::~Signal() {
  ::close(ends_[0]);
  ::close(ends_[1]);
}

void Signal::give() const {
  const char byte = 0;
  if (::write(ends_[1], &byte, 1) != 1) {
    std::abort();
  }
}

bool Signal::await(std::chrono::seconds deadline) const {
  pollfd ready{ends_[0], POLLIN, 0};
  char byte = 0;
  return ::poll(&ready, 1, static_cast<int>(deadline.count()) * 1000) == 1 &&
         ::read(ends_[0], &byte, 1) == 1;
}

}  // namespace ipcarc::test
