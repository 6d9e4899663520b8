// The archives of what is shared encoded: cereal's portable binary format as this machine writes it, without its first byte, into and
// out of private memory.
//
// A reader believes nothing. Its input may be what a hostile process wrote, with a checksum that is right. Invariants:
// 1. Nothing is read beyond the input.
// 2. All counts of elements together are at most the input's bytes plus `spare_elements`, since an element that is encoded has a byte of its
//    own, or its count's; the spare ones are for elements of no bytes. So time and memory are linear in the input.
// 3. Sequences grow as their elements are read: none is resized to a count from the input, but of scalars that the input has the bytes of.
// 4. Values are nested at most `max_nesting` deep, so that no input makes the stack overflow.
// 5. A bool is 0 or 1.
// The writer keeps 2 and 4 too: what can be encoded can be decoded.
//
// Thread safety: an archive is of one thread.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>

#include <cereal/cereal.hpp>

#include "ipcarc/serialization/detail/faults.hpp"

namespace ipcarc::detail {

/// Encodes into memory of its own.
class BlobWriter : public cereal::OutputArchive<BlobWriter, cereal::AllowEmptyClassElision> {
 public:
  BlobWriter() : OutputArchive(this) {}

  void put(const void* data, std::size_t bytes) {
    bytes_.append(static_cast<const char*>(data), bytes);
  }
  void put_count(std::uint64_t elements) {
    elements_ += elements;
    put(&elements, sizeof elements);
  }
  void enter() {
    if (++nesting_ > max_nesting) [[unlikely]] {
      throw_nested_too_deep();
    }
  }
  void leave() noexcept { --nesting_; }

  /// All that was encoded. Throws if a reader would refuse it.
  std::span<const std::byte> finish() {
    serializeDeferments();
    if (elements_ > bytes_.size() + spare_elements) [[unlikely]] {
      throw_too_many_elements(elements_, bytes_.size());
    }
    return std::as_bytes(std::span(bytes_));
  }

 private:
  std::string bytes_;
  std::uint64_t elements_ = 0;
  std::uint32_t nesting_ = 0;
};

/// Decodes memory that nobody else writes.
class BlobReader : public cereal::InputArchive<BlobReader, cereal::AllowEmptyClassElision> {
 public:
  explicit BlobReader(std::span<const std::byte> input)
      : InputArchive(this), input_(input), elements_left_(input.size() + spare_elements) {}

  std::size_t left() const noexcept { return input_.size() - at_; }
  void take(void* to, std::size_t bytes) {
    require(bytes);
    if (bytes != 0) {
      std::memcpy(to, input_.data() + at_, bytes);
    }
    at_ += bytes;
  }
  /// Throws unless `bytes` more are there.
  void require(std::uint64_t bytes) const {
    if (bytes > left()) [[unlikely]] {
      throw_cut_short(bytes, left());
    }
  }
  std::uint64_t take_count() {
    std::uint64_t elements = 0;
    take(&elements, sizeof elements);
    if (elements > elements_left_) [[unlikely]] {
      throw_too_many_elements(elements, input_.size());
    }
    elements_left_ -= elements;
    return elements;
  }
  void enter() {
    if (++nesting_ > max_nesting) [[unlikely]] {
      throw_nested_too_deep();
    }
  }
  void leave() noexcept { --nesting_; }

  /// Throws unless all of the input was read.
  void finish() {
    serializeDeferments();
    if (left() != 0) [[unlikely]] {
      throw_bad_encoding(std::to_string(left()) + " bytes behind the value's end");
    }
  }

 private:
  std::span<const std::byte> input_;
  std::size_t at_ = 0;
  std::uint64_t elements_left_;
  std::uint32_t nesting_ = 0;
};

template <class A>
concept blob_archive = std::same_as<A, BlobWriter> || std::same_as<A, BlobReader>;

// cereal calls these two around every value.
template <blob_archive A, class T>
void prologue(A& archive, const T&) {
  archive.enter();
}
template <blob_archive A, class T>
void epilogue(A& archive, const T&) {
  archive.leave();
}

template <class T>
requires std::is_arithmetic_v<T>
void save(BlobWriter& archive, const T& value) {
  archive.put(&value, sizeof value);
}
template <class T>
requires std::is_arithmetic_v<T>
void load(BlobReader& archive, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    std::uint8_t byte = 0;
    archive.take(&byte, 1);
    if (byte > 1) [[unlikely]] {
      throw_bad_encoding("a bool that is " + std::to_string(byte));
    }
    value = byte != 0;
  } else {
    archive.take(&value, sizeof value);
  }
}

template <blob_archive A, class T>
void serialize(A& archive, cereal::NameValuePair<T>& pair) {
  archive(pair.value);
}
template <class T>
void save(BlobWriter& archive, const cereal::SizeTag<T>& tag) {
  archive.put_count(tag.size);
}
template <class T>
void load(BlobReader& archive, cereal::SizeTag<T>& tag) {
  tag.size = archive.take_count();
}
template <class T>
void save(BlobWriter& archive, const cereal::BinaryData<T>& data) {
  archive.put(data.data, data.size);
}
template <class T>
void load(BlobReader& archive, cereal::BinaryData<T>& data) {
  using Element = std::remove_all_extents_t<std::remove_pointer_t<std::remove_reference_t<T>>>;
  if constexpr (std::is_same_v<std::remove_cv_t<Element>, bool>) {
    auto* elements = static_cast<bool*>(data.data);
    for (std::size_t i = 0; i < data.size; ++i) {
      load(archive, elements[i]);
    }
  } else {
    archive.take(data.data, data.size);
  }
}

}  // namespace ipcarc::detail

CEREAL_REGISTER_ARCHIVE(ipcarc::detail::BlobWriter)
CEREAL_REGISTER_ARCHIVE(ipcarc::detail::BlobReader)
CEREAL_SETUP_ARCHIVE_TRAITS(ipcarc::detail::BlobReader, ipcarc::detail::BlobWriter)
