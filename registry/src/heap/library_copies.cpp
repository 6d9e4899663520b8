#include "heap/library_copies.hpp"

#include <dlfcn.h>
#include <link.h>

#include <cstring>
namespace ipcarc::detail {

constinit MappedSegments mapped_segments{};

// The note is made by the assembler, with the distance to this as its contents, so that it can be
// read before the loader has relocated anything.
extern "C" {
[[gnu::visibility("hidden"), gnu::used]] constinit LibraryCopy ipcarc_library_copy{};
}
// Elf64_Nhdr: bytes of the name and of the contents, the type (copies_version); the name, padded to 4 bytes; the contents.
asm(R"(
  .pushsection .note.ipcarc, "a", %note
  .balign 4
  .long 7, 8, 1
  .asciz "ipcarc"
  .balign 4
1:
  .quad ipcarc_library_copy - 1b
  .popsection
)");
static_assert(copies_version == 1, "as the note says");

namespace {

constexpr auto relaxed =
    std::memory_order_relaxed;  // but for joining, ordered by the loader's lock
constexpr char note_name[] = "ipcarc";

constinit ProcessWide own_process_wide{};

constexpr std::size_t padded(std::size_t bytes) {
  return (bytes + 3) / 4 * 4;
}

/// The copy that one of the notes in [at, end) tells of, or null.
LibraryCopy* copy_in_notes(const std::byte* at, const std::byte* end) noexcept {
  while (static_cast<std::size_t>(end - at) >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) head;
    std::memcpy(&head, at, sizeof head);
    const std::byte* const name = at + sizeof head;
    if (static_cast<std::size_t>(end - name) < padded(head.n_namesz) + padded(head.n_descsz)) {
      return nullptr;
    }
    const std::byte* const contents = name + padded(head.n_namesz);
    std::int64_t distance = 0;
    if (head.n_type == copies_version && head.n_namesz == sizeof note_name &&
        head.n_descsz == sizeof distance &&
        std::memcmp(name, static_cast<const void*>(note_name), sizeof note_name) == 0) {
      std::memcpy(&distance, contents, sizeof distance);
      return reinterpret_cast<LibraryCopy*>(reinterpret_cast<std::intptr_t>(contents) + distance);
    }
    at = contents + padded(head.n_descsz);
  }
  return nullptr;
}

LibraryCopy* copy_in(const dl_phdr_info& loaded) noexcept {
  for (std::size_t i = 0; i < loaded.dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = loaded.dlpi_phdr[i];
    // Notes of 8 bytes' alignment are padded otherwise, and not ours.
    if (part.p_type == PT_NOTE && part.p_align <= 4) {
      const auto* const begin = reinterpret_cast<const std::byte*>(loaded.dlpi_addr + part.p_vaddr);
      if (LibraryCopy* const copy = copy_in_notes(begin, begin + part.p_memsz)) {
        return copy;
      }
    }
  }
  return nullptr;
}

/// Calls `visit(copy)` for every copy that has joined, under the loader's lock.
template <class Visit>
void for_each_copy(Visit visit) noexcept {
  ::dl_iterate_phdr(
      [](dl_phdr_info* loaded, std::size_t /*bytes*/, void* context) {
        LibraryCopy* const copy = copy_in(*loaded);
        if (copy != nullptr && copy->segments.load(relaxed) != nullptr) {
          (*static_cast<Visit*>(context))(*copy);
        }
        return 0;
      },
      &visit);
}

/// Runs `act` under the loader's lock: in its first call back.
template <class Act>
void with_loader_locked(Act act) noexcept {
  ::dl_iterate_phdr(
      [](dl_phdr_info* /*loaded*/, std::size_t /*bytes*/, void* context) {
        (*static_cast<Act*>(context))();
        return 1;
      },
      &act);
}

void widen(MappedSegments& segments, std::uintptr_t low, std::uintptr_t high) noexcept {
  // relaxed: who asks about the segment learnt of its address after this, and so reads these values
  // or wider ones.
  std::uintptr_t lowest = segments.lowest.load(relaxed);
  while (low < lowest && !segments.lowest.compare_exchange_weak(lowest, low, relaxed)) {
  }
  std::uintptr_t highest = segments.highest.load(relaxed);
  while (high > highest && !segments.highest.compare_exchange_weak(highest, high, relaxed)) {
  }
}

/// Keeps the library that this copy is in from being unloaded. Of a program it does nothing.
void stay_loaded() noexcept {
  Dl_info place;
  if (::dladdr(&ipcarc_library_copy, &place) != 0) {
    ::dlopen(place.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
  }
}

ProcessWide& join() noexcept {
  ProcessWide* shared = nullptr;
  bool first = false;
  with_loader_locked([&] {
    shared = ipcarc_library_copy.shared.load(relaxed);
    if (shared != nullptr) {
      return;  // another thread was here
    }
    for_each_copy([&](LibraryCopy& copy) {
      shared = copy.shared.load(relaxed);
      const MappedSegments& theirs = *copy.segments.load(relaxed);
      widen(mapped_segments, theirs.lowest.load(relaxed), theirs.highest.load(relaxed));
    });
    if (shared == nullptr) {
      first = true;
      shared = &own_process_wide;
      shared->category = &own_category();
    }
    mapped_segments.first.store(&shared->places, relaxed);
    ipcarc_library_copy.segments.store(&mapped_segments, relaxed);
    // release: pairs with the acquire in process_wide(); the category is there.
    ipcarc_library_copy.shared.store(shared, std::memory_order_release);
  });
  if (first) {
    stay_loaded();
  }
  return *shared;
}

// Before the constructors of static objects: an object of another copy may be handed to them.
[[gnu::constructor(101)]] void join_early() {
  process_wide();
}

}  // namespace

ProcessWide& process_wide() noexcept {
  // acquire: pairs with the release in join().
  ProcessWide* const shared = ipcarc_library_copy.shared.load(std::memory_order_acquire);
  return shared != nullptr ? *shared : join();
}

void widen_bounds(std::uintptr_t low, std::uintptr_t high) noexcept {
  process_wide();
  widen(mapped_segments, low, high);  // also where the notes were stripped
  for_each_copy([&](LibraryCopy& copy) { widen(*copy.segments.load(relaxed), low, high); });
}

}  // namespace ipcarc::detail
