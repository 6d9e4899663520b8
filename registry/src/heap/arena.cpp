#include "ipcarc/detail/arena.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "heap/arena_ops.hpp"
#include "heap/heap.hpp"
#include "ipcarc/detail/arena_paths.hpp"

namespace ipcarc::detail {

using arena_paths::at;
using arena_paths::load;
using arena_paths::place_of;
using arena_paths::store;
using arena_paths::store_order;

namespace {

constexpr std::uint64_t chunk_head_bytes = sizeof(ChunkHeader) + sizeof(ChunkLink);
constexpr std::uint8_t first_chunk_shift = 8;
constexpr std::uint8_t last_chunk_shift =
    15;  // half a page: larger chunks are runs, behind a mutex
constexpr std::uint8_t most_loose = 8;
constexpr std::size_t lists_bytes =
    (list_count * sizeof(std::int64_t) + piece_step - 1) / piece_step * piece_step;
constexpr auto relaxed =
    std::memory_order_relaxed;  // one thread at a time; kills are ordered by store_order()

/// A run of one operation on an arena, with its heap.
class Work {
 public:
  Work(Heap& heap, Arena& arena) noexcept : heap_(heap), arena_(arena) {}

  void* allocate(std::size_t bytes, std::size_t alignment);
  void deallocate(void* memory, std::size_t bytes);

 private:
  ChunkHeader& chunk(std::uint64_t offset) const noexcept {
    return *heap_.segment().at<ChunkHeader>(offset);
  }
  ChunkLink& link(std::uint64_t offset) const noexcept {
    return *heap_.segment().at<ChunkLink>(offset + sizeof(ChunkHeader));
  }
  ChunkHeader& first() const noexcept { return *(reinterpret_cast<ChunkHeader*>(&arena_) - 1); }
  std::uint64_t first_offset() const noexcept { return heap_.segment().offset_of(&first()); }
  /// Whether a chunk of this region starts at `offset`.
  bool is_chunk(std::uint64_t offset) const noexcept {
    std::uint64_t start = 0;
    return offset != 0 && heap_.owner_of(offset, &start) == arena_.owner && start == offset;
  }

  void* take_new(std::size_t size, std::size_t alignment);
  void* take_loose(std::size_t size, std::size_t alignment) noexcept;
  void* take_chunk(std::size_t bytes, std::size_t alignment);
  void free_chunk(const void* memory);
  void add_room(std::size_t bytes);
  void link_chunk(std::uint64_t offset) noexcept;
  bool unlink_chunk(std::uint64_t offset) noexcept;
  void give(std::int64_t place, std::size_t size) noexcept;
  void give_rest(std::int64_t from, std::int64_t to) noexcept;
  void make_lists(std::int64_t place) noexcept;
  std::byte* head(unsigned list) const noexcept {
    return at(arena_, arena_.lists) + list * sizeof(std::int64_t);
  }

  Heap& heap_;
  Arena& arena_;
};

bool aligned(const void* memory, std::size_t alignment) noexcept {
  return reinterpret_cast<std::uintptr_t>(memory) % alignment == 0;
}

void* Work::allocate(std::size_t bytes, std::size_t alignment) {
  if (bytes > max_listed_bytes) {
    return take_chunk(bytes, alignment);
  }
  const unsigned list = list_for(bytes);
  const std::size_t size = piece_bytes(list);
  if (arena_.lists != 0) {
    const std::int64_t place = load(head(list));
    if (place != 0 && aligned(at(arena_, place), alignment)) {
      return arena_paths::pop(arena_, head(list));
    }
  } else if (void* piece = take_loose(size, alignment)) {
    return piece;
  }
  if (void* piece = take_new(size, alignment)) {
    return piece;
  }
  add_room(size + (alignment > piece_step ? alignment : 0));
  return take_new(size, alignment);
}

/// A new piece at the cursor; null if there is no room. What alignment skips is given to the lists.
void* Work::take_new(std::size_t size, std::size_t alignment) {
  if (arena_.end == Arena::closed) {
    return nullptr;
  }
  const std::int64_t cursor = arena_.cursor;
  const auto address = reinterpret_cast<std::uintptr_t>(at(arena_, cursor));
  const auto skipped = static_cast<std::int64_t>((alignment - address % alignment) % alignment);
  const std::int64_t next = cursor + skipped + static_cast<std::int64_t>(size);
  if (next > arena_.end) {
    return nullptr;
  }
  arena_.cursor = next;
  store_order();
  give_rest(cursor, cursor + skipped);
  return at(arena_, cursor + skipped);
}

/// One of the pieces freed before there were lists, if one of the first few is of this size.
void* Work::take_loose(std::size_t size, std::size_t alignment) noexcept {
  std::byte* from = reinterpret_cast<std::byte*>(&arena_.loose);
  for (unsigned looks = most_loose; looks != 0 && load(from) != 0; --looks) {
    std::byte* piece = at(arena_, load(from));
    if (load(piece + sizeof(std::int64_t)) == static_cast<std::int64_t>(size) &&
        aligned(piece, alignment)) {
      store(from, load(piece));
      arena_.loose_count = static_cast<std::uint8_t>(std::max(arena_.loose_count - 1, 0));
      return piece;
    }
    from = piece;
  }
  return nullptr;
}

/// A piece too large for lists: a chunk of its own.
void* Work::take_chunk(std::size_t bytes, std::size_t alignment) {
  const std::uint64_t before = std::max<std::uint64_t>(alignment, chunk_head_bytes);
  if (bytes > heap_.segment().geometry().file_bytes) {
    heap_.allocate(bytes, arena_.owner);  // throws
  }
  const std::uint64_t offset = heap_.allocate(before + bytes, arena_.owner);
  link_chunk(offset);
  const std::uint64_t piece = (offset + chunk_head_bytes + alignment - 1) / alignment * alignment;
  return heap_.segment().at<std::byte>(piece);
}

void Work::free_chunk(const void* memory) {
  std::uint64_t start = 0;
  if (heap_.owner_of(heap_.segment().offset_of(memory), &start) == arena_.owner &&
      unlink_chunk(start)) {
    // killed here: a block with the tag on no chain; scrub_regions() or the end of the entry frees
    // it.
    try {
      heap_.free(start);
    } catch (const Error&) {
      // A damaged run mutex. The block stays, as after a kill here.
    }
  }
}

/// A new chunk with room for a piece of `bytes`; larger each time, unless memory is short.
void Work::add_room(std::size_t bytes) {
  const bool lists_pay = arena_.lists == 0 && arena_.loose_count >= most_loose;
  const std::uint64_t least = chunk_head_bytes + bytes + (lists_pay ? lists_bytes : 0);
  const std::uint64_t wanted =
      std::max<std::uint64_t>(std::uint64_t{1} << arena_.chunk_shift, least);
  std::uint64_t usable = 0;
  std::uint64_t offset = 0;
  try {
    offset = heap_.allocate(wanted, arena_.owner, usable);
  } catch (const Error& error) {
    if (error.code() != Errc::out_of_memory || wanted == least) {
      throw;
    }
    offset = heap_.allocate(least, arena_.owner, usable);
  }
  arena_.chunk_shift = std::min<std::uint8_t>(arena_.chunk_shift + 1, last_chunk_shift);
  link_chunk(offset);
  const std::int64_t old_cursor = arena_.cursor;
  const std::int64_t old_end = arena_.end;
  const std::int64_t start = place_of(arena_, &chunk(offset));
  // Three stores, so that cursor and end never belong to different chunks. killed here: no room, or
  // a rest that nobody has.
  arena_.end = Arena::closed;
  store_order();
  arena_.cursor = start + static_cast<std::int64_t>(chunk_head_bytes);
  store_order();
  arena_.end = start + static_cast<std::int64_t>(usable);
  store_order();
  if (lists_pay) {
    make_lists(place_of(arena_, take_new(lists_bytes, piece_step)));
  }
  if (old_end != Arena::closed) {
    give_rest(old_cursor, old_end);
  }
}

/// Links a block in behind the first chunk, by one store.
void Work::link_chunk(std::uint64_t offset) noexcept {
  // killed here, up to the store: a block with the tag on no chain; scrub_regions() or the end of
  // the entry frees it.
  const std::uint64_t next = first().next.load(relaxed);
  chunk(offset).next.store(next, relaxed);
  chunk(offset).arena.store(heap_.segment().offset_of(&arena_), relaxed);
  link(offset) = {first_offset(), 0};
  if (is_chunk(next)) {
    link(next).previous = offset;
  }
  // release: pairs with the acquire in free_region() and scrub_regions(), run by who has the entry
  // next.
  first().next.store(offset, std::memory_order_release);
}

/// Takes a chunk off the chain, by one store. False if it is on none.
bool Work::unlink_chunk(std::uint64_t offset) noexcept {
  std::uint64_t previous = link(offset).previous;
  if (!is_chunk(previous) || chunk(previous).next.load(relaxed) != offset) {
    // The hint is stale: walk, at most as far as there are blocks.
    previous = first_offset();
    std::uint64_t steps = heap_.segment().geometry().file_bytes / min_block_bytes;
    while (chunk(previous).next.load(relaxed) != offset) {
      previous = chunk(previous).next.load(relaxed);
      if (!is_chunk(previous) || --steps == 0) {
        return false;
      }
    }
  }
  const std::uint64_t next = chunk(offset).next.load(relaxed);
  chunk(previous).next.store(next, std::memory_order_release);  // as link_chunk()
  if (is_chunk(next)) {
    link(next).previous = previous;
  }
  return true;
}

/// Cuts [from, to) into pieces and frees them.
void Work::give_rest(std::int64_t from, std::int64_t to) noexcept {
  while (to - from >= static_cast<std::int64_t>(piece_step)) {
    const auto rest = static_cast<std::size_t>(to - from);
    unsigned list = list_for(std::min(rest, max_listed_bytes));
    if (piece_bytes(list) > rest) {
      --list;
    }
    give(from, piece_bytes(list));
    from += static_cast<std::int64_t>(piece_bytes(list));
  }
}

/// Frees a piece of exactly a list's size.
void Work::give(std::int64_t place, std::size_t size) noexcept {
  if (arena_.lists == 0 && arena_.loose_count >= most_loose) {
    // Lists pay from here on. They lie in this piece if it is large enough, else in new memory if
    // there is some at hand.
    if (size >= lists_bytes) {
      make_lists(place);
      give_rest(place + static_cast<std::int64_t>(lists_bytes),
                place + static_cast<std::int64_t>(size));
      return;
    }
    if (void* memory = take_new(lists_bytes, piece_step)) {
      make_lists(place_of(arena_, memory));
    }
  }
  std::byte* piece = at(arena_, place);
  if (arena_.lists != 0) {
    arena_paths::push(arena_, head(list_for(size)), piece);
    return;
  }
  store(piece + sizeof(std::int64_t), static_cast<std::int64_t>(size));
  arena_paths::push(arena_, reinterpret_cast<std::byte*>(&arena_.loose), piece);
  arena_.loose_count = static_cast<std::uint8_t>(std::min(arena_.loose_count + 1, 255));
}

void Work::make_lists(std::int64_t place) noexcept {
  std::fill_n(at(arena_, place), lists_bytes, std::byte{0});
  store_order();
  arena_.lists = place;
  store_order();
  while (arena_.loose != 0) {
    std::byte* piece = at(arena_, arena_.loose);
    const auto size = static_cast<std::size_t>(load(piece + sizeof(std::int64_t)));
    arena_.loose = load(piece);
    store_order();
    arena_paths::push(arena_, head(list_for(size)), piece);
  }
}

void Work::deallocate(void* memory, std::size_t bytes) {
  if (bytes > max_listed_bytes) {
    free_chunk(memory);
    return;
  }
  const std::size_t size = piece_bytes(list_for(bytes));
  const std::int64_t place = place_of(arena_, memory);
  if (place + static_cast<std::int64_t>(size) == arena_.cursor) {
    arena_.cursor = place;
    return;
  }
  give(place, size);
}

void* allocate_op(void* heap, Arena* arena, std::size_t bytes, std::size_t alignment) {
  static_cast<Heap*>(heap)->attachment().require_attached();
  return Work(*static_cast<Heap*>(heap), *arena).allocate(bytes, std::max(alignment, piece_step));
}

void deallocate_op(void* heap, Arena* arena, void* memory, std::size_t bytes,
                   std::size_t) noexcept {
  Work(*static_cast<Heap*>(heap), *arena).deallocate(memory, bytes);
}

}  // namespace

const ArenaOps arena_ops = {&allocate_op, &deallocate_op};

void init_arena(Arena& arena, std::uint32_t owner, std::int64_t room,
                std::int64_t room_end) noexcept {
  arena = Arena{};
  arena.cursor = room;
  arena.end = room_end >= room ? room_end : Arena::closed;
  arena.owner = owner;
  arena.chunk_shift = first_chunk_shift;
}

namespace arena_paths {
namespace {

/// Sizes by any class that a page's word may name; those that there are not have none.
constexpr std::array<ClassSize, 256> any_class_sizes = [] {
  std::array<ClassSize, 256> sizes{};
  std::copy(class_sizes.begin(), class_sizes.end(), sizes.begin());
  return sizes;
}();

/// From a page's start to that of the block that an offset in it lies in.
std::uint64_t block_start(unsigned size_class, std::uint32_t within) noexcept {
  const ClassSize size = any_class_sizes[size_class];
  return ((std::uint64_t{within} * size.inverse) >> 32) * size.bytes;
}

}  // namespace

void* allocate_slow(Arena& arena, std::size_t bytes, std::size_t alignment) {
  const MappedSegment* mapped = find_mapped(&arena);
  if (mapped == nullptr) {
    no_arena(&arena);
  }
  return mapped->ops.load(relaxed)->allocate(mapped->context.load(relaxed), &arena, bytes,
                                             alignment);
}

void deallocate_slow(Arena& arena, void* memory, std::size_t bytes,
                     std::size_t alignment) noexcept {
  const MappedSegment* mapped = find_mapped(&arena);
  if (mapped == nullptr) {
    no_arena(&arena);
  }
  mapped->ops.load(relaxed)->deallocate(mapped->context.load(relaxed), &arena, memory, bytes,
                                        alignment);
}

const MappedSegment* find_segment(const void* address) noexcept {
  const auto number = reinterpret_cast<std::uintptr_t>(address);
  for (const MappedGroup* group = mapped_segments.first.load(relaxed); group != nullptr;
       group = group->next.load(std::memory_order_acquire)) {
    for (const MappedSegment& place : group->places) {
      const std::uint64_t sequence =
          place.sequence.load(std::memory_order_acquire);  // as find_mapped()
      const std::uint64_t heap_bytes = place.heap_bytes.load(std::memory_order_acquire);
      const std::uint64_t bytes = place.bytes.load(std::memory_order_acquire);
      const auto base =
          reinterpret_cast<std::uintptr_t>(place.base.load(std::memory_order_acquire));
      if (heap_bytes != 0 && number - base < bytes && place.sequence.load(relaxed) == sequence) {
        return &place;
      }
    }
  }
  return nullptr;
}

Arena* arena_within(const void* address) noexcept {
  const MappedSegment* mapped = find_mapped(address);
  if (mapped == nullptr) [[unlikely]] {
    if (find_segment(address) != nullptr) {
      no_arena(address);
    }
    return nullptr;
  }
  // relaxed, all of it: the place is that of a registered segment, and the words of a block in use
  // stand still: whoever runs here has the object that it belongs to.
  const std::uint32_t page_shift = mapped->page_shift.load(relaxed);
  const std::uint64_t in_heap =
      reinterpret_cast<std::uintptr_t>(address) - mapped->heap.load(relaxed);
  const std::uint64_t page = in_heap >> page_shift;
  const PageWord word{
      reinterpret_cast<const Page*>(mapped->descriptors.load(relaxed))[page].word.load(relaxed)};
  const auto within = static_cast<std::uint32_t>(in_heap) & ((std::uint32_t{1} << page_shift) - 1);
  const std::byte* start = static_cast<const std::byte*>(address) - within;
  if (word.kind() == PageKind::small) [[likely]] {
    start += block_start(word.size_class(), within);
  } else if (word.kind() == PageKind::tail && word.distance() <= page) {
    start -= std::uint64_t{word.distance()} << page_shift;
  } else if (word.kind() != PageKind::run) {
    no_arena(address);
  }
  // A block without a header starts with a value, of a type that may not allocate: what is read for an arena then is out of the segment, or
  // behind no header that says the same.
  const std::uint64_t arena = reinterpret_cast<const ChunkHeader*>(start)->arena.load(relaxed);
  const std::uint64_t head = arena - sizeof(ChunkHeader);
  std::byte* const base = mapped->base.load(relaxed);
  if (head > mapped->bytes.load(relaxed) - sizeof(ChunkHeader) ||
      reinterpret_cast<const ChunkHeader*>(base + head)->arena.load(relaxed) != arena)
      [[unlikely]] {
    no_arena(address);
  }
  return reinterpret_cast<Arena*>(base + arena);
}

void no_arena(const void* address) noexcept {
  std::fprintf(
      stderr,
      "ipcarc: a container at %p lies in a shared segment, but in no object that has an arena: in "
      "memory that is "
      "not an object's, or in one declared trivially copyable or sync, which may not allocate\n",
      address);
  std::abort();
}

}  // namespace arena_paths

}  // namespace ipcarc::detail
