// A process that steps through an operation instruction by instruction, and does something after
// the n-th change that it made in the segment: to be killed there, or to be held there.
//
// By the processor's trap flag: x86-64 only, some 50 us an instruction on a virtual machine.
#pragma once

#include <signal.h>
#include <unistd.h>

#include <cstring>
#include <memory>

#include "heap_user.hpp"

namespace ipcarc::test {

/// What a stepping process watches: bytes of the segment, and how they were at the last change.
struct Watched {
  const std::byte* memory = nullptr;
  std::size_t bytes = 0;
  std::unique_ptr<std::byte[]> before;

  void look_at(const std::byte* from, const std::byte* to) {
    memory = from;
    bytes = static_cast<std::size_t>(to - from);
    before = std::make_unique<std::byte[]>(bytes);
    std::memcpy(before.get(), memory, bytes);
  }
  bool changed() const {
    if (std::memcmp(memory, before.get(), bytes) == 0) {
      return false;
    }
    std::memcpy(before.get(), memory, bytes);
    return true;
  }
};
struct Watch {
  Watched parts[2];
  std::uint64_t changes_left;
  int signal;
};
inline Watch watch;

// The kernel calls it after each instruction of the operation, with stepping off inside.
// Instructions that change nothing in the segment are all one point to be killed at.
inline void on_step(int) {
  const bool first = watch.parts[0].changed();
  const bool second = watch.parts[1].changed();
  if ((first || second) && watch.changes_left != 0 && --watch.changes_left == 0) {
    ::kill(::getpid(), watch.signal);
  }
}

/// Sets or clears the processor's trap flag: from here on each instruction ends with SIGTRAP.
[[gnu::always_inline]] inline void step_instructions(bool on) {
  constexpr std::uint64_t trap_flag = 0x100;
  const std::uint64_t flags = __builtin_ia32_readeflags_u64();
  __builtin_ia32_writeeflags_u64(on ? flags | trap_flag : flags & ~trap_flag);
}

enum class What { tables, tables_and_pages };

/// Runs `operation`, and sends `signal` to this process right after the instruction that makes the
/// `changes`-th change in the heap's tables, or in its pages too. False if it makes fewer.
template <class Operation>
bool run_stepping(HeapUser& user, What what, std::uint64_t changes, int signal,
                  Operation operation) {
  const detail::Geometry& geometry = user.segment().geometry();
  watch.parts[0].look_at(user.memory(0), user.memory(geometry.participants));
  watch.parts[1].look_at(user.memory(geometry.page_table),
                         user.memory(what == What::tables ? geometry.heap : geometry.file_bytes));
  watch.changes_left = changes;
  watch.signal = signal;
  ::signal(SIGTRAP, on_step);
  step_instructions(true);
  operation();
  step_instructions(false);
  return watch.changes_left == 0;
}

}  // namespace ipcarc::test
