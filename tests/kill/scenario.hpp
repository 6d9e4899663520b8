// A scenario: a registry prepared, one operation of a process that is to be killed, and what may be found afterwards.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "content.hpp"
#include "ipcarc/ipcarc.hpp"
#include "lines.hpp"
#include "runner.hpp"
#include "workspace.hpp"

namespace ipcarc::kill {

/// Tells about what a process holds, under keys of its own.
using Look = std::function<void(Lines&)>;

struct Scenario {
  std::string name;
  /// Makes the registry. Runs in a process that is killed at its end, so that what is to stay is pinned. Empty: no file.
  std::function<void(const Options&)> prepare;
  /// A process that is attached before the victim starts and lives on. Called with the registry; what it gives looks at what it holds
  /// and has `keep` hold it. Empty: nobody.
  std::function<Look(Registry&)> keep;
  /// The victim: gets ready, mark_begin(), the operation, mark_end().
  std::function<void(const Options&)> victim;
  /// What there is to look at.
  std::vector<Item> items;
  /// The object that the victim guards, for the rule of poisoning; empty: none may be poisoned but by `prepare`.
  std::string guarded;
  Follow follow = Follow::parent;
  /// The keeper's look blocks until the victim, or `finish`, has done its part.
  bool keeper_waits = false;
  /// ... and begins once the victim has come to its mark_begin().
  bool victim_first = false;
  /// Done by the fresh survivor at its end, for a keeper that waits.
  std::function<void(Registry&)> finish;
  /// Done by the fresh survivor once it has opened the registry: looks at what is not among `items`, throws if it is not as it should be, and
  /// leaves it as it does after every kill.
  std::function<void(Registry&)> settle;
  /// No room is left for the survivors' exercise.
  bool crowded = false;
  /// The operation unlinks the file that the keeper is in.
  bool destroys = false;
  /// No more than every n-th kill point in the skipping mode, for long operations whose changes are alike.
  std::uint64_t stride = 1;
  /// Whether it serves the reaper's scenarios.
  bool reap = true;
};

/// All of them, in the order of the table.
const std::vector<Scenario>& scenarios();

}  // namespace ipcarc::kill
