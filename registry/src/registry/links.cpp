// Links between objects: which registry they are of, and following them.
#include "ipcarc/detail/arena_paths.hpp"
#include "registry/building.hpp"

namespace ipcarc::detail {
namespace {

/// The mark of the registry in whose segment `where` lies; 0: in none.
std::uint32_t mark_at(const void* where) noexcept {
  const MappedSegment* segment = arena_paths::find_segment(where);
  // acquire: pairs with the release in register_mapped().
  return segment == nullptr ? 0
                            : link_mark_of(reinterpret_cast<const Header*>(
                                               segment->base.load(std::memory_order_acquire))
                                               ->birth_id);
}

[[noreturn]] void throw_elsewhere(const std::string& what) {
  throw Error(std::make_error_code(std::errc::invalid_argument), "ipcarc: " + what);
}

}  // namespace

LinkWords link_to(const Handle& handle, const void* where) {
  if (!handle) {
    return {};
  }
  Core& core = Core::of(handle.core());
  const std::uint32_t mark = core.link_mark();
  if (const std::uint32_t here = mark_at(where); here != 0 && here != mark) {
    throw_elsewhere(
        "a link refers to objects of its own registry; found one in another registry "
        "than object \"" +
        std::string(object_name(handle)) + "\" of registry \"" + core.name() + '"');
  }
  return {handle.index() + 1, mark, generation_of(handle)};
}

Handle follow_link(const LinkWords& link, const void* where, const TypeKey& key) {
  if (const std::uint32_t here = mark_at(where); here != 0 && here != link.registry) {
    throw_elsewhere("a link was copied into another registry than it was made for");
  }
  const CoreReference core = find_core(link.registry, where);
  if (!core) {
    throw_elsewhere("expected a link's registry to be open in this process, found that it is not");
  }
  const std::uint32_t index = link.index_plus_1 - 1;
  if (link.index_plus_1 == 0 || !core->directory().is_committed(index)) {
    return {};
  }
  core->enter();
  if (!core->directory().hold_generation(index, link.generation)) {
    return {};
  }
  Handle handle(&*core, index, nullptr);
  const State state = core->directory().state(index);
  if (state.phase() != Phase::live) {
    return {};
  }
  require_match(*core, index, state.frozen(), object_name(handle), key);
  handle.set_payload(require_payload(*core, index, key));
  return handle;
}

}  // namespace ipcarc::detail
