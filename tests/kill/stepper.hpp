// One thread of a traced process, moved instruction by instruction. What depends on the processor is in stepper_x86_64.cpp.
//
// Thread safety: a Tracee belongs to the thread that made it, which is the tracer. The traced process is a child of it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace ipcarc::kill {

/// Called by the traced process: the operation starts behind it.
[[gnu::noinline]] void mark_begin();
/// Called by the traced process: the operation is over. It is killed here at the latest.
[[gnu::noinline]] void mark_end();

/// Which process is stepped if the traced one forks; the other one runs freely.
enum class Follow : std::uint8_t { parent, child };

class Tracee {
 public:
  Tracee(pid_t pid, Follow follow) : pid_(pid), follow_(follow) {}
  ~Tracee() { kill(); }
  Tracee(const Tracee&) = delete;
  Tracee& operator=(const Tracee&) = delete;

  /// Waits until it has passed mark_begin() (Follow::child: until the child that it forks behind that mark has begun). False: it ended.
  bool await_begin();
  /// The address of the instruction that is executed next.
  std::uint64_t ip() const;
  /// What that instruction can do to others: `none` only if it writes to no memory but the stack, and enters no kernel.
  enum class Effect : std::uint8_t { none, store, syscall };
  Effect next_effect() const;
  /// Whether it is at mark_end().
  bool at_end() const;
  /// Executes one instruction, or one round of a repeated one. False: the process ended, or is about to.
  bool step();
  /// Goes on until the instruction at `address` is about to be executed for the `arrivals`-th time, being there at
  /// present included. False: the process ended, or came to mark_end().
  bool run_to(std::uint64_t address, std::uint32_t arrivals);
  bool read(std::uint64_t address, void* to, std::size_t bytes) const;
  /// The address of the thread's robust list head.
  std::uint64_t robust_head() const;
  /// SIGKILL; when this returns, the kernel has let go of all that the process had.
  void kill();
  /// What ended it, or what it is stopped by, as waitpid() says.
  int status() const { return status_; }
  pid_t pid() const { return pid_; }

 private:
  bool wait_stop();
  bool resume(int request);
  void split(pid_t child);
  void poke(pid_t pid, std::uint64_t address, unsigned char byte) const;

  pid_t pid_;
  Follow follow_;
  int status_ = 0;
  int signal_ = 0;  // to be delivered at the next resume
  bool ended_ = false;
  std::uint64_t breakpoint_ = 0;  // 0: none
  unsigned char replaced_ = 0;    // the byte under it
};

}  // namespace ipcarc::kill
