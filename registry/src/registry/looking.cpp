// What a registry tells about itself.
#include <cerrno>

#include "directory/check.hpp"
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

CheckReport check_registry(const CoreView& view, const CheckProgress& progress) {
  Core& core = entered(view);
  const int fd = core.segment().descriptor();
  if (fd < 0) {
    throw Error(std::error_code(errno, std::generic_category()),
                "registry \"" + core.name() + "\" (" + core.segment().path() +
                    "): its file cannot be opened again to be checked");
  }
  CheckReport report;
  check_segment(SegmentReader(fd, core.segment().geometry()), core.attachment().slot(), report,
                progress);
  return report;
}

CheckReport inspect_registry(std::string_view name, const Options& options,
                             const CheckProgress& progress) {
  return check_file(name, options.directory, progress);
}

}  // namespace ipcarc::detail
