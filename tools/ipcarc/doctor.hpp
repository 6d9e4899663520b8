// What on this machine would get in the way of registries, and what helps. Each finding is one thing; files are read, nothing is changed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ipcarc/session.hpp"

namespace ipcarc::tool {

enum class Health {
  good,
  warning,  // works, and may surprise
  bad,      // does not work, or something is to be mended
};

struct Diagnosis {
  Health health;
  std::string subject;
  std::string text;
  std::string cure;  // of what is not good
};

/// The filesystem of the directory, limits, huge pages, systemd.
void examine_machine(const Session& session, std::vector<Diagnosis>& found);
/// The registries of the directory, and what only has the name of one.
void examine_registries(const Session& session, std::vector<Diagnosis>& found);
/// What the last `RemoveIPC=` of a logind.conf says; `otherwise` if there is none.
bool removes_ipc(std::string_view configuration, bool otherwise);

}  // namespace ipcarc::tool
