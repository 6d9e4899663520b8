// The processes that live on: a fresh one that opens the registry after the kill, and one that was attached all the time.
#pragma once

#include <sys/types.h>

#include <functional>

#include "lines.hpp"
#include "scenario.hpp"

namespace ipcarc::kill {

/// How long a survivor may take for all it does. A survivor that takes longer hangs.
inline constexpr unsigned deadline_s = 5;

/// Runs `body` in a process of its own with that deadline. Its wait status. `lines` gets what it said; an exception becomes a fault.
int in_process(Lines& lines, const std::function<void()>& body, unsigned limit_s = deadline_s);

/// The whole of section 11, by a process that opens the registry anew. Adds to `lines`: "value.NAME" of every item, "used" (heap bytes after
/// reaping, nothing poisoned any more), "first_used" (the same before anything was looked at or mended), and faults.
/// `expected_participants`: with this one; 0: any number.
void survive(Lines& lines, const Scenario& scenario, const Workspace& workspace,
             std::uint32_t expected_participants, bool recover);

/// The process that is attached all the time.
class Keeper {
 public:
  Keeper(const Scenario& scenario, const Workspace& workspace);
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  /// Has it look at the items and at what it holds: "kept.KEY". Its wait status, or 0 if it lives on.
  int look(Lines& lines);
  /// Lets it start a look that blocks, and returns when it sleeps.
  void begin_look();
  int end_look(Lines& lines);
  /// Has it leave the registry. Its wait status.
  int leave();

 private:
  [[noreturn]] void serve(const Scenario& scenario, const Workspace& workspace, int channel);
  void tell();
  int collect();

  Lines lines_;
  pid_t pid_ = -1;
  int channel_ = -1;
};

}  // namespace ipcarc::kill
