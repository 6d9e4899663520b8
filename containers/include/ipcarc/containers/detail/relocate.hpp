// Moving elements to another address within one arena, with no call to the arena where the type
// allows it.
//
// Private to the containers. A container of ours knows its contents by distances from itself, so
// changing its address is arithmetic; its move constructor would have to ask twice where it lies.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

namespace ipcarc::detail {

/// How a T changes its address: `cheap` where that can neither throw nor allocate; then
/// `move(from, to)` moves `*from` to the raw memory at `to` and ends its life.
template <class T>
struct relocator {
  static constexpr bool cheap = std::is_trivially_copyable_v<T>;
  static void move(T* from, void* to) noexcept {
    std::memcpy(to, static_cast<const void*>(from), sizeof(T));
  }
};

/// For the containers of ours, which do it themselves.
template <class C>
struct self_relocator {
  static constexpr bool cheap = true;
  static void move(C* from, void* to) noexcept;
};

template <class A, class B>
struct relocator<std::pair<A, B>> {
  static constexpr bool cheap =
      relocator<std::remove_const_t<A>>::cheap && relocator<std::remove_const_t<B>>::cheap;
  static void move(std::pair<A, B>* from, void* to) noexcept {
    auto* const target = static_cast<std::pair<A, B>*>(to);
    move_member(&from->first, &target->first);
    move_member(&from->second, &target->second);
  }

 private:
  template <class M>
  static void move_member(M* from, M* to) noexcept {
    using Plain = std::remove_const_t<M>;
    relocator<Plain>::move(const_cast<Plain*>(from), const_cast<Plain*>(to));
  }
};

template <class T>
inline constexpr bool relocates_cheaply = relocator<T>::cheap;

/// Moves the `count` elements at `from` to the raw memory at `to` and ends their lives; the two may
/// overlap if T relocates cheaply. Otherwise a throwing move leaves `to` raw, and all of `from`
/// alive, some of it moved from.
template <class T>
void relocate(T* from, std::size_t count, T* to) {
  if constexpr (std::is_trivially_copyable_v<T>) {
    if (count != 0) {
      std::memmove(static_cast<void*>(to), static_cast<const void*>(from), count * sizeof(T));
    }
  } else if constexpr (relocates_cheaply<T>) {
    if (to < from) {
      for (std::size_t i = 0; i != count; ++i) {
        relocator<T>::move(from + i, to + i);
      }
    } else if (to > from) {
      for (std::size_t i = count; i-- != 0;) {
        relocator<T>::move(from + i, to + i);
      }
    }
  } else {
    std::uninitialized_move_n(from, count, to);
    std::destroy_n(from, count);
  }
}

}  // namespace ipcarc::detail
