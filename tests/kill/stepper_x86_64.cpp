// The stepper for x86-64: single steps by the trap flag, breakpoints by int3.
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "stepper.hpp"

#if !defined(__x86_64__)
#error "the kill stepper is written for x86-64"
#endif

namespace ipcarc::kill {
namespace {

constexpr unsigned char int3 = 0xCC;

std::uint64_t address_of_end() {
  return reinterpret_cast<std::uint64_t>(&mark_end);
}

/// Of an operand `r/m`: in memory, and not on the stack (base rsp).
bool is_memory(const unsigned char* modrm, bool extended_base) {
  const bool memory = (modrm[0] >> 6) != 3;
  const bool stack = (modrm[0] & 7) == 4 && (modrm[1] & 7) == 4 && !extended_base;
  return memory && !stack;
}

/// False only for instructions that are known not to write to memory but the stack. Those are most of them, and sparing
/// the comparison of the segment after each makes a recording several times faster.
bool may_store(const unsigned char* at) {
  bool extended_base = false;
  for (int i = 0; i < 3; ++i, ++at) {
    if (*at >= 0x40 && *at <= 0x4F) {
      extended_base = (*at & 1) != 0;
    } else if (*at != 0x66) {
      break;
    }
  }
  const unsigned char op = *at;
  const unsigned char* const modrm = at + 1;
  const unsigned field = (modrm[0] >> 3) & 7U;
  if (op == 0x0F) {
    const unsigned char second = at[1];
    const bool conditional =
        (second >= 0x80 && second <= 0x8F) || (second >= 0x40 && second <= 0x4F);
    const bool widening = (second & 0xF6) == 0xB6 || second == 0xAF || second == 0x1F;
    return !conditional && !widening;
  }
  if (op < 0x40 && (op & 7) >= 2 && (op & 7) <= 5) {
    return false;  // arithmetic into a register
  }
  switch (op) {
    case 0x38:
    case 0x39:  // cmp
    case 0x63:
    case 0x84:
    case 0x85:
    case 0x8A:
    case 0x8B:
    case 0x8D:  // into registers, or test
    case 0x90:
    case 0x98:
    case 0x99:
    case 0xA8:
    case 0xA9:
    case 0xC3:
    case 0xC9:
    case 0xE8:
    case 0xE9:
    case 0xEB:  // calls write to the stack
      return false;
    case 0x80:
    case 0x81:
    case 0x83:
      return field != 7 && is_memory(modrm, extended_base);
    case 0xF6:
    case 0xF7:
      return field != 0 && is_memory(modrm, extended_base);
    case 0xFF:
      return field < 2 && is_memory(modrm, extended_base);
    case 0x88:
    case 0x89:
    case 0xC6:
    case 0xC7:
      return is_memory(modrm, extended_base);
    default:
      break;
  }
  const bool stack_or_jump = (op >= 0x50 && op <= 0x5F) || (op >= 0x70 && op <= 0x7F);
  const bool load_constant = op >= 0xB0 && op <= 0xBF;
  return !stack_or_jump && !load_constant;
}

}  // namespace

void mark_begin() {
  asm volatile("int3" ::: "memory");
}

void mark_end() {
  asm volatile("int3" ::: "memory");
}

bool Tracee::wait_stop() {
  for (;;) {
    const pid_t got = ::waitpid(pid_, &status_, __WALL);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got != pid_ || !WIFSTOPPED(status_)) {
      ended_ = true;
      return false;
    }
    return true;
  }
}

bool Tracee::resume(int request) {
  const int signal = signal_;
  signal_ = 0;
  if (ended_ || ::ptrace(static_cast<__ptrace_request>(request), pid_, nullptr,
                         static_cast<long>(signal)) != 0) {
    ended_ = true;
    return false;
  }
  if (!wait_stop()) {
    return false;
  }
  if (status_ >> 16 == PTRACE_EVENT_FORK) {
    unsigned long child = 0;
    ::ptrace(PTRACE_GETEVENTMSG, pid_, nullptr, &child);
    split(static_cast<pid_t>(child));
    return true;
  }
  const int stopped_by = WSTOPSIG(status_);
  if (stopped_by == SIGSEGV || stopped_by == SIGABRT || stopped_by == SIGBUS ||
      stopped_by == SIGILL || stopped_by == SIGFPE) {
    return false;
  }
  if (stopped_by != SIGTRAP) {
    signal_ = stopped_by;
  }
  return true;
}

void Tracee::split(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, __WALL);
  if (breakpoint_ != 0) {
    poke(child, breakpoint_, replaced_);
  }
  if (follow_ == Follow::parent) {
    ::ptrace(PTRACE_DETACH, child, nullptr, nullptr);
    return;
  }
  if (breakpoint_ != 0) {
    poke(pid_, breakpoint_, replaced_);
    breakpoint_ = 0;
  }
  ::ptrace(PTRACE_DETACH, pid_, nullptr, nullptr);
  pid_ = child;
  ::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_EXITKILL);
}

bool Tracee::await_begin() {
  if (!wait_stop() || WSTOPSIG(status_) != SIGTRAP) {
    return false;
  }
  ::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK);
  const pid_t parent = pid_;
  while (follow_ == Follow::child && pid_ == parent) {
    if (!resume(PTRACE_CONT)) {
      return false;
    }
  }
  return true;
}

std::uint64_t Tracee::ip() const {
  return static_cast<std::uint64_t>(
      ::ptrace(PTRACE_PEEKUSER, pid_, offsetof(user_regs_struct, rip), nullptr));
}

Tracee::Effect Tracee::next_effect() const {
  unsigned char bytes[8] = {};
  if (!read(ip(), bytes, sizeof bytes)) {
    return Effect::store;
  }
  if (bytes[0] == 0x0F && bytes[1] == 0x05) {
    return Effect::syscall;
  }
  return may_store(bytes) ? Effect::store : Effect::none;
}

bool Tracee::at_end() const {
  return ip() == address_of_end();
}

bool Tracee::step() {
  return resume(PTRACE_SINGLESTEP);
}

void Tracee::poke(pid_t pid, std::uint64_t address, unsigned char byte) const {
  errno = 0;
  const long word = ::ptrace(PTRACE_PEEKTEXT, pid, address, nullptr);
  ::ptrace(PTRACE_POKETEXT, pid, address, (word & ~0xFFL) | byte);
}

bool Tracee::run_to(std::uint64_t address, std::uint32_t arrivals) {
  if (ip() == address) {
    if (--arrivals == 0) {
      return true;
    }
  }
  if (!read(address, &replaced_, 1)) {
    return false;
  }
  while (arrivals > 0) {
    // Off the address first; a repeated instruction stays there for a while.
    while (ip() == address) {
      if (!step()) {
        return false;
      }
    }
    poke(pid_, address, int3);
    breakpoint_ = address;
    const bool alive = resume(PTRACE_CONT);
    if (!alive) {
      return false;
    }
    if (ip() == address + 1) {
      ::ptrace(PTRACE_POKEUSER, pid_, offsetof(user_regs_struct, rip), address);
      --arrivals;
    } else if (ip() == address) {
      --arrivals;  // stopped there by a fork, before the breakpoint
    } else if (ip() == address_of_end() + 1) {
      return false;
    }
    poke(pid_, address, replaced_);
    breakpoint_ = 0;
  }
  return true;
}

bool Tracee::read(std::uint64_t address, void* to, std::size_t bytes) const {
  const iovec local{to, bytes};
  const iovec remote{reinterpret_cast<void*>(address), bytes};
  return ::process_vm_readv(pid_, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(bytes);
}

std::uint64_t Tracee::robust_head() const {
  void* head = nullptr;
  std::size_t bytes = 0;
  ::syscall(SYS_get_robust_list, pid_, &head, &bytes);
  return reinterpret_cast<std::uint64_t>(head);
}

void Tracee::kill() {
  if (ended_) {
    // Stopped by a fault of its own it is still there.
    if (WIFSTOPPED(status_)) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, &status_, __WALL);
    }
    return;
  }
  ended_ = true;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, &status_, __WALL) == pid_ && WIFSTOPPED(status_)) {
  }
}

}  // namespace ipcarc::kill
