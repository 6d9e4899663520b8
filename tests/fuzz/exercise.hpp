// Everything that a process does with a registry, done with one that was damaged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace ipcarc::fuzz {

/// How an exercise ended: 0; that of a signal; or a code of the child's.
struct Outcome {
  int code = 0;
  int signal = 0;
  bool timed_out = false;

  bool good() const { return code == 0 && signal == 0 && !timed_out; }
  std::string describe() const;
};

inline constexpr int wrong_exception = 3;
inline constexpr unsigned deadline_s =
    120;  // the waits of one exercise sum up to seconds, and a machine can be busy

/// Damages a segment by `input` and attaches, lists, looks up, holds, locks, allocates, changes, frees, checks, reaps and leaves, in a
/// child process with a deadline. Good: nothing but ipcarc::Error came out, and in time. `at_end` runs in the child, last.
Outcome exercise(std::span<const std::uint8_t> input, const std::string& directory,
                 const std::function<void()>& at_end = {});

}  // namespace ipcarc::fuzz
