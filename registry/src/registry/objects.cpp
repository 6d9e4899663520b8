// Objects by name: finding, building, publishing, removing.
#include "directory/find.hpp"
#include "registry/building.hpp"
#include "segment/system_retry.hpp"

namespace ipcarc::detail {
namespace {

[[gnu::always_inline]] inline std::optional<Found> lookup_object(CoreView& view,
                                                                 std::string_view name) {
  Core& core = Core::of(view);
  core.enter();
  if (name.empty() || name.size() > max_name_bytes) [[unlikely]] {
    check_object_name(core, name);
  }
  return core.directory().lookup(NameKey(name));
}

[[noreturn, gnu::cold, gnu::noinline]] void throw_not_found(Core& core, std::string_view name) {
  throw Error(Errc::not_found, core.about(name) + ": expected an object of that name, found none");
}

[[gnu::always_inline]] inline Handle handle_of(Core& core, Found found, std::string_view name,
                                               const TypeKey& key) {
  Handle handle(&core, found.index, nullptr);
  require_match(core, found.index, found.state.frozen(), name, key);
  handle.set_payload(require_payload(core, found.index, key));
  return handle;
}

}  // namespace

Handle find_object(CoreView& view, std::string_view name, const TypeKey& key) {
  const auto found = lookup_object(view, name);
  return found ? handle_of(Core::of(view), *found, name, key) : Handle();
}

Handle get_object(CoreView& view, std::string_view name, const TypeKey& key) {
  const auto found = lookup_object(view, name);
  if (!found) [[unlikely]] {
    throw_not_found(Core::of(view), name);
  }
  return handle_of(Core::of(view), *found, name, key);
}

Handle wait_object(CoreView& view, std::string_view name, const TypeKey& key,
                   std::chrono::nanoseconds timeout) {
  Core& core = Core::of(view);
  const Deadline deadline = deadline_after(timeout);
  const NameKey name_key(name);
  Shard& shard = core.directory().shard_of(name_key.hash);
  for (;;) {
    // acquire: pairs with the bump; a name linked after this moves the sequence, and the sleep ends.
    const std::uint32_t sequence = shard.sequence.load(std::memory_order_acquire);
    if (Handle handle = find_object(view, name, key)) {
      return handle;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) {
      throw Error(Errc::timed_out,
                  core.about(name) +
                      ": expected it to be created before the deadline, found no such object",
                  "start what creates it, or wait longer");
    }
    // seq_cst: before the sequence is read again by the kernel; pairs with wake().
    shard.waiters.store(1, std::memory_order_seq_cst);
    futex_sleep(&shard.sequence, sequence, deadline - now);
  }
}

bool contains_object(CoreView& view, std::string_view name) {
  Core& core = Core::of(view);
  core.enter();
  check_object_name(core, name);
  return core.directory().contains(NameKey(name));
}

bool remove_object(CoreView& view, std::string_view name) {
  Core& core = Core::of(view);
  core.enter();
  check_object_name(core, name);
  return core.directory().remove(NameKey(name));
}

bool pin_object(CoreView& view, std::string_view name, bool pinned) {
  Core& core = Core::of(view);
  core.enter();
  check_object_name(core, name);
  const NoCancel no_cancel;
  const auto found = core.directory().lookup(NameKey(name));
  if (!found) {
    return false;
  }
  // Held meanwhile; its end asks whether the object is to go.
  const Handle handle(&core, found->index, payload_at(core, found->index));
  return core.directory().set_pinned(found->index, pinned);
}

void throw_already_exists(CoreView& view, std::string_view name) {
  throw Error(
      Errc::already_exists,
      Core::of(view).about(name) + ": expected the name to be free, found an object of that name");
}

// --- building -------------------------------------------------------------------------------------------------------

Builder::Builder(CoreView& view, std::string_view name, const TypeKey& key, NameUse use)
    : core_(view), frozen_(key.frozen) {
  Core& core = Core::of(view);
  core.enter();
  check_object_name(core, name);
  const NameKey name_key(name);
  digest_ = name_key.digest();
  // Before anything is built. Who binds the name from here on, and one behind many others, is met in link().
  if (use == NameUse::unused && core.directory().seems_bound(name_key) &&
      core.directory().contains(name_key)) {
    throw_already_exists(view, name);
  }
  index_ = begin_entry(core, name_key, key);
  incarnation_ = core.incarnation;
  try {
    build_region(core, index_, key);
  } catch (...) {
    abandon();
    throw;
  }
  payload_ = payload_at(core, index_);
}

Builder::~Builder() {
  if (!done_) {
    abandon();
  }
}

void Builder::abandon() noexcept {
  Core& core = Core::of(core_);
  if (core.incarnation != incarnation_) {
    return;  // a forked child: its parent builds
  }
  try {
    core.directory().abandon(index_);
  } catch (const Error&) {
    core.want_reaping();
  }
}

void Builder::require_own_process() const {
  Core& core = Core::of(core_);
  core.enter();
  if (core.incarnation != incarnation_) [[unlikely]] {
    throw Error(std::make_error_code(std::errc::operation_not_permitted),
                "registry \"" + core.name() +
                    "\": expected the process that began to build the object, found a child of it",
                "let the parent end its create() or publish(), and call the child's own");
  }
}

Handle Builder::link(std::string_view name) {
  Core& core = Core::of(core_);
  require_own_process();
  done_ = core.directory().link(index_, NameKey(name, digest_), Phase::live,
                                frozen_ ? State::frozen_bit : 0);
  return done_ ? Handle(&core_, index_, payload_) : Handle();
}

Handle Builder::link_or_get(std::string_view name, const TypeKey& key) {
  Core& core = Core::of(core_);
  Shard& shard = core.directory().shard_of(digest_.hash);
  for (;;) {
    // acquire: as in wait_object().
    const std::uint32_t sequence = shard.sequence.load(std::memory_order_acquire);
    if (Handle mine = link(name)) {
      return mine;
    }
    if (Handle other = find_object(core, name, key)) {
      return other;
    }
    // Reserved, or gone since. Its end moves the sequence.
    shard.waiters.store(1, std::memory_order_seq_cst);
    futex_sleep(&shard.sequence, sequence, std::chrono::milliseconds(250));
  }
}

Handle Builder::publish(std::string_view name) {
  Core& core = Core::of(core_);
  require_own_process();
  done_ = core.directory().publish(index_, NameKey(name, digest_));
  if (!done_) {
    throw Error(Errc::wrong_mode,
                core.about(name) + ": expected no object of that name or a published one, found " +
                    mode_name(false),
                "remove() it first, or choose another name");
  }
  return Handle(&core_, index_, payload_);
}

}  // namespace ipcarc::detail
