// Aggregates, and classes described with Boost.Describe, in any cereal archive without a serialize function: member by member, in order, by
// their names where the archive has names.
//
// Only for a type that cereal knows nothing of: one with a function of its own, member or not, split, minimal or versioned, keeps that. The
// question is asked of an archive that nobody uses, so a function for certain archives only should be a template, constrained or not, that
// is declared for every archive, or the type be given functions for the others too. As with cereal itself, a type's functions belong in the
// header of the type: a translation unit that sees the type without them takes the members instead.
//
// Thread safety: as of cereal.
#pragma once

#include <string>
#include <type_traits>

#include <cereal/cereal.hpp>

#include "ipcarc/detail/members.hpp"
#include "ipcarc/detail/type_description.hpp"

namespace ipcarc::detail {

/// An archive that asks which functions a type has, and is never made.
struct ProbeWriter : cereal::OutputArchive<ProbeWriter> {
  ProbeWriter() : OutputArchive(this) {}
};
struct ProbeReader : cereal::InputArchive<ProbeReader> {
  ProbeReader() : InputArchive(this) {}
};

template <class A>
inline constexpr bool is_probe = std::is_same_v<A, ProbeWriter> || std::is_same_v<A, ProbeReader>;

}  // namespace ipcarc::detail

CEREAL_SETUP_ARCHIVE_TRAITS(ipcarc::detail::ProbeReader, ipcarc::detail::ProbeWriter)

namespace ipcarc::detail {

/// cereal, or who wrote `T`, has functions for it.
template <class T>
inline constexpr bool has_own_functions =
    cereal::traits::detail::count_output_serializers<T, ProbeWriter>::value != 0 ||
    cereal::traits::detail::count_input_serializers<T, ProbeReader>::value != 0;

/// Functions for the one archive, but for a non-member serialize, which is preferred to what is below by itself.
template <class T, class A>
inline constexpr bool has_own_functions_for =
    cereal::traits::has_member_serialize<T, A>::value ||
    cereal::traits::has_member_save<T, A>::value || cereal::traits::has_member_load<T, A>::value ||
    cereal::traits::has_non_member_save<T, A>::value ||
    cereal::traits::has_non_member_load<T, A>::value;

template <class T>
consteval bool is_reflected() {
  if constexpr (!std::is_class_v<T> || !(std::is_aggregate_v<T> || described<T>)) {
    return false;
  } else if constexpr (known_template<T>::value || has_own_functions<T>) {
    return false;
  } else if constexpr (described<T> || std::is_empty_v<T>) {
    return true;
  } else {
    return is_countable_aggregate<T>;
  }
}

template <class A, class T>
consteval bool is_reflected_for() {
  if constexpr (is_probe<A> || std::is_const_v<T>) {
    return false;
  } else if constexpr (!is_reflected<T>()) {
    return false;
  } else {
    return !has_own_functions_for<T, A>;
  }
}

}  // namespace ipcarc::detail

namespace cereal {

/// The members of `value`.
template <class Archive, class T>
requires(ipcarc::detail::is_reflected_for<Archive, T>()) void serialize(Archive& archive,
                                                                        T& value) {
  if constexpr (!std::is_empty_v<T>) {
    ipcarc::detail::for_each_member(value, [&archive]<class M>(std::string_view name, M& member) {
      if constexpr (traits::is_text_archive<Archive>::value) {
        const std::string text(name);
        archive(make_nvp(text.c_str(), member));
      } else {
        archive(member);
      }
    });
  }
}

}  // namespace cereal
