// Child processes for tests: forked, watched, never left behind.
//
// Each child has an alarm, and each wait a deadline: a test that hangs ends with a failure that
// says so. A child ends by _exit, or by whatever signal the test sends it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <ostream>

namespace ipcarc::test {

/// How a child ended.
struct Exit {
  int code = -1;   // of _exit; -1: it was killed, or did not end
  int signal = 0;  // that killed it
  bool timed_out = false;

  bool ok() const { return code == 0; }
  bool killed_by(int expected) const { return signal == expected; }
  friend std::ostream& operator<<(std::ostream& out, const Exit& exit);
};

inline constexpr std::chrono::seconds child_deadline{60};

class Child {
 public:
  /// Forks. In the child: runs `body` and ends with 0; with 1 if a check of GoogleTest failed, with
  /// 2 if an exception came out.
  explicit Child(const std::function<void()>& body, std::chrono::seconds deadline = child_deadline);
  /// Kills and collects a child that is not collected yet.
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;

  pid_t pid() const { return pid_; }
  void send(int signal) const;
  /// SIGKILL, and collects it: when this returns, its locks are gone.
  Exit kill();
  /// Waits for its end; kills it after the deadline.
  Exit wait();

 private:
  pid_t pid_;
  std::chrono::seconds deadline_;
};

/// A child that runs `body`, waited for.
Exit run_in_child(const std::function<void()>& body,
                  std::chrono::seconds deadline = child_deadline);

/// A one-way signal between processes: made before the fork, given by one side, awaited by the
/// other.
class Signal {
 public:
  Signal();
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  /// Lets one await() through, now or later.
  void give() const;
  /// False if nobody gave it within the deadline.
  bool await(std::chrono::seconds deadline = child_deadline) const;

 private:
  int ends_[2];
};

}  // namespace ipcarc::test
