#include "ipcarc/detail/mapped_segments.hpp"

#include "heap/arena_ops.hpp"
#include "heap/heap.hpp"

namespace ipcarc::detail {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

/// A place that is nobody's, taken.
MappedSegment& take_place() {
  for (MappedSegments::Group* group = &mapped_segments_v1.first;;) {
    for (MappedSegment& place : group->places) {
      std::uint32_t expected = 0;
      // acquire: pairs with the release in unregister_mapped(); who had the place is done with it.
      if (place.taken.compare_exchange_strong(expected, 1, std::memory_order_acquire, relaxed)) {
        return place;
      }
    }
    // acquire: pairs with the release below; the group is all zero.
    MappedSegments::Group* next = group->next.load(std::memory_order_acquire);
    if (next == nullptr) {
      auto* made = new MappedSegments::Group{};
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

/// Widens the bounds that lookups compare with first.
void widen(std::uintptr_t low, std::uintptr_t high) noexcept {
  MappedSegments& all = mapped_segments_v1;
  // relaxed: who asks about the segment learnt of its address after this, and so reads these values
  // or wider ones.
  std::uintptr_t lowest = all.lowest.load(relaxed);
  while (low < lowest && !all.lowest.compare_exchange_weak(lowest, low, relaxed)) {
  }
  std::uintptr_t highest = all.highest.load(relaxed);
  while (high > highest && !all.highest.compare_exchange_weak(highest, high, relaxed)) {
  }
}

}  // namespace

MappedSegment& register_mapped(Heap& heap) {
  const Segment& segment = heap.segment();
  const Geometry& geometry = segment.geometry();
  const auto base = reinterpret_cast<std::uintptr_t>(segment.base());
  MappedSegment& place = take_place();
  const std::uint64_t sequence = place.sequence.load(relaxed);
  place.sequence.store(sequence + 1, relaxed);
  // release fence: pairs with the acquire fence of readers; who reads a field of these reads the
  // odd sequence or a later one.
  std::atomic_thread_fence(std::memory_order_release);
  place.base.store(base, relaxed);
  place.page_table.store(geometry.page_table, relaxed);
  place.heap.store(geometry.heap, relaxed);
  place.page_count.store(geometry.page_count, relaxed);
  place.page_shift.store(geometry.page_shift, relaxed);
  place.context.store(&heap, relaxed);
  place.ops.store(&arena_ops, relaxed);
  place.bytes.store(geometry.file_bytes, relaxed);
  // release: pairs with the acquire of the sequence in readers.
  place.sequence.store(sequence + 2, std::memory_order_release);
  widen(base, base + geometry.file_bytes);
  return place;
}

void unregister_mapped(MappedSegment& place) noexcept {
  const std::uint64_t sequence = place.sequence.load(relaxed);
  place.sequence.store(sequence + 1, relaxed);
  std::atomic_thread_fence(std::memory_order_release);  // as in register_mapped()
  place.bytes.store(0, relaxed);
  place.sequence.store(sequence + 2, std::memory_order_release);
  // release: pairs with the acquire in take_place().
  place.taken.store(0, std::memory_order_release);
}

}  // namespace ipcarc::detail
