// The birth of a segment's file: whole before it has a name.
//
// The file is made unnamed (O_TMPFILE) and sized; mapped, its first tables are committed and its
// header written; whoever calls adds what else a newborn needs, then links it to its name. No one ever sees half a
// segment, and a creator that is killed leaves nothing, since a file without a name goes with its
// last descriptor.
//
// Thread and process safety: any number of processes may give birth to one name at once; one of
// them links.
#pragma once

#include <cstdint>

#include "ipcarc/options.hpp"
#include "segment/registry_file.hpp"
#include "segment/segment.hpp"

namespace ipcarc::detail {

inline constexpr std::uint32_t default_max_objects = std::uint32_t{1} << 18;
inline constexpr std::uint32_t most_max_objects = std::uint32_t{1} << 30;
inline constexpr std::uint32_t least_pages = 8;

/// Whether a segment of this size and number of objects can be: within the limits, with pages left
/// for the heap. Pure.
bool usable_size(std::uint64_t file_bytes, std::uint32_t max_objects) noexcept;

/// What the options ask for, in the directory they name. Throws Error of
/// std::errc::invalid_argument if that cannot be.
struct UnnamedFile {
  Descriptor file;
  Geometry geometry;
};

/// Makes the file: full size, mode as asked, all of it a hole. Errors: permission_denied,
/// out_of_memory (a limit of this process on files), invalid_argument (options that leave no room),
/// operation_not_supported (no O_TMPFILE there).
UnnamedFile make_unnamed_file(const RegistryPath& path, const Options& options);

/// Takes the memory of [0, committed_at_birth) of a mapped newborn and writes the header, and the
/// commit bits of what is committed. Throws Error{out_of_memory}; what was taken goes with the file.
void furnish(Segment& segment, const RegistryPath& path);

/// Gives the file its name. False if the name is taken.
bool link_file(const RegistryPath& path, int fd);

}  // namespace ipcarc::detail
