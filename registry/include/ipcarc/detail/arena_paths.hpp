// The fast paths of arenas: pop a free list, else move the cursor; and from an address to its
// arena.
//
// Thread safety: an arena is used by one thread at a time. arena_of() takes no lock.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include "ipcarc/detail/arena_layout.hpp"
#include "ipcarc/detail/export.hpp"
#include "ipcarc/detail/mapped_segments.hpp"
#include "ipcarc/detail/page_word.hpp"
#include "ipcarc/detail/size_classes.hpp"

namespace ipcarc::detail {

/// The free list of pieces of at least `bytes`, which is 1 to max_listed_bytes.
constexpr unsigned list_for(std::size_t bytes) {
  if (bytes <= max_stepped_bytes) {
    return static_cast<unsigned>((bytes + piece_step - 1) / piece_step);
  }
  const auto doubling = static_cast<unsigned>(std::bit_width(bytes - 1)) - 1;
  const auto quarter = static_cast<unsigned>((bytes - 1) >> (doubling - 2)) - 4;
  return stepped_lists + 1 + (doubling - 9) * 4 + quarter;
}
/// Bytes of the pieces of a list.
constexpr std::size_t piece_bytes(unsigned list) {
  if (list <= stepped_lists) {
    return list * piece_step;
  }
  const unsigned step = list - stepped_lists - 1;
  // The analyzer does not know that a list is below list_count.
  return std::size_t{step % 4 + 5} << (7 + step / 4 % 8);
}
static_assert([] {
  for (std::size_t bytes = 1; bytes <= max_listed_bytes; ++bytes) {
    const unsigned list = list_for(bytes);
    if (list == 0 || list >= list_count || piece_bytes(list) < bytes ||
        (list > 1 && piece_bytes(list - 1) >= bytes) || piece_bytes(list) % piece_step != 0) {
      return false;
    }
  }
  return true;
}());

namespace arena_paths {

inline std::byte* at(Arena& arena, std::int64_t place) noexcept {
  return reinterpret_cast<std::byte*>(&arena) + place;
}
inline std::int64_t place_of(Arena& arena, const void* memory) noexcept {
  return static_cast<const std::byte*>(memory) - reinterpret_cast<const std::byte*>(&arena);
}
/// Words in free memory are copied, since objects of any type lay there.
inline std::int64_t load(const std::byte* from) noexcept {
  std::int64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
inline void store(std::byte* to, std::int64_t value) noexcept {
  std::memcpy(to, &value, sizeof value);
}
/// Keeps the compiler from moving a store across: a kill then leaves a beginning of the stores in
/// program order.
inline void store_order() noexcept {
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

/// A piece of the list whose head is at `head`, or null. killed here: nothing, or a piece that
/// nobody has.
inline void* pop(Arena& arena, std::byte* head) noexcept {
  const std::int64_t first = load(head);
  if (first == 0) {
    return nullptr;
  }
  std::byte* piece = at(arena, first);
  store(head, load(piece));
  return piece;
}
/// killed here: a piece that nobody has.
inline void push(Arena& arena, std::byte* head, std::byte* piece) noexcept {
  store(piece, load(head));
  store_order();
  store(head, place_of(arena, piece));
}

IPCARC_EXPORT void* allocate_slow(Arena& arena, std::size_t bytes, std::size_t alignment);
IPCARC_EXPORT void deallocate_slow(Arena& arena, void* memory, std::size_t bytes,
                                   std::size_t alignment) noexcept;
[[noreturn]] IPCARC_EXPORT void no_arena(const void* address) noexcept;

/// The registered segment in whose heap `address` lies, or null.
inline const MappedSegment* find_mapped(const void* address) noexcept {
  // acquire, of all: pairs with the releases in register_mapped() and unregister_mapped(). A place that
  // is being changed is not that of the caller's segment, which is registered while it asks.
  constexpr auto acquire = std::memory_order_acquire;
  const auto number = reinterpret_cast<std::uintptr_t>(address);
  // relaxed: stored once, before the segment that is asked about was registered.
  for (const MappedGroup* group = mapped_segments.first.load(std::memory_order_relaxed);
       group != nullptr; group = group->next.load(acquire)) {
    for (const MappedSegment& place : group->places) {
      const std::uint64_t sequence = place.sequence.load(acquire);
      const std::uint64_t heap_bytes = place.heap_bytes.load(acquire);
      if (number - place.heap.load(acquire) < heap_bytes) [[likely]] {
        if (place.sequence.load(std::memory_order_relaxed) == sequence) [[likely]] {
          return &place;
        }
      } else if (sequence == 0) {
        break;  // and so are those behind it
      }
    }
  }
  return nullptr;
}

/// As find_mapped(), of an address anywhere in the segment, its tables included. Null: in none.
IPCARC_EXPORT const MappedSegment* find_segment(const void* address) noexcept;

/// arena_of() for an address between the bounds of all segments.
IPCARC_EXPORT Arena* arena_within(const void* address) noexcept;

}  // namespace arena_paths

[[gnu::always_inline]] inline Arena* arena_of(const void* address) noexcept {
  const auto number = reinterpret_cast<std::uintptr_t>(address);
  const MappedSegments& all = mapped_segments;
  // relaxed: pairs with nothing; the bounds only grow, and contained the caller's segment when it
  // learnt of the address.
  if (number < all.lowest.load(std::memory_order_relaxed) ||
      number >= all.highest.load(std::memory_order_relaxed)) [[likely]] {
    return nullptr;
  }
  return arena_paths::arena_within(address);
}

[[gnu::always_inline]] inline void* take_piece(Arena& arena, std::size_t bytes,
                                               std::size_t alignment) {
  if (bytes <= max_stepped_bytes && alignment <= piece_step) [[likely]] {
    const std::size_t size = (bytes + piece_step - 1) & ~(piece_step - 1);
    if (arena.lists != 0) {
      std::byte* head =
          arena_paths::at(arena, arena.lists) + size / piece_step * sizeof(std::int64_t);
      if (void* piece = arena_paths::pop(arena, head)) {
        return piece;
      }
    }
    const std::int64_t cursor = arena.cursor;
    const std::int64_t next = cursor + static_cast<std::int64_t>(size);
    if (next <= arena.end) [[likely]] {
      arena.cursor = next;
      return arena_paths::at(arena, cursor);
    }
  }
  return arena_paths::allocate_slow(arena, bytes, alignment);
}

[[gnu::always_inline]] inline void give_piece(Arena& arena, void* memory, std::size_t bytes,
                                              std::size_t alignment) noexcept {
  if (bytes <= max_stepped_bytes) [[likely]] {
    const std::size_t size = (bytes + piece_step - 1) & ~(piece_step - 1);
    if (arena.lists != 0) {
      std::byte* head =
          arena_paths::at(arena, arena.lists) + size / piece_step * sizeof(std::int64_t);
      arena_paths::push(arena, head, static_cast<std::byte*>(memory));
      return;
    }
    // Only while there are no lists: a string that comes and goes leaves nothing. Later, lists are easier
    // to foresee.
    const std::int64_t place = arena_paths::place_of(arena, memory);
    if (place + static_cast<std::int64_t>(size) == arena.cursor) {
      arena.cursor = place;
      return;
    }
  }
  arena_paths::deallocate_slow(arena, memory, bytes, alignment);
}

[[gnu::always_inline]] inline void* arena_allocate(Arena* arena, std::size_t bytes,
                                                   std::size_t alignment) {
  if (arena != nullptr) {
    return take_piece(*arena, bytes, alignment);
  }
  return alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__
             ? ::operator new(bytes)
             : ::operator new (bytes, std::align_val_t{alignment});
}

[[gnu::always_inline]] inline void arena_deallocate(Arena* arena, void* memory, std::size_t bytes,
                                                    std::size_t alignment) noexcept {
  if (arena != nullptr) {
    give_piece(*arena, memory, bytes, alignment);
  } else if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
    ::operator delete(memory);
  } else {
    ::operator delete (memory, std::align_val_t{alignment});
  }
}

}  // namespace ipcarc::detail
