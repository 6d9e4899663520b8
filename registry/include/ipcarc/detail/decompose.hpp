// Structured bindings for 1 to 128 members, one specialisation a count.
//
// A count of bindings cannot be a template argument in C++20, so the bodies are written out by
// macros. Each specialisation holds two things and nothing else, since every program that includes
// this parses all 128:
// - `braces<T, Tail...>`: whether `T{{}, ..., {}, Tail{}...}` is valid;
// - `apply(t, f)`: the result of `f` called with one `MemberSlot` for each member, in order.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

namespace ipcarc::detail {

/// One member of some object: its declared type (a reference stays one) and where it lies. It is
/// taken as const so that a bit-field, which has no address, gives a temporary copy instead of an
/// error; see `has_constant_addresses`.
template <class Member>
struct MemberSlot {
  std::remove_reference_t<Member>* address;
  constexpr explicit MemberSlot(const std::remove_reference_t<Member>& member)
      : address(const_cast<std::remove_reference_t<Member>*>(std::addressof(member))) {}
};

template <std::size_t Count>
struct Decompose;

template <>
struct Decompose<0> {
  template <class T, class... Tail>
  static constexpr bool braces = requires {
    T{Tail{}...};
  };
  template <class T, class F>
  static constexpr auto apply(T&, F&& f) {
    return f();
  }
};

// clang-format off
#define IPCARC_NAME(x) x
#define IPCARC_BRACE(x) {}
#define IPCARC_SLOT(x) MemberSlot<decltype(x)>(x)

#define IPCARC_LIST_1(w, p) w(p##0)
#define IPCARC_LIST_2(w, p) IPCARC_LIST_1(w, p), w(p##1)
#define IPCARC_LIST_3(w, p) IPCARC_LIST_2(w, p), w(p##2)
#define IPCARC_LIST_4(w, p) IPCARC_LIST_3(w, p), w(p##3)
#define IPCARC_LIST_5(w, p) IPCARC_LIST_4(w, p), w(p##4)
#define IPCARC_LIST_6(w, p) IPCARC_LIST_5(w, p), w(p##5)
#define IPCARC_LIST_7(w, p) IPCARC_LIST_6(w, p), w(p##6)
#define IPCARC_LIST_8(w, p) IPCARC_LIST_7(w, p), w(p##7)
#define IPCARC_LIST_9(w, p) IPCARC_LIST_8(w, p), w(p##8)
#define IPCARC_LIST_10(w, p) IPCARC_LIST_9(w, p), w(p##9)
#define IPCARC_LIST_11(w, p) IPCARC_LIST_10(w, p), w(p##10)
#define IPCARC_LIST_12(w, p) IPCARC_LIST_11(w, p), w(p##11)
#define IPCARC_LIST_13(w, p) IPCARC_LIST_12(w, p), w(p##12)
#define IPCARC_LIST_14(w, p) IPCARC_LIST_13(w, p), w(p##13)
#define IPCARC_LIST_15(w, p) IPCARC_LIST_14(w, p), w(p##14)
#define IPCARC_LIST_16(w, p) IPCARC_LIST_15(w, p), w(p##15)

#define IPCARC_BEFORE_0(w)
#define IPCARC_BEFORE_1(w) IPCARC_LIST_16(w, a),
#define IPCARC_BEFORE_2(w) IPCARC_BEFORE_1(w) IPCARC_LIST_16(w, b),
#define IPCARC_BEFORE_3(w) IPCARC_BEFORE_2(w) IPCARC_LIST_16(w, c),
#define IPCARC_BEFORE_4(w) IPCARC_BEFORE_3(w) IPCARC_LIST_16(w, d),
#define IPCARC_BEFORE_5(w) IPCARC_BEFORE_4(w) IPCARC_LIST_16(w, e),
#define IPCARC_BEFORE_6(w) IPCARC_BEFORE_5(w) IPCARC_LIST_16(w, g),
#define IPCARC_BEFORE_7(w) IPCARC_BEFORE_6(w) IPCARC_LIST_16(w, h),

#define IPCARC_DECOMPOSE(before, letter, n)                                                    \
  template <>                                                                                  \
  struct Decompose<before * 16 + n> {                                                          \
    template <class T, class... Tail>                                                          \
    static constexpr bool braces = requires {                                                  \
      T{IPCARC_BEFORE_##before(IPCARC_BRACE) IPCARC_LIST_##n(IPCARC_BRACE, letter), Tail{}...}; \
    };                                                                                         \
    template <class T, class F>                                                                \
    static constexpr auto apply(T& t, F&& f) {                                                 \
      auto& [IPCARC_BEFORE_##before(IPCARC_NAME) IPCARC_LIST_##n(IPCARC_NAME, letter)] = t;    \
      return f(IPCARC_BEFORE_##before(IPCARC_SLOT) IPCARC_LIST_##n(IPCARC_SLOT, letter));      \
    }                                                                                          \
  };
#define IPCARC_DECOMPOSE_16(before, letter)                                              \
  IPCARC_DECOMPOSE(before, letter, 1) IPCARC_DECOMPOSE(before, letter, 2)                \
  IPCARC_DECOMPOSE(before, letter, 3) IPCARC_DECOMPOSE(before, letter, 4)                \
  IPCARC_DECOMPOSE(before, letter, 5) IPCARC_DECOMPOSE(before, letter, 6)                \
  IPCARC_DECOMPOSE(before, letter, 7) IPCARC_DECOMPOSE(before, letter, 8)                \
  IPCARC_DECOMPOSE(before, letter, 9) IPCARC_DECOMPOSE(before, letter, 10)               \
  IPCARC_DECOMPOSE(before, letter, 11) IPCARC_DECOMPOSE(before, letter, 12)              \
  IPCARC_DECOMPOSE(before, letter, 13) IPCARC_DECOMPOSE(before, letter, 14)              \
  IPCARC_DECOMPOSE(before, letter, 15) IPCARC_DECOMPOSE(before, letter, 16)

IPCARC_DECOMPOSE_16(0, a)
IPCARC_DECOMPOSE_16(1, b)
IPCARC_DECOMPOSE_16(2, c)
IPCARC_DECOMPOSE_16(3, d)
IPCARC_DECOMPOSE_16(4, e)
IPCARC_DECOMPOSE_16(5, g)
IPCARC_DECOMPOSE_16(6, h)
IPCARC_DECOMPOSE_16(7, k)

#undef IPCARC_DECOMPOSE_16
#undef IPCARC_DECOMPOSE
#undef IPCARC_BEFORE_0
#undef IPCARC_BEFORE_1
#undef IPCARC_BEFORE_2
#undef IPCARC_BEFORE_3
#undef IPCARC_BEFORE_4
#undef IPCARC_BEFORE_5
#undef IPCARC_BEFORE_6
#undef IPCARC_BEFORE_7
#undef IPCARC_LIST_1
#undef IPCARC_LIST_2
#undef IPCARC_LIST_3
#undef IPCARC_LIST_4
#undef IPCARC_LIST_5
#undef IPCARC_LIST_6
#undef IPCARC_LIST_7
#undef IPCARC_LIST_8
#undef IPCARC_LIST_9
#undef IPCARC_LIST_10
#undef IPCARC_LIST_11
#undef IPCARC_LIST_12
#undef IPCARC_LIST_13
#undef IPCARC_LIST_14
#undef IPCARC_LIST_15
#undef IPCARC_LIST_16
#undef IPCARC_SLOT
#undef IPCARC_BRACE
#undef IPCARC_NAME
// clang-format on

inline constexpr std::size_t max_members = 128;

}  // namespace ipcarc::detail
