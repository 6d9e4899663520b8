#include "support/arena_double.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <limits>
#include <map>
#include <new>
#include <unordered_map>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define IPCARC_TEST_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IPCARC_TEST_ASAN 1
#endif
#endif
#ifdef IPCARC_TEST_ASAN
#include <sanitizer/asan_interface.h>
#define IPCARC_TEST_POISON(address, bytes) ASAN_POISON_MEMORY_REGION(address, bytes)
#define IPCARC_TEST_UNPOISON(address, bytes) ASAN_UNPOISON_MEMORY_REGION(address, bytes)
#else
#define IPCARC_TEST_POISON(address, bytes) static_cast<void>(0)
#define IPCARC_TEST_UNPOISON(address, bytes) static_cast<void>(0)
#endif

namespace ipcarc::detail {

/// Lies at the start of its memory; the rest of the double's knowledge is the process's own.
struct Arena {
  std::uint64_t used_bytes;
};

}  // namespace ipcarc::detail

namespace ipcarc::test {
namespace {

using detail::Arena;

constexpr int freed_fill = 0xDB;
constexpr int fresh_fill = 0xA5;
constexpr std::size_t quarantine_blocks = 64;

struct Block {
  const Arena* arena;
  std::size_t bytes;
  std::size_t alignment;
};
struct Segment {
  std::byte* base;
  std::size_t bytes;
};
struct FreeListKey {
  const Arena* arena;
  std::size_t bytes;
  std::size_t alignment;
  auto operator<=>(const FreeListKey&) const = default;
};

struct State {
  std::vector<Segment> segments;
  std::unordered_map<const void*, Block> blocks;
  std::map<FreeListKey, std::deque<void*>> freed;
  std::size_t allowed = std::numeric_limits<std::size_t>::max();
  std::size_t allocations = 0;
};

State& state() {
  static State* const only = new State;
  return *only;
}

[[noreturn]] void fail(const char* sentence, const void* memory, std::size_t bytes) {
  std::fprintf(stderr, "arena double: %s (%p, %zu bytes)\n", sentence, memory, bytes);
  std::abort();
}

std::size_t rounded(std::size_t bytes) {
  return (bytes + 15) / 16 * 16;
}

void* take_from(Arena* arena, std::size_t bytes, std::size_t alignment) {
  const std::size_t rounded_bytes = rounded(bytes);
  auto& freed = state().freed[{arena, rounded_bytes, alignment}];
  std::byte* memory = nullptr;
  if (freed.size() > quarantine_blocks) {
    memory = static_cast<std::byte*>(freed.front());
    freed.pop_front();
  } else {
    const std::size_t start = (arena->used_bytes + alignment - 1) / alignment * alignment;
    if (start + rounded_bytes > FakeSegment::arena_bytes) {
      throw std::bad_alloc();
    }
    arena->used_bytes = start + rounded_bytes;
    memory = reinterpret_cast<std::byte*>(arena) + start;
  }
  IPCARC_TEST_UNPOISON(memory, bytes);
  return memory;
}

std::byte* mapped_with_gaps(int file, std::size_t bytes, int protection) {
  void* const reserved = ::mmap(nullptr, bytes + 2 * FakeSegment::gap_bytes, PROT_NONE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) {
    fail("no address space", nullptr, bytes);
  }
  std::byte* const base = static_cast<std::byte*>(reserved) + FakeSegment::gap_bytes;
  if (::mmap(base, bytes, protection, MAP_SHARED | MAP_FIXED, file, 0) == MAP_FAILED) {
    fail("no mapping", base, bytes);
  }
  return base;
}

}  // namespace

FakeSegment::FakeSegment(std::size_t arena_count) : arena_count_(arena_count) {
  const std::size_t bytes = arena_count * arena_bytes;
  const int file = ::memfd_create("ipcarc-arena-double", MFD_CLOEXEC);
  if (file < 0 || ::ftruncate(file, static_cast<off_t>(bytes)) != 0) {
    fail("no memory file", nullptr, bytes);
  }
  base_ = mapped_with_gaps(file, bytes, PROT_READ | PROT_WRITE);
  mirror_ = mapped_with_gaps(file, bytes, PROT_READ);
  ::close(file);
  for (std::size_t i = 0; i != arena_count; ++i) {
    ::new (base_ + i * arena_bytes) Arena{64};
    IPCARC_TEST_POISON(base_ + i * arena_bytes + sizeof(Arena), arena_bytes - sizeof(Arena));
  }
  state().segments.push_back({base_, bytes});
}

FakeSegment::~FakeSegment() {
  const Range gone = range();
  std::erase_if(state().segments, [&](const Segment& segment) { return segment.base == base_; });
  std::erase_if(state().blocks, [&](const auto& block) { return gone.contains(block.first); });
  std::erase_if(state().freed, [&](const auto& list) { return gone.contains(list.first.arena); });
  IPCARC_TEST_UNPOISON(base_, gone.bytes);
  ::munmap(base_ - gap_bytes, gone.bytes + 2 * gap_bytes);
  ::munmap(mirror_ - gap_bytes, gone.bytes + 2 * gap_bytes);
}

detail::Arena* FakeSegment::arena(std::size_t index) const noexcept {
  return reinterpret_cast<Arena*>(base_ + index * arena_bytes);
}

Range FakeSegment::used(std::size_t index) const noexcept {
  return {base_ + index * arena_bytes, arena(index)->used_bytes};
}

std::size_t live_blocks(const Arena* arena) {
  return static_cast<std::size_t>(
      std::count_if(state().blocks.begin(), state().blocks.end(),
                    [&](const auto& block) { return block.second.arena == arena; }));
}

Range block_at(const void* address, const Arena*& arena) {
  for (const auto& [memory, block] : state().blocks) {
    const Range range{static_cast<const std::byte*>(memory), block.bytes};
    if (range.contains(address)) {
      arena = block.arena;
      return range;
    }
  }
  return {};
}

std::vector<Range> private_blocks() {
  std::vector<Range> found;
  for (const auto& [memory, block] : state().blocks) {
    if (block.arena == nullptr) {
      found.push_back({static_cast<const std::byte*>(memory), block.bytes});
    }
  }
  return found;
}

void fail_allocations_after(std::size_t count) {
  state().allowed = count;
}
void allow_allocations() {
  state().allowed = std::numeric_limits<std::size_t>::max();
}
std::size_t allocation_count() {
  return state().allocations;
}

}  // namespace ipcarc::test

namespace ipcarc::detail {

using namespace ipcarc::test;

Arena* arena_of(const void* address) noexcept {
  for (const Segment& segment : state().segments) {
    const auto offset =
        reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(segment.base);
    if (offset < segment.bytes) {
      return reinterpret_cast<Arena*>(segment.base +
                                      offset / FakeSegment::arena_bytes * FakeSegment::arena_bytes);
    }
  }
  return nullptr;
}

void* arena_allocate(Arena* arena, std::size_t bytes, std::size_t alignment) {
  if (bytes == 0 || alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment > 4096) {
    fail("an allocation that breaks the contract", arena, bytes);
  }
  if (state().allowed == 0) {
    throw std::bad_alloc();
  }
  if (state().allowed != std::numeric_limits<std::size_t>::max()) {
    --state().allowed;
  }
  ++state().allocations;
  void* const memory =
      arena == nullptr
          ? ::operator new(bytes, std::align_val_t(std::max<std::size_t>(alignment, 16)))
          : take_from(arena, bytes, std::max<std::size_t>(alignment, 16));
  std::memset(memory, fresh_fill, bytes);
  state().blocks[memory] = {arena, bytes, alignment};
  return memory;
}

void arena_deallocate(Arena* arena, void* memory, std::size_t bytes,
                      std::size_t alignment) noexcept {
  const auto found = state().blocks.find(memory);
  if (found == state().blocks.end()) {
    fail("freed twice, or never allocated", memory, bytes);
  }
  if (found->second.arena != arena) {
    fail("given back to another arena", memory, bytes);
  }
  if (found->second.bytes != bytes || found->second.alignment != alignment) {
    fail("given back with another size or alignment", memory, bytes);
  }
  state().blocks.erase(found);
  if (arena == nullptr) {
    ::operator delete(memory, std::align_val_t(std::max<std::size_t>(alignment, 16)));
    return;
  }
  std::memset(memory, freed_fill, bytes);
  IPCARC_TEST_POISON(memory, rounded(bytes));
  state().freed[{arena, rounded(bytes), std::max<std::size_t>(alignment, 16)}].push_back(memory);
}

}  // namespace ipcarc::detail
