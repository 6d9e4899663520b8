// The copies of the library in this process: linked into the program, into the libraries it loads, and how they come to share what
// must be one in a process.
//
// Symbols cannot do it: a program exports none of its own by default, a library loaded with RTLD_LOCAL is asked last, and a linker's
// --exclude-libs or version script hides what the source does not. So each copy has an ELF note that says where its part is, and a
// copy that comes looks through the notes of what is loaded. The first one found has what all share; it stays loaded for good.
//
// Copies of different `copies_version` do not know each other: objects must not be handed between them.
//
// Thread safety: any; the dynamic loader's lock, which it takes to list what is loaded, keeps copies from coming and going meanwhile. It
// is a leaf, since nothing is called under it that locks.
#pragma once

#include <atomic>
#include <cstdint>
#include <system_error>

#include "ipcarc/detail/mapped_segments.hpp"

namespace ipcarc::detail {

/// The note's type. To be raised with every change of ProcessWide, LibraryCopy, and what they consist of.
inline constexpr std::uint32_t copies_version = 1;

/// What is one in a process: in the copy that came first.
struct ProcessWide {
  MappedGroup places;
  // Codes of errors compare by its address.
  const std::error_category* category;
};

/// What the copies see of one another.
struct LibraryCopy {
  std::atomic<MappedSegments*> segments;  // null until the copy has joined
  std::atomic<ProcessWide*> shared;
};

/// This copy's category of Errc, of which that of the first copy is used.
const std::error_category& own_category() noexcept;

/// What is one in this process. Joins the other copies if this one has not yet.
ProcessWide& process_wide() noexcept;

/// Widens what every copy compares addresses with first, to contain [low, high).
void widen_bounds(std::uintptr_t low, std::uintptr_t high) noexcept;

}  // namespace ipcarc::detail
