// Computing once: a reserved entry, absent for all who look, whose mutex is held by the process that computes. Who waits for the
// value waits for that mutex; if the one who computes throws or dies, the next to get it computes.
#include "directory/find.hpp"
#include "registry/building.hpp"
#include "segment/system_retry.hpp"

namespace ipcarc::detail {
namespace {

Version version_of(Core& core, std::uint32_t index) {
  return Version{core.directory().entry(index).version.load(std::memory_order_relaxed)};
}

}  // namespace

Reservation::Reservation(CoreView& view, std::string_view name, const TypeKey& key,
                         Deadline deadline) {
  Core& core = Core::of(view);
  core.enter();
  check_object_name(core, name);
  const NameKey name_key(name);
  Directory& directory = core.directory();
  const NoCancel no_cancel;
  while (!handle_) {
    if (const auto found = directory.lookup_reserved(name_key)) {
      handle_ = Handle(&core, found->index, nullptr);
      require_match(core, found->index, found->state.frozen(), name, key);
      if (found->state.phase() == Phase::reserved) {
        if (!lock_entry(core, found->index, deadline)) {
          throw Error(
              Errc::timed_out,
              core.about(name) +
                  ": expected it to be computed before the deadline, found it in the making");
        }
        // With the mutex: whoever computed is done, or gone.
        mine_ = directory.state(found->index).phase() == Phase::reserved;
        if (mine_) {
          describe_payload(directory.entry(found->index), key);
        } else {
          unlock_entry(core, found->index, version_of(core, found->index));
        }
      }
    } else {
      const std::uint32_t index = begin_entry(core, name_key, key);
      lock_entry(core, index, Deadline::max());
      if (directory.link(index, name_key, Phase::reserved, State::frozen_bit)) {
        handle_ = Handle(&core, index, nullptr);
        mine_ = true;
      } else {
        unlock_entry(core, index, version_of(core, index));
        directory.abandon(index);
      }
    }
  }
  incarnation_ = core.incarnation;
  if (mine_) {
    try {
      build_region(core, handle_.index(), key);
    } catch (...) {
      give_up();
      throw;
    }
  }
  payload_ = require_payload(core, handle_.index(), key);
  handle_.set_payload(payload_);
}

void Reservation::commit() {
  Core& core = Core::of(handle_.core());
  core.enter();
  const NoCancel no_cancel;
  core.directory().complete(handle_.index());
  mine_ = false;
  unlock_entry(core, handle_.index(), version_of(core, handle_.index()));
}

void Reservation::give_up() noexcept {
  Core& core = Core::of(handle_.core());
  const std::uint32_t index = handle_.index();
  try {
    core.directory().free_regions(index);
  } catch (const Error&) {
    core.want_reaping();
  }
  mine_ = false;
  unlock_entry(core, index, version_of(core, index));
}

Reservation::~Reservation() {
  if (mine_ && Core::of(handle_.core()).incarnation == incarnation_) {
    give_up();
  }
}

}  // namespace ipcarc::detail
