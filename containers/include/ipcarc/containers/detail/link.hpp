// A pointer in the form of a distance, as a value that vectors can hold.
#pragma once

#include <cstdint>

#include <ipcarc/containers/detail/self_relative.hpp>

namespace ipcarc::detail {

/// Leads to a T, or to nothing. Stored bytes (8): the distance from the link's own address; 0 for
/// nothing.
template <class T>
class link {
 public:
  link() noexcept = default;
  explicit link(T* target) noexcept
      : distance_(target == nullptr ? 0 : distance_to(this, target)) {}
  link(const link& other) noexcept : link(other.get()) {}
  link& operator=(const link& other) noexcept {
    T* const target = other.get();
    distance_ = target == nullptr ? 0 : distance_to(this, target);
    return *this;
  }
  ~link() = default;

  [[nodiscard]] T* get() const noexcept {
    return distance_ == 0 ? nullptr : at_distance<T>(this, distance_);
  }
  /// The same where it is known to lead somewhere.
  [[nodiscard]] T* operator->() const noexcept { return at_distance<T>(this, distance_); }
  [[nodiscard]] T& operator*() const noexcept { return *at_distance<T>(this, distance_); }

 private:
  friend struct relocator<link>;
  std::int64_t distance_ = 0;
};

template <class T>
struct relocator<link<T>> {
  static constexpr bool cheap = true;
  static void move(link<T>* from, void* to) noexcept {
    T* const target = from->get();
    ::new (to) link<T>(target);
  }
};

}  // namespace ipcarc::detail
