#include "ipcarc/detail/mapped_segments.hpp"

#include "heap/arena_ops.hpp"
#include "heap/heap.hpp"
#include "heap/library_copies.hpp"

namespace ipcarc::detail {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

/// A place that is nobody's, taken.
MappedSegment& take_place() {
  for (MappedGroup* group = &process_wide().places;;) {
    for (MappedSegment& place : group->places) {
      std::uint32_t expected = 0;
      // acquire: pairs with the release in unregister_mapped(); who had the place is done with it.
      if (place.taken.compare_exchange_strong(expected, 1, std::memory_order_acquire, relaxed)) {
        return place;
      }
    }
    // acquire: pairs with the release below; the group is all zero.
    MappedGroup* next = group->next.load(std::memory_order_acquire);
    if (next == nullptr) {
      auto* made = new MappedGroup{};
      if (group->next.compare_exchange_strong(next, made, std::memory_order_acq_rel,
                                              std::memory_order_acquire)) {
        next = made;
      } else {
        delete made;
      }
    }
    group = next;
  }
}

}  // namespace

MappedSegment& register_mapped(Heap& heap) {
  const Segment& segment = heap.segment();
  const Geometry& geometry = segment.geometry();
  MappedSegment& place = take_place();
  // release, of all fields: pairs with the acquires in find_mapped(). Who reads one of these reads
  // the sequence that unregister_mapped() left, or a later one, after it.
  constexpr auto release = std::memory_order_release;
  place.heap.store(reinterpret_cast<std::uintptr_t>(segment.at<std::byte>(geometry.heap)), release);
  place.descriptors.store(segment.at<std::byte>(geometry.page_table), release);
  place.base.store(segment.base(), release);
  place.bytes.store(geometry.file_bytes, release);
  place.page_shift.store(geometry.page_shift, release);
  place.context.store(&heap, release);
  place.ops.store(&arena_ops, release);
  if (place.sequence.load(relaxed) == 0) {
    place.sequence.store(1, release);
  }
  // release: pairs with the acquire in find_mapped(); the other fields are whole. The last.
  place.heap_bytes.store(std::uint64_t{geometry.page_count} << geometry.page_shift, release);
  const auto base = reinterpret_cast<std::uintptr_t>(segment.base());
  widen_bounds(base, base + geometry.file_bytes);
  return place;
}

void unregister_mapped(MappedSegment& place) noexcept {
  // release, of both: pairs with the acquires in find_mapped(); in this order.
  place.heap_bytes.store(0, std::memory_order_release);
  place.sequence.store(place.sequence.load(relaxed) + 1, std::memory_order_release);
  // release: pairs with the acquire in take_place().
  place.taken.store(0, std::memory_order_release);
}

}  // namespace ipcarc::detail
