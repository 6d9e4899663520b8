// A registry's file before it is mapped: its name, its path, and whether it may
// be believed.
//
// A file is opened without following links, and believed only when it is a
// regular file with one name, owned by this user, by root, or by whom the
// options trust. Its permission bits are its owner's decision, and the kernel
// applies them. Its header is read by a system call, never through a mapping,
// since a hole or a file that is cut short would be a SIGBUS there.
//
// Thread and process safety: all calls may be made by anyone at any time; none
// takes a lock, none changes the file.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <span>
#include <string>
#include <string_view>

#include "ipcarc/error.hpp"
#include "layout/geometry.hpp"
#include "layout/tables.hpp"
#include "segment/descriptor.hpp"

namespace ipcarc::detail {

/// Where a registry lies. Every error about its file is thrown from here, so
/// that each names registry and path.
/// What to do where attach() or a look finds no file.
inline constexpr std::string_view no_such_registry =
    "open() creates it; `ipcarc ls` and Registry::list() show which there are, in IPCARC_DIR or "
    "/dev/shm";

struct RegistryPath {
  std::string name;
  std::string directory;
  std::string file;

  [[noreturn]] void refuse(Errc code, std::string_view what, std::string_view next = {}) const;
  /// A system call failed: out_of_memory, permission_denied, or the system's
  /// own code.
  [[noreturn]] void fail(int errno_value, std::string_view action,
                         std::string_view next = {}) const;
};

/// The path of registry `name`: in `directory`, or IPCARC_DIR, or /dev/shm;
/// absolute, so that a later chdir changes nothing. Throws Error{bad_name}
/// unless the name is 1 to 200 bytes with neither '/' nor NUL.
RegistryPath locate(std::string_view name, const std::string& directory);

/// Opens the registry's file for reading and writing, and checks what kind of
/// file it is and whose. Empty if there is none. Errors: permission_denied.
Descriptor open_registry_file(const RegistryPath& path, std::span<const uid_t> trusted_owners,
                              struct stat& status);

/// Opens the registry's file for reading, whoever's it is: nothing in it will
/// be believed. Errors: not_found, permission_denied (a link, another kind of
/// file, no right).
Descriptor open_to_look(const RegistryPath& path);

/// Opens the file behind `fd` once more, as another description.
/// `fallback_path`: where to look if /proc does not help; used only if it leads
/// to the same file. Empty if neither can be had; errno says why. Neither
/// allocates nor throws: the fork handlers call it.
Descriptor open_again(int fd, const FileIdentity& identity, const char* fallback_path) noexcept;

/// Reads and checks the header: size, magic, versions, checksum, geometry, pid
/// namespace. Errors: corrupt_segment, incompatible_segment.
Geometry check_header(const RegistryPath& path, int fd);

/// The checksum of a header's immutable part.
std::uint64_t header_checksum(const Header& header) noexcept;

/// The inode number of this process's pid namespace.
std::uint64_t pid_namespace(const RegistryPath& path);

/// Nanoseconds of CLOCK_REALTIME, for display.
std::uint64_t wall_clock_ns() noexcept;

}  // namespace ipcarc::detail
