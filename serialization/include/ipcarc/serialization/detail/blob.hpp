// The stored form of an encoded object: a head in the entry's payload, and the bytes in its arena.
//
// Nothing of it is believed before it is checked: the head's words, that the bytes lie in one block of this entry, and, on a private copy that
// nobody can change any more, the checksum. Only then is it decoded. A blob is written once, into a region that no version chooses
// yet, and never changed: a kill leaves the old one or the new one.
//
// Thread and process safety: the caller has the entry's mutex, or the entry is frozen or being built.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>

#include "ipcarc/detail/core_calls.hpp"
#include "ipcarc/detail/export.hpp"

namespace ipcarc::detail {

/// Lies in the segment.
struct BlobHead {
  std::uint64_t magic;
  std::uint64_t fingerprint;  // of the encoding of T
  std::uint64_t length;       // bytes
  std::uint64_t checksum;     // XXH3 of the three words above and the bytes
  std::int64_t place;         // bytes from the head to the first; 0 if there are none

  /// "ipcarcE" and the codec's version.
  static constexpr std::uint64_t expected_magic = 0x0145637261637069;
};
static_assert(sizeof(BlobHead) == 40 && alignof(BlobHead) == 8);

/// A blob in this process's own memory.
struct BlobCopy {
  BlobHead head;
  std::unique_ptr<std::byte[]> bytes;
};

/// What an archive found wrong.
struct EncodingFault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Whether the bytes are those that the head was written for.
IPCARC_EXPORT bool is_whole(const BlobHead& head, const std::byte* bytes) noexcept;
/// Writes a blob to `payload`, its bytes into the arena that lies there. Throws out_of_memory.
IPCARC_EXPORT void write_blob(void* payload, std::uint64_t fingerprint,
                              std::span<const std::byte> bytes);
/// Copies the blob at `payload`, the checksum not looked at. Throws decode_failed if it is not one.
IPCARC_EXPORT BlobCopy copy_blob(const Handle& handle, const void* payload);
/// The bytes, if they are those that were written for an encoding of this fingerprint. Else throws decode_failed.
IPCARC_EXPORT std::span<const std::byte> checked_bytes(const Handle& handle, const BlobCopy& blob,
                                                       std::uint64_t fingerprint);
/// Says that decoding `type` threw `what`.
[[noreturn]] IPCARC_EXPORT void throw_undecodable(const Handle& handle, std::string_view type,
                                                  std::size_t bytes, const char* what);
/// Says that a value was encoded that could not be decoded again.
[[noreturn]] IPCARC_EXPORT void throw_unencodable(std::string_view type, const char* what);

}  // namespace ipcarc::detail
