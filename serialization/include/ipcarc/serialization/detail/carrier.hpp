// The way of a type that is not relocatable into a segment and out of it: the calls of a handle, on private values and blobs.
//
// Thread and process safety: as of the handles. A kill inside leaves the old value or the new, and nothing poisoned: the mutex is
// taken to read, and each change is an Update.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "ipcarc/detail/carrier.hpp"
#include "ipcarc/detail/construct.hpp"
#include "ipcarc/detail/core_calls.hpp"
#include "ipcarc/detail/guard_path.hpp"
#include "ipcarc/detail/type_key.hpp"
#include "ipcarc/guard.hpp"
#include "ipcarc/serialization/detail/codec.hpp"

namespace ipcarc::detail {

/// Fails to compile and, by its name, says why.
template <class T, class Part>
struct refused_encoding {
  static_assert(std::is_void_v<Part>,
                "ipcarc: this type cannot lie in a segment as it is, nor can it be shared encoded: "
                "cereal has no functions for the part "
                "named beside it. Two ways out: make all of the type relocatable (ipcarc::string "
                "for std::string, the ipcarc containers "
                "for those of std); or give that part a serialize function for cereal, declared "
                "beside the type");
};

/// Room for a private value while its arguments are made to one.
template <class T>
class PrivateValue {
 public:
  template <class... A>
  explicit PrivateValue(A&&... args) {
    detail::construct<T>(&value_, std::forward<A>(args)...);
  }
  PrivateValue(const PrivateValue&) = delete;
  PrivateValue& operator=(const PrivateValue&) = delete;
  ~PrivateValue() { value_.~T(); }
  const T& operator*() const noexcept { return value_; }

 private:
  union {
    T value_;
  };
};

template <class T>
struct Carrier {
  static_assert(is_encoded<T>);

  static constexpr void require() {
    if constexpr (!is_encodable<T>) {
      require_relocatable<T>();
      static_cast<void>(sizeof(refused_encoding<T, unencodable_part<T>>));
    }
    static_assert(std::is_default_constructible_v<T>,
                  "ipcarc: a type that is shared encoded is decoded into a new T{}, so it needs a "
                  "default constructor");
  }

  template <bool Frozen>
  static const TypeKey& key() {
    static_assert(sizeof(BlobHead) == encoded_head_bytes);
    static constinit TypeKey key{
        {0},    sizeof(BlobHead),       encoded_shape, sizeof(BlobHead), alignof(BlobHead),
        Frozen, [] { return layout(); }};
    number_made_once(key.fingerprint_or_0, [] { return fingerprint(); });
    return key;
  }

  static std::string_view layout() {
    static constinit std::atomic<const std::string*> text{nullptr};
    return made_once(
        text, [] { return layout_text(describe_encoded<T>(), ValueKind::arena, BOOST_VERSION); });
  }
  /// Of the stored form, and so of the encoding.
  static std::uint64_t fingerprint() {
    static constinit std::atomic<std::uint64_t> value{0};
    return number_made_once(
        value, [] { return hash_layout(describe_encoded<T>(), ValueKind::arena, BOOST_VERSION); });
  }

  template <class... A>
  static void construct(void* payload, A&&... args) {
    with_bytes([payload](auto bytes) { write_blob(payload, fingerprint(), bytes); },
               std::forward<A>(args)...);
  }

  template <class... A>
  static void reset(const Handle& handle, const TypeKey& key, A&&... args) {
    with_bytes(
        [&](auto bytes) {
          Update update(handle, key, true);
          write_blob(update.fresh(), fingerprint(), bytes);
          update.commit();
        },
        std::forward<A>(args)...);
  }

  /// A decoded copy. A mutable object's lock is held only while the bytes are copied.
  static void read_into(T& value, const Handle& handle, bool frozen) {
    decode_into(value, handle, frozen ? copy_blob(handle, handle.payload()) : copy_locked(handle),
                fingerprint());
  }
  static T load(const Handle& handle, bool frozen) {
    T value{};
    read_into(value, handle, frozen);
    return value;
  }

  template <class F>
  static void recover(const Handle& handle, F& mend) {
    Guard<T> guard(handle, enter_guard(handle, encoded_shape, Access::read, Deadline::max()), true);
    if (guard.is_made_anew()) {
      mend(*guard);
      guard.commit();
    }
  }

 private:
  template <class Use, class... A>
  static void with_bytes(Use use, A&&... args) {
    if constexpr (is_one_value<T, A...>) {
      encode<T>(args..., use);
    } else {
      encode<T>(*PrivateValue<T>(std::forward<A>(args)...), use);
    }
  }

  static BlobCopy copy_locked(const Handle& handle) {
    const std::uint32_t incarnation = handle.core().incarnation;
    const void* payload = enter_guard(handle, encoded_shape, Access::read, Deadline::max());
    try {
      BlobCopy copy = copy_blob(handle, payload);
      leave_guard(handle, false, incarnation);
      return copy;
    } catch (...) {
      leave_guard(handle, false, incarnation);
      throw;
    }
  }
};

}  // namespace ipcarc::detail
