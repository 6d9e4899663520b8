// A child process that is stopped at the entry and the exit of each of its system calls.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <functional>

namespace ipcarc::test {

class Stepped {
 public:
  explicit Stepped(const std::function<void()>& body) {
    // The victim's own children are this process's to wait for, once it is dead.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    std::fflush(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::alarm(60);
      if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) {
        ::_exit(3);
      }
      ::raise(SIGSTOP);
      body();
      ::_exit(::testing::Test::HasFailure() ? 1 : 0);
    }
    wait();
  }
  ~Stepped() {
    if (running_) {
      kill();
    }
  }
  Stepped(const Stepped&) = delete;
  Stepped& operator=(const Stepped&) = delete;

  // To the next stop. False once it has ended.
  bool step() {
    ::ptrace(PTRACE_SYSCALL, pid_, nullptr, reinterpret_cast<void*>(static_cast<long>(pending_)));
    return wait();
  }
  // Without a further stop to its end. Its code.
  int run() {
    while (running_) {
      ::ptrace(PTRACE_CONT, pid_, nullptr, reinterpret_cast<void*>(static_cast<long>(pending_)));
      wait();
    }
    return exit_code();
  }
  void kill() {
    ::kill(pid_, SIGKILL);
    while (wait()) {
    }
    while (::waitpid(-1, nullptr, 0) > 0) {
    }
  }
  int exit_code() const { return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1; }

 private:
  bool wait() {
    if (::waitpid(pid_, &status_, 0) != pid_ || WIFEXITED(status_) || WIFSIGNALED(status_)) {
      running_ = false;
      return false;
    }
    const int signal = WSTOPSIG(status_);
    pending_ = signal == SIGTRAP || signal == SIGSTOP ? 0 : signal;
    return true;
  }

  pid_t pid_ = -1;
  int status_ = 0;
  int pending_ = 0;
  bool running_ = true;
};

}  // namespace ipcarc::test
