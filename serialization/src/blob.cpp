#include "ipcarc/serialization/detail/blob.hpp"

#include <cstring>
#include <string>

#include <xxhash.h>

#include "ipcarc/detail/arena.hpp"
#include "ipcarc/error.hpp"
#include "ipcarc/serialization/detail/faults.hpp"
#include "registry/core.hpp"

namespace ipcarc::detail {
namespace {

std::uint64_t checksum_of(const BlobHead& head, const std::byte* bytes) {
  return XXH3_64bits_withSeed(bytes, head.length, XXH3_64bits(&head, offsetof(BlobHead, checksum)));
}

[[noreturn]] void refuse(const Handle& handle, const std::string& expected,
                         const std::string& found) {
  throw Error(Errc::decode_failed, Core::of(handle.core()).about(object_name(handle)) +
                                       " cannot be decoded: expected " + expected + ", found " +
                                       found + " (reset() or store() replaces it)");
}

}  // namespace

bool is_whole(const BlobHead& head, const std::byte* bytes) noexcept {
  return head.checksum == checksum_of(head, bytes);
}

void write_blob(void* payload, std::uint64_t fingerprint, std::span<const std::byte> bytes) {
  auto* const to = static_cast<std::byte*>(payload);
  BlobHead head{BlobHead::expected_magic, fingerprint, bytes.size(), 0, 0};
  head.checksum = checksum_of(head, bytes.data());
  if (!bytes.empty()) {
    void* room = arena_allocate(arena_of(payload), bytes.size(), 8);
    std::memcpy(room, bytes.data(), bytes.size());
    head.place = static_cast<std::byte*>(room) - to;
  }
  std::memcpy(to, &head, sizeof head);
}

BlobCopy copy_blob(const Handle& handle, const void* payload) {
  BlobCopy copy;
  std::memcpy(&copy.head, payload, sizeof copy.head);
  const BlobHead& head = copy.head;
  if (head.magic != BlobHead::expected_magic) {
    refuse(handle, "an encoded value of codec version 1",
           "a head of " + std::to_string(head.magic));
  }
  if (head.length == 0) {
    return copy;
  }
  Core& core = Core::of(handle.core());
  const std::uint64_t at =
      static_cast<std::uint64_t>(static_cast<const std::byte*>(payload) - core.base) +
      static_cast<std::uint64_t>(head.place);
  std::uint64_t start = 0;
  const std::uint32_t owner = core.heap().owner_of(at, &start);
  const std::uint64_t room =
      owner == handle.index() + 1 ? core.heap().usable_bytes(start) - (at - start) : 0;
  if (head.length > room) {
    refuse(handle, std::to_string(head.length) + " bytes of this object",
           std::to_string(room) + " where its head leads to");
  }
  // Not value-initialised: it is overwritten.
  copy.bytes.reset(new std::byte[head.length]);
  std::memcpy(copy.bytes.get(), core.base + at, head.length);
  return copy;
}

std::span<const std::byte> checked_bytes(const Handle& handle, const BlobCopy& blob,
                                         std::uint64_t fingerprint) {
  if (blob.head.fingerprint != fingerprint) {
    refuse(handle, "an encoding of fingerprint " + std::to_string(fingerprint),
           "one of " + std::to_string(blob.head.fingerprint));
  }
  const std::uint64_t checksum = checksum_of(blob.head, blob.bytes.get());
  if (blob.head.checksum != checksum) {
    refuse(handle, "bytes of checksum " + std::to_string(blob.head.checksum),
           std::to_string(blob.head.length) + " bytes of " + std::to_string(checksum));
  }
  return {blob.bytes.get(), blob.head.length};
}

void throw_undecodable(const Handle& handle, std::string_view type, std::size_t bytes,
                       const char* what) {
  refuse(handle, std::to_string(bytes) + " bytes that encode a " + std::string(type), what);
}

void throw_unencodable(std::string_view type, const char* what) {
  throw Error(Errc::decode_failed, "ipcarc: expected a " + std::string(type) +
                                       " that can be decoded again once it is encoded, found " +
                                       what);
}

// --- what an archive finds wrong ----------------------------------------------------------------------------------------

void throw_bad_encoding(const std::string& found) {
  throw EncodingFault(found);
}

void throw_cut_short(std::uint64_t wanted, std::uint64_t left) {
  throw EncodingFault("an end after " + std::to_string(left) + " bytes where " +
                      std::to_string(wanted) + " more should be");
}

void throw_too_many_elements(std::uint64_t elements, std::uint64_t bytes) {
  throw EncodingFault(std::to_string(elements) + " elements in " + std::to_string(bytes) +
                      " bytes");
}

void throw_nested_too_deep() {
  throw EncodingFault("values nested deeper than " + std::to_string(max_nesting));
}

}  // namespace ipcarc::detail
