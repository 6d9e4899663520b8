// A type as data: what compiled code needs to hash a layout, write it down, or name it.
//
// `describe<T>()` gives a constant of this process for any T; types refer to each other through
// functions, so a type that contains itself is no trouble. References to a type that is not
// relocatable (what serialization carries) end in a name. Two descriptions mean the same type if
// their `type` compares equal, also across shared libraries. Thread safety: constants.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <ipcarc/detail/known_template.hpp>
#include <ipcarc/detail/members.hpp>
#include <ipcarc/detail/relocatable.hpp>
#include <ipcarc/detail/std_templates.hpp>
#include <ipcarc/detail/type_name.hpp>

namespace ipcarc::detail {

enum class TypeKind : std::uint8_t {
  boolean,
  character,  // char and its wider kinds
  integer,    // signed
  natural,    // unsigned
  floating,
  enumeration,     // one part: the type beneath
  array,           // a C array; one part: the element, `value` of them
  structure,       // parts: bases, then members
  known_template,  // parts: the arguments
  constant,        // an argument that is a number: `value`
  opaque,          // known by name and size; parts: the arguments of a class template
  name,            // known by name only
};

struct TypeDescription;

/// A member, element, or argument.
struct PartDescription {
  std::string_view name;
  const TypeDescription& (*type)();
};

struct TypeDescription {
  TypeKind kind;
  bool allocates = false;
  /// Where a variant keeps its index, an optional whether it is set; of 0 bytes if there is no such
  /// thing.
  std::uint8_t discriminator_bytes = 0;
  const std::type_info* type;
  std::string_view tag = {};
  std::size_t size = 0;
  std::size_t alignment = 1;
  std::int64_t value = 0;
  std::size_t discriminator_offset = 0;
  const PartDescription* parts = nullptr;
  std::size_t part_count = 0;
  std::size_t base_count = 0;
  /// Writes `part_count` offsets; null if parts have none, or are all at 0.
  void (*offsets)(std::size_t*) = nullptr;
};

template <class T>
const TypeDescription& describe();

/// The integer type that stands for all of one size and signedness, since `long` and `long long`
/// are the same bytes.
template <class T>
struct CanonicalInteger {
  using type = T;
};
template <class T>
requires(std::is_integral_v<T> && sizeof(T) <= 8) struct CanonicalInteger<T> {
  using Signed = std::conditional_t<
      sizeof(T) == 1, std::int8_t,
      std::conditional_t<sizeof(T) == 2, std::int16_t,
                         std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>>>;
  using type = std::conditional_t<std::is_signed_v<T>, Signed, std::make_unsigned_t<Signed>>;
};

template <class T>
inline constexpr bool is_character =
    std::is_same_v<T, char> || std::is_same_v<T, wchar_t> || std::is_same_v<T, char8_t> ||
    std::is_same_v<T, char16_t> || std::is_same_v<T, char32_t>;

template <class T>
struct Canonical {
  using type = T;
};
template <class T>
requires((std::is_integral_v<T> || is_extended_integer<T>)&&!is_character<T> &&
         !std::is_same_v<T, bool>) struct Canonical<T> : CanonicalInteger<T> {
};

template <class T>
struct TemplateArguments {
  using types = type_list<>;
};
template <template <class...> class C, class... A>
struct TemplateArguments<C<A...>> {
  using types = type_list<A...>;
};

/// The parts of `T` that stand in a row, unnamed.
template <class List>
struct UnnamedParts;
template <class... P>
struct UnnamedParts<type_list<P...>> {
  static constexpr std::array<PartDescription, sizeof...(P)> value = {
      PartDescription{{}, &describe<typename Canonical<std::remove_cv_t<P>>::type>}...};
};

template <class T>
struct NamedParts {
  static constexpr auto value = []<std::size_t... I>(std::index_sequence<I...>) {
    using Types = typename Members<T>::types;
    return std::array<PartDescription, sizeof...(I)>{PartDescription{
        Members<T>::template name<I>(),
        &describe<typename Canonical<std::remove_cv_t<list_at<Types, I>>>::type>}...};
  }
  (std::make_index_sequence<Members<T>::count>{});
};

template <class Parts>
constexpr void set_parts(TypeDescription& description, const Parts& parts) {
  description.parts = parts.data();
  description.part_count = parts.size();
}

template <class T>
void tuple_offsets(std::size_t* out) {
  T& value = unmade<T>();
  [&value, out ]<std::size_t... I>(std::index_sequence<I...>) {
    ((out[I] = distance(std::addressof(value), std::addressof(std::get<I>(value)))), ...);
  }
  (std::make_index_sequence<std::tuple_size_v<T>>{});
}

template <class T>
struct InPlaceLayout {
  static constexpr void add_to(TypeDescription&) {}
};
template <class A, class B>
requires(!std::is_reference_v<A> && !std::is_reference_v<B>) struct InPlaceLayout<std::pair<A, B>> {
  static constexpr void add_to(TypeDescription& description) {
    description.offsets = &tuple_offsets<std::pair<A, B>>;
  }
};
template <class A, class... B>
requires(!std::is_reference_v<A> &&
         (!std::is_reference_v<B> && ...)) struct InPlaceLayout<std::tuple<A, B...>> {
  static constexpr void add_to(TypeDescription& description) {
    description.offsets = &tuple_offsets<std::tuple<A, B...>>;
  }
};
#if defined(__GLIBCXX__)
template <class T>
struct InPlaceLayout<std::optional<T>> {
  static constexpr void add_to(TypeDescription& description) {
    description.discriminator_offset = sizeof(T);
    description.discriminator_bytes = 1;
  }
};
template <class... T>
struct InPlaceLayout<std::variant<T...>> {
  static constexpr void add_to(TypeDescription& description) {
    std::size_t size = 0;
    std::size_t alignment = 1;
    ((size = sizeof(T) > size ? sizeof(T) : size,
      alignment = alignof(T) > alignment ? alignof(T) : alignment),
     ...);
    description.discriminator_offset = (size + alignment - 1) / alignment * alignment;
    description.discriminator_bytes = sizeof...(T) < 256 ? 1 : 2;
  }
};
#endif

template <class T>
inline constexpr bool is_countable_aggregate = false;
template <class T>
requires(std::is_class_v<T>&& std::is_aggregate_v<T> &&
         !described<T>) inline constexpr bool is_countable_aggregate<T> = [] {
  if constexpr (has_base<T>() || member_count<T> == uncountable ||
                member_count<T> == too_many_members) {
    return false;
  } else {
    return has_constant_addresses<T>;
  }
}();

template <class T>
constexpr TypeDescription describe_sized(TypeKind kind) {
  return {.kind = kind, .type = &typeid(T), .size = sizeof(T), .alignment = alignof(T)};
}

template <class T>
constexpr TypeDescription describe_structure() {
  TypeDescription description = describe_sized<T>(TypeKind::structure);
  set_parts(description, NamedParts<T>::value);
  description.base_count = Members<T>::bases;
  if constexpr (Members<T>::count > 0) {
    description.offsets = &Members<T>::offsets;
  }
  return description;
}

template <class T>
constexpr TypeDescription describe_class() {
  if constexpr (known_template<T>::value) {
    TypeDescription description = describe_sized<T>(TypeKind::known_template);
    description.tag = known_template<T>::tag;
    description.allocates = known_template<T>::allocates;
    set_parts(description, UnnamedParts<typename known_template<T>::arguments>::value);
    InPlaceLayout<T>::add_to(description);
    return description;
  } else if constexpr (spelled_name<T>().starts_with("std::complex<")) {
    TypeDescription description = describe_sized<T>(TypeKind::known_template);
    description.tag = "std::complex";
    set_parts(description, UnnamedParts<typename TemplateArguments<T>::types>::value);
    return description;
  } else {
    static_assert(!has_private_name<T>(),
                  "a local type, a lambda, or a type in an anonymous namespace has no name that "
                  "another program can "
                  "mean: move it to a named namespace");
    if constexpr (described<T>) {
      return describe_structure<T>();
    } else if constexpr (!enable_relocatable<T> && is_countable_aggregate<T>) {
      return describe_structure<T>();
    } else {
      TypeDescription description = describe_sized<T>(TypeKind::opaque);
      using Arguments = typename TemplateArguments<T>::types;
      if constexpr (list_size < Arguments >> 0) {
        set_parts(description, UnnamedParts<Arguments>::value);
      }
      return description;
    }
  }
}

template <class T>
constexpr TypeDescription make_description() {
  if constexpr (std::is_same_v<T, bool>) {
    return describe_sized<T>(TypeKind::boolean);
  } else if constexpr (is_character<T>) {
    return describe_sized<T>(TypeKind::character);
  } else if constexpr (std::is_integral_v<T> || is_extended_integer<T>) {
    return describe_sized<T>(static_cast<T>(-1) < static_cast<T>(0) ? TypeKind::integer
                                                                    : TypeKind::natural);
  } else if constexpr (std::is_floating_point_v<T>) {
    return describe_sized<T>(TypeKind::floating);
  } else if constexpr (std::is_enum_v<T>) {
    static_assert(!has_private_name<T>(),
                  "a local enumeration, or one in an anonymous namespace, has no name that another "
                  "program can mean: "
                  "move it to a named namespace");
    TypeDescription description = describe_sized<T>(TypeKind::enumeration);
    set_parts(description, UnnamedParts<type_list<std::underlying_type_t<T>>>::value);
    return description;
  } else if constexpr (std::is_bounded_array_v<T>) {
    TypeDescription description = describe_sized<T>(TypeKind::array);
    description.value = std::extent_v<T>;
    set_parts(description, UnnamedParts<type_list<std::remove_extent_t<T>>>::value);
    return description;
  } else if constexpr (is_opaque_constant<T>) {
    if constexpr (requires { T::value; }) {
      return {.kind = TypeKind::constant,
              .type = &typeid(T),
              .value = static_cast<std::int64_t>(T::value)};
    } else {
      return {.kind = TypeKind::name, .type = &typeid(T)};
    }
  } else if constexpr ((std::is_class_v<T> || std::is_union_v<T>)&&requires { sizeof(T); }) {
    return describe_class<T>();
  } else {
    // Pointers, references, functions, incomplete types: typeid would not tell them all apart.
    return {.kind = TypeKind::name, .type = &typeid(NameOnly<T>)};
  }
}

template <class T>
const TypeDescription& describe() {
  static constexpr TypeDescription description = make_description<T>();
  return description;
}

/// The description of `T` itself, const and integers of one size set aside.
template <class T>
const TypeDescription& describe_plain() {
  return describe<typename Canonical<std::remove_cv_t<T>>::type>();
}

}  // namespace ipcarc::detail
