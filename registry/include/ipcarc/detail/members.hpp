// The members of a type: how many, of what type, where and called what, without a macro; or as
// Boost.Describe says.
//
// `Members<T>` answers for a class that is described (`BOOST_DESCRIBE_STRUCT`,
// `BOOST_DESCRIBE_CLASS`) or for an aggregate without bases; bases of a described class come first,
// as members named after their type. Boost.Describe is not included: what its macros declare is
// found by argument-dependent lookup. Thread and process safety: pure functions of T.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include <ipcarc/detail/count_members.hpp>
#include <ipcarc/detail/decompose.hpp>
#include <ipcarc/detail/known_template.hpp>
#include <ipcarc/detail/type_name.hpp>

namespace ipcarc::detail {

template <class List>
inline constexpr std::size_t list_size = 0;
template <class... T>
inline constexpr std::size_t list_size<type_list<T...>> = sizeof...(T);

template <class... Lists>
struct Joined;
template <>
struct Joined<> {
  using type = type_list<>;
};
template <class... A>
struct Joined<type_list<A...>> {
  using type = type_list<A...>;
};
template <class... A, class... B, class... Rest>
struct Joined<type_list<A...>, type_list<B...>, Rest...> : Joined<type_list<A..., B...>, Rest...> {
};

template <std::size_t I, class T>
struct Indexed {
  using type = T;
};
template <class Indices, class List>
struct IndexedList;
template <std::size_t... I, class... T>
struct IndexedList<std::index_sequence<I...>, type_list<T...>> : Indexed<I, T>... {};
template <std::size_t I, class T>
Indexed<I, T> pick_indexed(const Indexed<I, T>&);

/// The type at `I` of a `type_list`.
template <class List, std::size_t I>
using list_at = typename decltype(pick_indexed<I>(
    IndexedList<std::make_index_sequence<list_size<List>>, List>{}))::type;

/// Room for a `T` of which only the addresses of members are used; no `T` is ever made in it.
template <class T>
union Unmade {
  char none;
  T value;
  constexpr Unmade() : none{} {}
  ~Unmade() {}
};

template <class T>
T& unmade() {
  static Unmade<T> storage;
  return storage.value;
}

inline std::size_t distance(const void* from, const void* to) {
  return static_cast<std::size_t>(static_cast<const char*>(to) - static_cast<const char*>(from));
}

// --- aggregates ---

template <class T>
inline constexpr std::size_t member_count = count_members<T>();

struct CollectTypes {
  template <class... M>
  constexpr type_list<M...> operator()(MemberSlot<M>...) const {
    return {};
  }
};

/// An object that is never defined: its members' addresses are constants that carry their names.
template <class T>
struct Undefined {
  T value;
};
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif
template <class T>
extern Undefined<T> undefined_object;

template <std::size_t I, class Pointer>
struct AddressLeaf {
  Pointer address;
};
template <class Indices, class... Pointers>
struct AddressTuple;
template <std::size_t... I, class... Pointers>
struct AddressTuple<std::index_sequence<I...>, Pointers...> : AddressLeaf<I, Pointers>... {};
template <std::size_t I, class Pointer>
constexpr Pointer address_at(const AddressLeaf<I, Pointer>& leaf) {
  return leaf.address;
}

struct CollectAddresses {
  template <class... M>
  constexpr auto operator()(MemberSlot<M>... slots) const {
    return AddressTuple<std::index_sequence_for<M...>, std::remove_reference_t<M>*...>{
        {slots.address}...};
  }
};

template <class T>
constexpr auto member_addresses() {
  return Decompose<member_count<T>>::apply(undefined_object<T>.value, CollectAddresses{});
}

/// The address of a member of an undefined object is a constant, the copy of a bit-field is not.
template <class T>
concept has_constant_addresses = requires {
  typename std::bool_constant<(member_addresses<T>(), true)>;
};

template <class T>
struct MemberAddresses {
  static constexpr auto value = member_addresses<T>();
};

/// clang 14 takes the address of a member as a template argument only inside a class.
template <class Pointer>
struct Wrapped {
  Pointer pointer;
  constexpr explicit Wrapped(Pointer p) : pointer(p) {}
};

template <auto Member>
constexpr std::string_view pretty_address() {
  return __PRETTY_FUNCTION__;
}

/// The last identifier in a compiler's spelling of a member's address.
constexpr std::string_view last_identifier(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || static_cast<unsigned char>(c) >= 0x80;
  };
  std::size_t end = text.size();
  while (end > 0 && !is_letter(text[end - 1])) {
    --end;
  }
  std::size_t begin = end;
  while (begin > 0 && is_letter(text[begin - 1])) {
    --begin;
  }
  return text.substr(begin, end - begin);
}

template <class T, std::size_t I>
constexpr std::string_view address_name() {
  constexpr std::string_view text = [] {
    constexpr auto address = address_at<I>(MemberAddresses<T>::value);
#if defined(__clang__)
    return pretty_address<Wrapped<std::remove_const_t<decltype(address)>>{address}>();
#else
    return pretty_address<address>();
#endif
  }();
  // g++ goes on with the function's other names: "[with auto Member = (& ...); std::string_view =
  // ...]".
  constexpr std::size_t end = text.rfind("; ");
  return last_identifier(end == std::string_view::npos ? text : text.substr(0, end));
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

template <class List>
inline constexpr bool has_reference = false;
template <class... M>
inline constexpr bool has_reference<type_list<M...>> = (std::is_reference_v<M> || ...);

template <class T>
using aggregate_types =
    decltype(Decompose<member_count<T>>::apply(std::declval<T&>(), CollectTypes{}));

template <class T, std::size_t I>
constexpr std::string_view aggregate_member_name() {
  if constexpr (has_reference<aggregate_types<T>>) {
    return {};  // to what a reference of an undefined object refers is no constant
  } else {
    return address_name<T, I>();
  }
}

// --- described classes ---

template <class T>
concept described = std::is_class_v<T> && requires {
  boost_public_member_descriptor_fn(static_cast<T**>(nullptr));
  boost_protected_member_descriptor_fn(static_cast<T**>(nullptr));
  boost_private_member_descriptor_fn(static_cast<T**>(nullptr));
};

template <class D>
inline constexpr bool is_data_member = (D::modifiers & (16U | 32U)) ==
                                       0;  // neither mod_static nor mod_function

template <class List>
struct DataMembers;
template <template <class...> class List, class... D>
struct DataMembers<List<D...>>
    : Joined<std::conditional_t<is_data_member<D>, type_list<D>, type_list<>>...> {};

template <class List>
struct AsTypeList;
template <template <class...> class List, class... D>
struct AsTypeList<List<D...>> {
  using type = type_list<D...>;
};

template <class T>
using described_members =
    typename Joined<typename DataMembers<decltype(boost_public_member_descriptor_fn(
                        static_cast<T**>(nullptr)))>::type,
                    typename DataMembers<decltype(boost_protected_member_descriptor_fn(
                        static_cast<T**>(nullptr)))>::type,
                    typename DataMembers<decltype(boost_private_member_descriptor_fn(
                        static_cast<T**>(nullptr)))>::type>::type;

template <class T>
struct DescribedBases {
  using type = type_list<>;
};
template <class T>
requires requires {
  boost_base_descriptor_fn(static_cast<T**>(nullptr));
}
struct DescribedBases<T>
    : AsTypeList<decltype(boost_base_descriptor_fn(static_cast<T**>(nullptr)))> {};

template <class C, class M>
M member_of_pointer(M C::*);

// --- both ---

/// The members of `T`: `types` (a `type_list`, references kept), `count`, `bases` (how many of the
/// first are bases), `name<I>()` (empty beside references), and `offsets(out)`, which writes
/// `count` offsets in bytes.
template <class T>
struct Members {
  static constexpr std::size_t count = member_count<T>;
  static constexpr std::size_t bases = 0;
  using types = aggregate_types<T>;

  template <std::size_t I>
  static constexpr std::string_view name() {
    return aggregate_member_name<T, I>();
  }

  static void offsets(std::size_t* out) {
    T& value = unmade<T>();
    Decompose<count>::apply(value, [&value, out](auto... slots) {
      std::size_t index = 0;
      ((out[index++] = distance(std::addressof(value), slots.address)), ...);
      return index;
    });
  }
};

template <described T>
struct Members<T> {
 private:
  template <class... B, class... D>
  static type_list<typename B::type..., decltype(member_of_pointer(D::pointer))...> types_of(
      type_list<B...>, type_list<D...>);
  using base_list = typename DescribedBases<T>::type;
  using member_list = described_members<T>;

 public:
  static constexpr std::size_t bases = list_size<base_list>;
  static constexpr std::size_t count = bases + list_size<member_list>;
  using types = decltype(types_of(base_list{}, member_list{}));

  template <std::size_t I>
  static constexpr std::string_view name() {
    if constexpr (I < bases) {
      return last_identifier(spelled_name<typename list_at<base_list, I>::type>());
    } else {
      return list_at<member_list, I - bases>::name;
    }
  }

  static void offsets(std::size_t* out) {
    T& value = unmade<T>();
    [&value, out]<class... B, class... D>(type_list<B...>, type_list<D...>) {
      std::size_t index = 0;
      // A C-style cast reaches a private base too.
      ((out[index++] = distance(std::addressof(value), std::addressof((typename B::type&)value))),
       ...);
      ((out[index++] = distance(std::addressof(value), std::addressof(value.*D::pointer))), ...);
    }(base_list{}, member_list{});
  }
};

/// Calls `f(name, member)` for each member of `value`, in order; a base of a described class counts
/// as a member.
template <class T, class F>
constexpr void for_each_member(T& value, F&& f) {
  using Plain = std::remove_const_t<T>;
  if constexpr (described<Plain>) {
    const auto visit = [&]<class B>(std::string_view name, B& base) { f(name, base); };
    [&]<class... B, class... D>(type_list<B...>, type_list<D...>) {
      (visit(last_identifier(spelled_name<typename B::type>()),
             (std::conditional_t<std::is_const_v<T>, const typename B::type, typename B::type>&)
                 value),
       ...);
      (visit(D::name, value.*D::pointer), ...);
    }(typename DescribedBases<Plain>::type{}, described_members<Plain>{});
  } else {
    Decompose<member_count<Plain>>::apply(value, [&f]<class... M>(MemberSlot<M>... slots) {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        (f(aggregate_member_name<Plain, I>(), *slots.address), ...);
      }
      (std::index_sequence_for<M...>{});
      return 0;
    });
  }
}

}  // namespace ipcarc::detail
