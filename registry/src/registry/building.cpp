#include "registry/building.hpp"

#include <time.h>

#include "ipcarc/detail/slot_copy.hpp"
#include "ipcarc/types.hpp"

namespace ipcarc::detail {
namespace {

std::uint32_t realtime_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return static_cast<std::uint32_t>(now.tv_sec);
}

}  // namespace

const char* mode_name(bool frozen) {
  return frozen ? "frozen (IpcArc<const T>)" : "mutable (IpcArc<T>)";
}

void throw_mismatch(Core& core, std::uint32_t index, bool frozen, std::string_view name,
                    const TypeKey& key) {
  const Entry& e = core.directory().entry(index);
  if (e.fingerprint.load(std::memory_order_relaxed) != key.fingerprint()) {
    throw Error(Errc::type_mismatch,
                core.about(name) + " has another type than the one asked for\n" +
                    describe_mismatch(key.layout(), core.directory().types().layout(
                                                        e.type.load(std::memory_order_relaxed))));
  }
  throw Error(
      Errc::wrong_mode,
      core.about(name) + ": expected " + mode_name(key.frozen) + ", found " + mode_name(frozen),
      frozen ? "ask for get<const T>(), or publish() a new version"
             : "ask for get<T>(), or publish() it under another name");
}

void throw_bad_payload(Core& core, std::uint32_t index) {
  core.segment().corrupt(
      "entry " + std::to_string(index) +
      ": expected its payload in the heap or in itself, found it at offset " +
      std::to_string(core.directory().entry(index).payload.load(std::memory_order_relaxed)));
}

std::uint32_t begin_entry(Core& core, const NameKey& name, const TypeKey& key) {
  Directory& directory = core.directory();
  std::uint32_t type = directory.types().known(key.fingerprint());
  if (type == 0) [[unlikely]] {
    type = directory.types().intern(key.fingerprint(), key.size, key.alignment, key.layout());
  }
  std::optional<std::uint32_t> index = directory.claim_entry();
  if (!index) {
    core.reap();
    index = directory.claim_entry();
  }
  if (!index) {
    throw Error(Errc::too_many_objects,
                core.about(name.name) + ": expected a free entry, found all " +
                    std::to_string(core.segment().geometry().max_objects) + " taken");
  }
  Entry& e = directory.entry(*index);
  e.type.store(type, std::memory_order_relaxed);
  e.fingerprint.store(key.fingerprint(), std::memory_order_relaxed);
  describe_payload(e, key);
  e.created_s.store(realtime_seconds(), std::memory_order_relaxed);
  e.creator_pid.store(
      core.segment().participants()[core.attachment().slot()].pid.load(std::memory_order_relaxed),
      std::memory_order_relaxed);
  try {
    directory.write_name(*index, name);
  } catch (...) {
    directory.abandon(*index);
    throw;
  }
  return *index;
}

void describe_payload(Entry& e, const TypeKey& key) {
  // Killed inside: who has the entry next frees its blocks by their tags, if there are any.
  e.payload_bytes.store(key.size, std::memory_order_relaxed);
  e.payload_offset.store(key.shape.payload_offset, std::memory_order_relaxed);
  e.kind.store(static_cast<std::uint32_t>(key.shape.kind), std::memory_order_relaxed);
  e.root[0].store(0, std::memory_order_relaxed);
  e.root[1].store(0, std::memory_order_relaxed);
}

void build_region(Core& core, std::uint32_t index, const TypeKey& key) {
  Entry& e = core.directory().entry(index);
  if (key.shape.payload_offset == in_entry) {
    e.payload.store(core.directory().place_in_entry(index), std::memory_order_relaxed);
    return;
  }
  const std::uint64_t bytes =
      key.shape.kind == PayloadKind::two_slots ? 2 * slot_stride(key.size) : key.size;
  const auto create = [&] {
    // The entry says the same of itself, if it is not damaged.
    return create_region(core.heap(), index + 1, key.shape.payload_offset, bytes, key.alignment,
                         key.shape.kind == PayloadKind::arena);
  };
  std::uint64_t root;
  try {
    root = create();
  } catch (const Error& error) {
    if (error.code() != Errc::out_of_memory || core.reap().participants == 0) {
      throw;
    }
    root = create();
  }
  // Killed before it: tagged, and no chain; the entry is building (or reserved), so its tags are what is freed.
  e.root[0].store(root, std::memory_order_relaxed);
  e.payload.store(root + key.shape.payload_offset, std::memory_order_relaxed);
}

}  // namespace ipcarc::detail
