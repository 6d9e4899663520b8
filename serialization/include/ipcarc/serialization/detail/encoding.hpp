// What a type's encoding is made of: whether cereal can do it, and the description from which its fingerprint and its layout text come.
//
// A description of an encoding names no offset, and no size but a scalar's: two programs whose std::map differs in size encode it alike. It is
// made of the descriptions of type_description.hpp, so fingerprints, texts and messages are those of layouts. Thread safety: constants.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <stack>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <valarray>
#include <vector>

#include "ipcarc/containers.hpp"
#include "ipcarc/detail/type_description.hpp"
#include "ipcarc/serialization/aggregates.hpp"
#include "ipcarc/serialization/containers.hpp"
#include "ipcarc/serialization/detail/archive.hpp"

namespace ipcarc {

/// Part of the fingerprint of a type with serialize functions of its own, which is otherwise known by its name. Specialise it with another
/// number when the functions change so that the old encoding cannot be read: who asks for an object of the old one then gets type_mismatch.
/// (cereal's CEREAL_CLASS_VERSION is for functions that can read both.)
template <class T>
inline constexpr std::uint32_t encoding_version = 0;

}  // namespace ipcarc

namespace ipcarc::detail {

/// The templates of std that cereal encodes and that are not in place: `value`, `tag`, and the `arguments` that are encoded.
template <class T>
struct encoded_template {
  static constexpr bool value = false;
};

template <class... A>
struct EncodedParts {
  static constexpr bool value = true;
  using arguments = type_list<A...>;
};

#define IPCARC_ENCODED(name, parameters, arguments, ...)   \
  template <parameters>                                    \
  struct encoded_template<name<arguments>> : __VA_ARGS__ { \
    static constexpr std::string_view tag = #name;         \
  };
#define IPCARC_LIST(...) __VA_ARGS__
IPCARC_ENCODED(std::basic_string, IPCARC_LIST(class C, class Tr, class A), IPCARC_LIST(C, Tr, A),
               EncodedParts<C>)
IPCARC_ENCODED(std::vector, IPCARC_LIST(class T, class A), IPCARC_LIST(T, A), EncodedParts<T>)
IPCARC_ENCODED(std::deque, IPCARC_LIST(class T, class A), IPCARC_LIST(T, A), EncodedParts<T>)
IPCARC_ENCODED(std::list, IPCARC_LIST(class T, class A), IPCARC_LIST(T, A), EncodedParts<T>)
IPCARC_ENCODED(std::forward_list, IPCARC_LIST(class T, class A), IPCARC_LIST(T, A), EncodedParts<T>)
IPCARC_ENCODED(std::set, IPCARC_LIST(class T, class C, class A), IPCARC_LIST(T, C, A),
               EncodedParts<T>)
IPCARC_ENCODED(std::multiset, IPCARC_LIST(class T, class C, class A), IPCARC_LIST(T, C, A),
               EncodedParts<T>)
IPCARC_ENCODED(std::unordered_set, IPCARC_LIST(class T, class H, class E, class A),
               IPCARC_LIST(T, H, E, A), EncodedParts<T>)
IPCARC_ENCODED(std::unordered_multiset, IPCARC_LIST(class T, class H, class E, class A),
               IPCARC_LIST(T, H, E, A), EncodedParts<T>)
IPCARC_ENCODED(std::map, IPCARC_LIST(class K, class T, class C, class A), IPCARC_LIST(K, T, C, A),
               EncodedParts<K, T>)
IPCARC_ENCODED(std::multimap, IPCARC_LIST(class K, class T, class C, class A),
               IPCARC_LIST(K, T, C, A), EncodedParts<K, T>)
IPCARC_ENCODED(std::unordered_map, IPCARC_LIST(class K, class T, class H, class E, class A),
               IPCARC_LIST(K, T, H, E, A), EncodedParts<K, T>)
IPCARC_ENCODED(std::unordered_multimap, IPCARC_LIST(class K, class T, class H, class E, class A),
               IPCARC_LIST(K, T, H, E, A), EncodedParts<K, T>)
IPCARC_ENCODED(std::stack, IPCARC_LIST(class T, class C), IPCARC_LIST(T, C), EncodedParts<C>)
IPCARC_ENCODED(std::queue, IPCARC_LIST(class T, class C), IPCARC_LIST(T, C), EncodedParts<C>)
IPCARC_ENCODED(std::priority_queue, IPCARC_LIST(class T, class C, class L), IPCARC_LIST(T, C, L),
               EncodedParts<C>)
IPCARC_ENCODED(std::valarray, class T, T, EncodedParts<T>)
IPCARC_ENCODED(std::complex, class T, T, EncodedParts<T>)
#undef IPCARC_LIST
#undef IPCARC_ENCODED

template <class T>
inline constexpr bool is_atomic_or_shared = false;
template <class T>
inline constexpr bool is_atomic_or_shared<std::atomic<T>> = true;
template <class T>
inline constexpr bool is_atomic_or_shared<std::shared_ptr<T>> = true;
template <class T>
inline constexpr bool is_atomic_or_shared<std::weak_ptr<T>> = true;

enum class EncodedAs : std::uint8_t {
  nothing,    // it cannot be
  scalar,     // arithmetic, enumeration
  name,       // no bytes: empty classes, numbers among a template's arguments
  elements,   // C array
  arguments,  // a template of which the arguments are encoded
  members,    // an aggregate, by our reflection
  own,        // as the type's own functions say
};

/// How `T` itself is encoded, its parts left aside.
template <class T>
consteval EncodedAs encoded_as() {
  if constexpr (std::is_const_v<T>) {
    return EncodedAs::nothing;  // nothing can be decoded into it
  } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    return EncodedAs::scalar;
  } else if constexpr (is_opaque_constant<T>) {
    return EncodedAs::name;
  } else if constexpr (std::is_bounded_array_v<T>) {
    return EncodedAs::elements;
  } else if constexpr (!std::is_class_v<T> || std::is_polymorphic_v<T> || is_atomic_or_shared<T>) {
    return EncodedAs::nothing;
  } else if constexpr (known_template<T>::value || encoded_template<T>::value) {
    // A Link, say, means nothing outside its segment, so there are no functions for it.
    return cereal::traits::is_output_serializable<T, BlobWriter>::value ? EncodedAs::arguments
                                                                        : EncodedAs::nothing;
  } else if constexpr (has_own_functions<T> && !std::is_same_v<T, std::monostate>) {
    return EncodedAs::own;
  } else if constexpr (std::is_empty_v<T>) {
    return EncodedAs::name;
  } else if constexpr (is_reflected<T>()) {
    return EncodedAs::members;
  } else {
    return EncodedAs::nothing;
  }
}

/// The types that an encoding of `T` is made of.
template <class T>
struct EncodedPieces {
  static consteval auto find() {
    constexpr EncodedAs as = encoded_as<T>();
    if constexpr (as == EncodedAs::elements) {
      return type_list<std::remove_extent_t<T>>{};
    } else if constexpr (as == EncodedAs::arguments && known_template<T>::value) {
      return typename known_template<T>::arguments{};
    } else if constexpr (as == EncodedAs::arguments) {
      return typename encoded_template<T>::arguments{};
    } else if constexpr (as == EncodedAs::members) {
      return typename Members<T>::types{};
    } else {
      return type_list<>{};
    }
  }
  using types = decltype(find());
};

/// The first piece of `T` that cannot be encoded, in depth; void if there is none. Types that contain themselves do so through a container.
template <class T, class... Seen>
consteval auto first_unencodable();

template <class T, class... Seen>
consteval auto unencodable_in(type_list<>) {
  return std::type_identity<void>{};
}
template <class T, class... Seen, class P, class... Rest>
consteval auto unencodable_in(type_list<P, Rest...>) {
  using Found = typename decltype(first_unencodable<P, T, Seen...>())::type;
  if constexpr (std::is_void_v<Found>) {
    return unencodable_in<T, Seen...>(type_list<Rest...>{});
  } else {
    return std::type_identity<Found>{};
  }
}

template <class T, class... Seen>
consteval auto first_unencodable() {
  if constexpr ((std::is_same_v<T, Seen> || ...)) {
    return std::type_identity<void>{};
  } else if constexpr (encoded_as<T>() == EncodedAs::nothing) {
    return std::type_identity<T>{};
  } else {
    return unencodable_in<T, Seen...>(typename EncodedPieces<T>::types{});
  }
}

template <class T>
using unencodable_part = typename decltype(first_unencodable<T>())::type;

/// Whether every part of `T` can be encoded.
template <class T>
inline constexpr bool is_encodable = std::is_void_v<unencodable_part<T>>;

// --- descriptions -----------------------------------------------------------------------------------------------------

template <class T>
const TypeDescription& describe_encoding();

template <class T>
const TypeDescription& describe_encoding_plain() {
  return describe_encoding<typename Canonical<std::remove_cv_t<T>>::type>();
}

template <class List>
struct EncodingParts;
template <class... P>
struct EncodingParts<type_list<P...>> {
  static constexpr std::array<PartDescription, sizeof...(P)> value = {
      PartDescription{{}, &describe_encoding_plain<P>}...};
};

template <class T>
struct EncodingMembers {
  static constexpr auto value = []<std::size_t... I>(std::index_sequence<I...>) {
    using Types = typename Members<T>::types;
    return std::array<PartDescription, sizeof...(I)>{PartDescription{
        Members<T>::template name<I>(), &describe_encoding_plain<list_at<Types, I>>}...};
  }
  (std::make_index_sequence<Members<T>::count>{});
  /// An encoding has none; a text of a struct wants them.
  static void offsets(std::size_t* out) {
    for (std::size_t i = 0; i < Members<T>::count; ++i) {
      out[i] = 0;
    }
  }
};

template <class T>
constexpr TypeDescription describe_encoding_of_class() {
  constexpr EncodedAs as = encoded_as<T>();
  TypeDescription description = {.kind = TypeKind::opaque, .type = &typeid(T)};
  if constexpr (as == EncodedAs::arguments) {
    description.kind = TypeKind::known_template;
    if constexpr (known_template<T>::value) {
      description.tag = known_template<T>::tag;
    } else {
      description.tag = encoded_template<T>::tag;
    }
    set_parts(description, EncodingParts<typename EncodedPieces<T>::types>::value);
  } else {
    static_assert(!has_private_name<T>(),
                  "a local type, a lambda, or a type in an anonymous namespace has no name that "
                  "another program can mean: move it to a named namespace");
    if constexpr (as == EncodedAs::members) {
      description.kind = TypeKind::structure;
      description.base_count = Members<T>::bases;
      set_parts(description, EncodingMembers<T>::value);
      description.offsets = &EncodingMembers<T>::offsets;
    } else if constexpr (as == EncodedAs::own) {
      description.value = encoding_version<T>;
    }
  }
  return description;
}

template <class T>
constexpr TypeDescription make_encoding_description() {
  constexpr EncodedAs as = encoded_as<T>();
  if constexpr (as == EncodedAs::elements) {
    TypeDescription description = {.kind = TypeKind::array, .type = &typeid(T)};
    description.value = std::extent_v<T>;
    set_parts(description, EncodingParts<type_list<std::remove_extent_t<T>>>::value);
    return description;
  } else if constexpr (as == EncodedAs::scalar || is_opaque_constant<T>) {
    return make_description<T>();  // their layout is their encoding
  } else {
    return describe_encoding_of_class<T>();
  }
}

template <class T>
const TypeDescription& describe_encoding() {
  static constexpr TypeDescription description = make_encoding_description<T>();
  return description;
}

}  // namespace ipcarc::detail
