// A `T` into bytes and out of them.
//
// Thread safety: pure functions, but for what the type's own functions do.
#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <span>
#include <type_traits>

#include "ipcarc/detail/fingerprint.hpp"
#include "ipcarc/detail/layout_text.hpp"
#include "ipcarc/serialization/aggregates.hpp"
#include "ipcarc/serialization/containers.hpp"
#include "ipcarc/serialization/detail/archive.hpp"
#include "ipcarc/serialization/detail/blob.hpp"
#include "ipcarc/serialization/detail/encoding.hpp"
#include "ipcarc/serialization/detail/sequences.hpp"

namespace ipcarc::detail {

/// Names the stored form of a `T` in descriptions.
template <class T>
struct Encoded;

/// The stored form: a head, of which the layout says what is encoded behind it.
template <class T>
const TypeDescription& describe_encoded() {
  static constexpr TypeDescription description = [] {
    TypeDescription it = {.kind = TypeKind::known_template, .type = &typeid(NameOnly<Encoded<T>>)};
    it.tag = "ipcarc::encoded";
    it.size = sizeof(BlobHead);
    it.alignment = alignof(BlobHead);
    set_parts(it, EncodingParts<type_list<T>>::value);
    return it;
  }();
  return description;
}

/// What people call the type, in messages.
template <class T>
std::string_view encoded_type_name() {
  static constinit std::atomic<const std::string*> name{nullptr};
  return made_once(name, [] { return readable_name(describe_encoding_plain<T>()); });
}

/// Calls `use` with the bytes that encode `value`. Throws what the type's own functions throw; decode_failed if the bytes could not be decoded.
template <class T, class Use>
void encode(const T& value, Use use) {
  BlobWriter writer;
  std::span<const std::byte> bytes;
  try {
    writer(value);
    bytes = writer.finish();
  } catch (const EncodingFault& fault) {
    throw_unencodable(encoded_type_name<T>(), fault.what());
  }
  use(bytes);
}

/// Decodes all of `bytes` into `value`. Throws whatever went wrong; `value` is then something valid.
template <class T>
void decode_into(T& value, std::span<const std::byte> bytes) {
  BlobReader reader(bytes);
  reader(value);
  reader.finish();
}

/// Decodes a copied blob into `value`. Everything that goes wrong is decode_failed.
template <class T>
void decode_into(T& value, const Handle& handle, const BlobCopy& blob, std::uint64_t fingerprint) {
  const std::span<const std::byte> bytes = checked_bytes(handle, blob, fingerprint);
  try {
    decode_into(value, bytes);
  } catch (const std::exception& error) {
    throw_undecodable(handle, encoded_type_name<T>(), bytes.size(), error.what());
  } catch (...) {
    throw_undecodable(handle, encoded_type_name<T>(), bytes.size(), "an unknown exception");
  }
}

}  // namespace ipcarc::detail
