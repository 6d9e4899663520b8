// The stored form of an encoded object, for tests that damage it: the object is locked while this lives.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include <ipcarc/serialization.hpp>

#include "registry/example.hpp"

namespace ipcarc::test {

/// The handle inside a handle.
struct Opened : detail::ArcBase {
  explicit Opened(const detail::ArcBase& arc) : ArcBase(arc) {}
  const detail::Handle& handle() const { return held(); }
};

class StoredBlob {
 public:
  explicit StoredBlob(const detail::ArcBase& arc)
      : arc_(arc),
        payload_(static_cast<std::byte*>(detail::enter_guard(
            arc_.handle(), detail::encoded_shape, detail::Access::read, detail::Deadline::max()))) {
  }
  ~StoredBlob() { detail::leave_guard(arc_.handle(), false, arc_.handle().core().incarnation); }
  StoredBlob(const StoredBlob&) = delete;
  StoredBlob& operator=(const StoredBlob&) = delete;

  detail::BlobHead& head() { return *reinterpret_cast<detail::BlobHead*>(payload_); }
  std::span<std::byte> head_bytes() { return {payload_, sizeof(detail::BlobHead)}; }
  std::span<std::byte> bytes() { return {payload_ + head().place, head().length}; }

 private:
  Opened arc_;
  std::byte* payload_;
};

/// Puts `bytes` in the place of the object's encoding, with the right checksum: as a process could that means harm.
inline void forge(const detail::ArcBase& arc, const detail::TypeKey& key,
                  std::span<const std::byte> bytes) {
  const Opened opened(arc);
  detail::Update update(opened.handle(), key);
  detail::write_blob(update.fresh(), key.fingerprint(), bytes);
  update.commit();
}

template <class T>
std::vector<std::byte> encoded(const T& value) {
  std::vector<std::byte> result;
  detail::encode(value, [&](auto bytes) { result.assign(bytes.begin(), bytes.end()); });
  return result;
}

}  // namespace ipcarc::test
