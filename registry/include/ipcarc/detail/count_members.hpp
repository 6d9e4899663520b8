// How many members an aggregate has, without a macro.
//
// 1. `T{{}, {}, ...}`: each `{}` initialises exactly one member, an array or a nested aggregate
// too. If `T{}` is
//    valid, the most braces that `T` takes is the count; seven or eight questions to the compiler
//    find it.
// 2. A member that `{}` does not initialise (a reference, a class with no default constructor) ends
// that. Then
//    `T{any, any, ...}` is asked, where an array swallows one `any` an element; a brace group at
//    each position tells how many it swallows.
// 3. A type with a base is told before either: an initialiser that converts only to bases of `T` is
// accepted.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <ipcarc/detail/decompose.hpp>

namespace ipcarc::detail {

/// The count of a type whose members cannot be counted.
inline constexpr std::size_t uncountable = static_cast<std::size_t>(-1);
/// The count of a type with more than `max_members`.
inline constexpr std::size_t too_many_members = static_cast<std::size_t>(-2);

/// Initialises a member of any type but an array. Never evaluated.
struct AnyValue {
  template <class U>
  operator U() const noexcept;
};

/// Binds to a reference member. Never evaluated.
struct AnyObject {
  template <class U>
  operator U&() const noexcept;
};

/// Initialises a base of `T` and nothing else. Never evaluated.
template <class T>
struct AnyBase {
  template <class U>
  requires(std::is_base_of_v<U, T> && !std::is_same_v<U, T>) operator U() const noexcept;
};

template <std::size_t, class Any>
using repeated = Any;

template <class T, std::size_t Low, std::size_t High>
consteval std::size_t most_braces() {
  // Invariant: Low braces are valid, High are not (or are past the limit).
  if constexpr (Low + 1 == High) {
    return Low;
  } else {
    constexpr std::size_t middle = High > 2 * Low + 1 ? 2 * Low + 1 : Low + (High - Low) / 2;
    if constexpr (Decompose<middle>::template braces<T>) {
      return most_braces<T, middle, High>();
    } else {
      return most_braces<T, Low, middle>();
    }
  }
}

/// `T` from `before` values, a group in braces of `inside`, and `after`.
template <class T, class Any, std::size_t... Before, std::size_t... Inside, std::size_t... After>
consteval bool takes_group(std::index_sequence<Before...>, std::index_sequence<Inside...>,
                           std::index_sequence<After...>) {
  return requires {
    T{repeated<Before, Any>{}..., {repeated<Inside, Any>{}...}, repeated<After, Any>{}...};
  };
}

template <class T, class Any, std::size_t... I>
consteval bool takes_flat(std::index_sequence<I...>) {
  return requires {
    T{repeated<I, Any>{}...};
  };
}

inline constexpr std::size_t max_flat = 160;

/// The most values that `T` takes without an inner brace; `uncountable` if none do.
template <class T, class Any, std::size_t Count = 0, bool Found = false>
consteval std::size_t most_flat() {
  if constexpr (Count > max_flat) {
    return uncountable;
  } else if constexpr (takes_flat<T, Any>(std::make_index_sequence<Count>{})) {
    return most_flat<T, Any, Count + 1, true>();
  } else if constexpr (Found) {
    return Count - 1;
  } else {
    return most_flat<T, Any, Count + 1, false>();
  }
}

/// How many of the `Flat` values the member at `Position` swallows: found by the most values that
/// may follow it when it is initialised by a group of `Inside`; 0 if it cannot be.
template <class T, class Any, std::size_t Flat, std::size_t Position, std::size_t Inside,
          std::size_t After = Flat - Position - 1>
consteval std::size_t swallowed() {
  if constexpr (takes_group<T, Any>(std::make_index_sequence<Position>{},
                                    std::make_index_sequence<Inside>{},
                                    std::make_index_sequence<After>{})) {
    return Flat - Position - After;
  } else if constexpr (After == 0) {
    return 0;
  } else {
    return swallowed<T, Any, Flat, Position, Inside, After - 1>();
  }
}

/// An array of a class without a default constructor needs exactly as many values as it has
/// elements.
template <class T, class Any, std::size_t Flat, std::size_t Position, std::size_t Inside = 2>
consteval std::size_t swallowed_exactly() {
  if constexpr (Inside > Flat - Position || Inside > 32) {
    return 1;
  } else if constexpr (takes_group<T, Any>(std::make_index_sequence<Position>{},
                                           std::make_index_sequence<Inside>{},
                                           std::make_index_sequence<Flat - Position - Inside>{}) &&
                       !takes_group<T, Any>(
                           std::make_index_sequence<Position>{}, std::make_index_sequence<Inside>{},
                           std::make_index_sequence<Flat - Position - Inside + 1>{})) {
    return Inside;
  } else {
    return swallowed_exactly<T, Any, Flat, Position, Inside + 1>();
  }
}

template <class T, class Any, std::size_t Flat, std::size_t Position = 0, std::size_t Count = 0>
consteval std::size_t count_by_groups() {
  if constexpr (Position >= Flat) {
    return Count;
  } else {
    constexpr std::size_t empty_group = swallowed<T, Any, Flat, Position, 0>();
    if constexpr (empty_group > 0) {
      return count_by_groups<T, Any, Flat, Position + empty_group, Count + 1>();
    } else {
      constexpr std::size_t exact = swallowed_exactly<T, Any, Flat, Position>();
      return count_by_groups<T, Any, Flat, Position + exact, Count + 1>();
    }
  }
}

template <class T>
consteval std::size_t count_members() {
  if constexpr (Decompose<0>::braces<T>) {
    constexpr std::size_t count = most_braces<T, 0, max_members + 1>();
    if constexpr (!Decompose<count>::template braces<T, AnyValue>) {
      return count;
    } else if constexpr (count == max_members) {
      return too_many_members;
    }
  }
  constexpr std::size_t flat = most_flat<T, AnyValue>();
  if constexpr (flat != uncountable) {
    constexpr std::size_t count = count_by_groups<T, AnyValue, flat>();
    return count > max_members ? too_many_members : count;
  } else {
    constexpr std::size_t flat_objects = most_flat<T, AnyObject>();
    if constexpr (flat_objects != uncountable) {
      constexpr std::size_t count = count_by_groups<T, AnyObject, flat_objects>();
      return count > max_members ? too_many_members : count;
    } else {
      return uncountable;
    }
  }
}

template <class T>
consteval bool has_base() {
  if constexpr (Decompose<0>::braces<T>) {
    return requires {
      T{AnyBase<T>{}};
    };
  } else {
    constexpr std::size_t flat = most_flat<T, AnyValue>();
    if constexpr (flat == uncountable || flat == 0) {
      return false;
    } else {
      return []<std::size_t... I>(std::index_sequence<I...>) {
        return requires {
          T{AnyBase<T>{}, repeated<I, AnyValue>{}...};
        };
      }
      (std::make_index_sequence<flat - 1>{});
    }
  }
}

}  // namespace ipcarc::detail
