// Errors: the one exception type of ipcarc and its codes.
//
// Thread and process safety: an Error is an ordinary value of one process.
// Every message names the registry, the object, what was expected and what was found, and ends with what to do next.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "ipcarc/detail/export.hpp"

namespace ipcarc {

/// What went wrong, comparable with `Error::code()`.
enum class Errc {
  not_found = 1,       ///< no object (or no registry, for `attach`) of that name
  already_exists,      ///< `create` of a name that is taken
  type_mismatch,       ///< the stored layout is not the layout of the `T` asked for
  wrong_mode,          ///< frozen asked for as mutable or the reverse; or a call on an empty handle
  poisoned,            ///< a holder died while it changed the object; see `IpcArc::recover`
  timed_out,           ///< the deadline of the call passed
  out_of_memory,       ///< the segment, or the filesystem under it, is full
  too_many_objects,    ///< every entry of the registry is taken
  too_many_processes,  ///< every participant slot is taken
  bad_name,            ///< a name that is empty, too long, or has a forbidden byte
  permission_denied,   ///< the file, or this process's right to it, is not what it must be
  incompatible_segment,  ///< made by another layout version, page size, or pid namespace
  corrupt_segment,       ///< bytes that no version of this library wrote
  decode_failed,         ///< a stored blob that cannot be decoded
};

/// The category of `Errc`; its name is "ipcarc". Never blocks or allocates.
IPCARC_EXPORT const std::error_category& error_category() noexcept;

/// Makes `Errc` convert to `std::error_code`.
IPCARC_EXPORT std::error_code make_error_code(Errc code) noexcept;

/// The exception of every throwing call. `code()` compares with `Errc`; a failure of the system that has no
/// `Errc` of its own (no file descriptors left, an I/O error) carries the system's code instead.
class IPCARC_EXPORT Error : public std::system_error {
 public:
  /// An error of this library. `next`: what its reader can do about it; empty: what there is to do about that code in general.
  Error(Errc code, const std::string& message, std::string_view next = {});
  /// A failure of the system, by its own code.
  Error(std::error_code code, const std::string& message, std::string_view next = {});

  /// The whole message: problem() and, after "next: ", next().
  const char* what() const noexcept override { return text_->c_str(); }
  /// What is wrong. Valid while this exception or a copy of it lives.
  std::string_view problem() const noexcept {
    return std::string_view(*text_).substr(0, problem_bytes_);
  }
  /// What can be done about it; empty for a failure of the system that speaks for itself. Valid as problem().
  std::string_view next() const noexcept { return std::string_view(*text_).substr(next_at_); }

 private:
  // Shared, so that copying an exception cannot throw.
  std::shared_ptr<const std::string> text_;
  std::size_t problem_bytes_;
  std::size_t next_at_;
};

}  // namespace ipcarc

template <>
struct std::is_error_code_enum<ipcarc::Errc> : std::true_type {};
