// The two ways of a `T` into a segment: as it is, if it is relocatable; else encoded, by way of a Carrier.
//
// Which way a type goes depends on the type alone. What <ipcarc/serialization.hpp> adds is the definition of the second way: without it
// every use of such a type is refused by a static_assert, so no two translation units can take different ways.
#pragma once

#include <type_traits>

#include "ipcarc/types.hpp"

namespace ipcarc::detail {

/// How a `T` that is not relocatable is encoded into a segment and decoded out of it. Defined by <ipcarc/serialization.hpp>.
template <class T>
struct Carrier;

/// `T` goes the second way. A sync type cannot: its operations are of the object itself.
template <class T>
inline constexpr bool is_encoded = !relocatable<T> && !is_sync<T>;

template <class T>
inline constexpr bool has_carrier = requires {
  sizeof(Carrier<T>);
};

/// Does not compile unless `T` can be shared in one of the two ways.
template <class T>
constexpr void require_shareable() {
  if constexpr (!is_encoded<T>) {
    require_relocatable<T>();
  } else if constexpr (has_carrier<T>) {
    Carrier<T>::require();
  } else {
    require_relocatable<T>();
    static_assert(
        has_carrier<T>,
        "ipcarc: this type cannot lie in a segment as it is. Two ways out: make what is named "
        "above "
        "relocatable (ipcarc::string for std::string, the ipcarc containers for those of std); or "
        "#include <ipcarc/serialization.hpp>, which shares it encoded by cereal");
  }
}

}  // namespace ipcarc::detail
