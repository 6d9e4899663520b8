// What a registry tells about itself.
#include "registry/core.hpp"
#include "segment/system_retry.hpp"

namespace ipcarc::detail {
namespace {

Core& entered(const CoreView& view) {
  Core& core = const_cast<Core&>(Core::of(view));  // looking changes nothing that a user sees
  core.enter();
  return core;
}

}  // namespace

std::vector<EntryInfo> list_entries(const CoreView& view) {
  return entered(view).directory().list();
}

Stats read_stats(const CoreView& view) {
  Core& core = entered(view);
  Stats stats;
  core.directory().add_stats(stats);
  core.heap().add_stats(stats);
  stats.participants = core.attachment().participants();
  return stats;
}

ReapReport reap_dead(CoreView& view) {
  Core& core = Core::of(view);
  core.attachment().require_attached();
  const NoCancel no_cancel;
  return core.reap();
}

CheckReport check_registry(const CoreView& view) {
  Core& core = entered(view);
  CheckReport report;
  core.directory().check(report);
  core.heap().check(report);
  return report;
}

}  // namespace ipcarc::detail
