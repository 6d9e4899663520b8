// The sentence that says why a type may not lie in a segment, in the compiler's output.
//
// `Config::peers[].name: std::string is not relocatable; use ipcarc::string`. C++20's static_assert
// takes no computed text, so it is the argument of a template whose instantiation fails. g++ and
// newer clangs print it; clang 14 prints a text as numbers, so it gets the steps to the member as a
// list of types and members instead.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include <ipcarc/detail/known_template.hpp>
#include <ipcarc/detail/members.hpp>
#include <ipcarc/detail/relocatable.hpp>
#include <ipcarc/detail/type_name.hpp>

namespace ipcarc::detail {

/// A text of fixed room that may be a template's argument.
template <std::size_t N>
struct FixedText {
  char text[N] = {};
  constexpr explicit FixedText(std::string_view from) {
    for (std::size_t i = 0; i + 1 < N && i < from.size(); ++i) {
      text[i] = from[i];
    }
  }
};

/// Text under construction, at compile time.
struct Sentence {
  std::array<char, 1024> text = {};
  std::size_t size = 0;

  constexpr void add(std::string_view more) {
    for (char c : more) {
      if (size + 1 < text.size()) {
        text[size++] = c;
      }
    }
  }
  constexpr void add(std::size_t number) {
    if (number >= 10) {
      add(number / 10);
    }
    const char digit = static_cast<char>('0' + number % 10);
    add(std::string_view(&digit, 1));
  }
  constexpr std::string_view view() const { return {text.data(), size}; }
};

// X(reason, beginning of the type's name, how the type is called, what to do instead), the most
// special name first; then what is said of a type that no name tells.
#define IPCARC_REASONS(X)                                                                          \
  X(std_string, "std::basic_string<char>", "std::string", "; use ipcarc::string")                  \
  X(std_string_too, "std::basic_string<char,", "std::string", "; use ipcarc::string")              \
  X(std_string_view, "std::basic_string_view<", "std::string_view",                                \
    ": what it views is elsewhere; use ipcarc::string")                                            \
  X(std_vector_bool, "std::vector<bool", "std::vector<bool>",                                      \
    "; use ipcarc::vector<char> or std::bitset")                                                   \
  X(std_vector, "std::vector<", "std::vector", "; use ipcarc::vector")                             \
  X(std_deque, "std::deque<", "std::deque", "; use ipcarc::deque")                                 \
  X(std_list, "std::list<", "std::list", "; use ipcarc::list")                                     \
  X(std_map, "std::map<", "std::map", "; use ipcarc::map")                                         \
  X(std_set, "std::set<", "std::set", "; use ipcarc::set")                                         \
  X(std_unordered_map, "std::unordered_map<", "std::unordered_map", "; use ipcarc::unordered_map") \
  X(std_unordered_set, "std::unordered_set<", "std::unordered_set", "; use ipcarc::unordered_set") \
  X(std_multimap, "std::multimap<", "std::multimap", "; use an ipcarc::map of ipcarc::vector")     \
  X(std_multiset, "std::multiset<", "std::multiset", "; use an ipcarc::map of counts")             \
  X(std_unordered_multimap, "std::unordered_multimap<", "std::unordered_multimap",                 \
    "; use an ipcarc::unordered_map of ipcarc::vector")                                            \
  X(std_unordered_multiset, "std::unordered_multiset<", "std::unordered_multiset",                 \
    "; use an ipcarc::unordered_map of counts")                                                    \
  X(std_forward_list, "std::forward_list<", "std::forward_list", "; use ipcarc::list")             \
  X(std_stack, "std::stack<", "std::stack", "; use ipcarc::vector")                                \
  X(std_queue, "std::queue<", "std::queue", "; use ipcarc::deque")                                 \
  X(std_priority_queue, "std::priority_queue<", "std::priority_queue",                             \
    "; use ipcarc::vector with std::push_heap")                                                    \
  X(std_path, "std::filesystem::path", "std::filesystem::path", "; use ipcarc::string")            \
  X(std_path_too, "std::filesystem::__cxx11::path", "std::filesystem::path",                       \
    "; use ipcarc::string")                                                                        \
  X(std_any, "std::any", "std::any", ": there is no code in a segment; use std::variant")          \
  X(std_condition, "std::condition_variable", "std::condition_variable",                           \
    ": it is of one process; use wait_changed(), or a sync type")                                  \
  X(std_span, "std::span<", "std::span", ": what it views is elsewhere; use ipcarc::vector")       \
  X(std_unique_ptr, "std::unique_ptr<", "std::unique_ptr",                                         \
    ": it holds an address; use a member, std::optional or ipcarc::vector")                        \
  X(std_shared_ptr, "std::shared_ptr<", "std::shared_ptr",                                         \
    ": it holds an address; share an object of its own by name")                                   \
  X(std_weak_ptr, "std::weak_ptr<", "std::weak_ptr",                                               \
    ": it holds an address; share an object of its own by name")                                   \
  X(std_function, "std::function<", "std::function", ": there is no code in a segment")            \
  X(std_mutex, "std::mutex", "std::mutex", ": it is of one process; the object's guard locks")     \
  X(std_shared_mutex, "std::shared_mutex", "std::shared_mutex",                                    \
    ": it is of one process; the object's guard locks")                                            \
  X(std_recursive_mutex, "std::recursive_mutex", "std::recursive_mutex",                           \
    ": it is of one process; the object's guard locks")                                            \
  X(boost_flat_map, "boost::unordered::unordered_flat_map<", "boost::unordered_flat_map",          \
    ": it holds addresses; use ipcarc::unordered_map")                                             \
  X(boost_flat_set, "boost::unordered::unordered_flat_set<", "boost::unordered_flat_set",          \
    ": it holds addresses; use ipcarc::unordered_set")                                             \
  X(boost_container, "boost::container::", "a container of Boost",                                 \
    "; use the ipcarc container of that name")                                                     \
  X(pointer, "", "a pointer",                                                                      \
    ": an address means nothing in another process; use an index, a container or a name")          \
  X(reference, "", "a reference",                                                                  \
    ": an address means nothing in another process; hold a copy, an index or a name")              \
  X(incomplete, "", "an incomplete type", ": it is incomplete here")                               \
  X(virtual_functions, "", "a class with virtual functions",                                       \
    ": it has virtual functions, and there is no code in a segment; use std::variant")             \
  X(a_union, "", "a union", ": a union does not say which member it holds; use std::variant")      \
  X(lock_in_atomic, "", "a std::atomic", ": it is not lock-free")                                  \
  X(known_refused, "", "a container", ": it holds addresses")                                      \
  X(hidden_members, "", "a class that hides its members",                                          \
    ": its members are hidden; describe it with BOOST_DESCRIBE_CLASS, or specialise "              \
    "ipcarc::enable_relocatable if it holds no address")                                           \
  X(base, "", "a class with a base",                                                               \
    ": it has a base; describe it with BOOST_DESCRIBE_STRUCT, or make the base a member")          \
  X(bit_fields, "", "a class with bit-fields", ": it has bit-fields; use plain members")           \
  X(too_many, "", "a large class", ": it has more than 128 members; group them in structs")        \
  X(not_counted, "", "a class",                                                                    \
    ": its members cannot be counted; describe it with BOOST_DESCRIBE_STRUCT")                     \
  X(destructor, "", "a class with a destructor", ": it has a destructor, which would never run")

#define IPCARC_REASON_NAME(reason, prefix, name, advice) reason,
enum class Reason : std::uint8_t { IPCARC_REASONS(IPCARC_REASON_NAME) };
#undef IPCARC_REASON_NAME

struct ReasonText {
  std::string_view prefix;
  std::string_view name;
  std::string_view advice;
};

#define IPCARC_REASON_TEXT(reason, prefix, name, advice) {prefix, name, advice},
inline constexpr ReasonText reason_texts[] = {IPCARC_REASONS(IPCARC_REASON_TEXT)};
#undef IPCARC_REASON_TEXT

/// Why `T` is refused, which has `obstacle`.
template <class T>
consteval Reason reason_for(Obstacle obstacle) {
  constexpr std::string_view cxx11 = "std::__cxx11::";
  std::string_view name = spelled_name<T>();
  Sentence plain;
  if (name.starts_with(cxx11)) {
    name.remove_prefix(cxx11.size());
    plain.add("std::");
  }
  plain.add(name.substr(0, 64));
  std::size_t index = 0;
  for (const ReasonText& text : reason_texts) {
    if (!text.prefix.empty() && plain.view().starts_with(text.prefix)) {
      return static_cast<Reason>(index);
    }
    ++index;
  }
  return static_cast<Reason>(static_cast<std::size_t>(Reason::pointer) +
                             static_cast<std::size_t>(obstacle) - 1);
}

template <class... Step>
struct Steps {};

/// The step to the member `I` of `T`; to the element of an array or container; to an argument of
/// another template.
template <class T, std::size_t I>
struct MemberStep {
  static constexpr void add_to(Sentence& sentence) {
    constexpr std::string_view name = Members<T>::template name<I>();
    sentence.add(".");
    if (name.empty()) {
      sentence.add("member ");
      sentence.add(I + 1);
    } else {
      sentence.add(name);
    }
  }
};

template <class T, std::size_t I>
struct ElementStep {
  static constexpr void add_to(Sentence& sentence) {
    if constexpr (std::is_array_v<T>) {
      sentence.add("[]");
    } else {
      constexpr std::string_view tag = known_template<T>::tag;
      constexpr std::size_t arguments = list_size<typename known_template<T>::arguments>;
      if (tag == "std::pair") {
        sentence.add(I == 0 ? ".first" : ".second");
      } else if (tag == "std::tuple" || tag == "std::variant") {
        sentence.add(".get<");
        sentence.add(I);
        sentence.add(">()");
      } else if (tag == "std::optional") {
        sentence.add(".value()");
      } else if (tag == "std::atomic") {
        sentence.add(".load()");
      } else if (known_template<T>::allocates && arguments > 1 && I == 0) {
        sentence.add(".key");
      } else {
        sentence.add("[]");
      }
    }
  }
};

template <class T, std::size_t I>
using StepTo = std::conditional_t<std::is_array_v<T> || known_template<T>::value, ElementStep<T, I>,
                                  MemberStep<T, I>>;

template <class Leaf, Reason Why, class Path>
struct Refusal;

/// The first part of `T` that is in the way, as a `Refusal`.
template <class T, class Path, class... Seen>
struct FindRefusal;

template <class T, std::size_t I, class Path, class... Seen>
consteval auto first_refused_part() {
  using Part = std::remove_cv_t<list_at<typename Parts<T>::types, I>>;
  if constexpr (is_relocatable<Part, T, Seen...>()) {
    return first_refused_part<T, I + 1, Path, Seen...>();
  } else {
    return []<class... Step>(Steps<Step...>) {
      return FindRefusal<Part, Steps<Step..., StepTo<T, I>>, T, Seen...>{};
    }(Path{});
  }
}

template <class T, class Path, class... Seen>
struct FindRefusal {
  static consteval auto find() {
    if constexpr (obstacle_in<T>() != Obstacle::none) {
      return static_cast<Refusal<T, reason_for<T>(obstacle_in<T>()), Path>*>(nullptr);
    } else {
      return static_cast<typename decltype(first_refused_part<T, 0, Path, Seen...>())::type*>(
          nullptr);
    }
  }
  using type = std::remove_pointer_t<decltype(find())>;
};

/// `Config::peers[].name: std::string is not relocatable; use ipcarc::string`.
template <class Root, class Leaf, Reason Why, class... Step>
consteval Sentence sentence_of() {
  Sentence result;
  Sentence path;
  (Step::add_to(path), ...);
  if (std::string_view steps = path.view(); !steps.empty()) {
    result.add(spelled_name<Root>());
    if (steps.starts_with(".")) {
      result.add("::");
      steps.remove_prefix(1);
    }
    result.add(steps);
    result.add(": ");
  }
  constexpr ReasonText text = reason_texts[static_cast<std::size_t>(Why)];
  result.add(text.prefix.empty() ? spelled_name<Leaf>() : text.name);
  result.add(" is not relocatable");
  result.add(text.advice);
  return result;
}

#define IPCARC_REFUSE(reason, prefix, name, advice) \
  static_assert(Why != Reason::reason, name " is not relocatable" advice);

#if defined(__clang__) && __clang_major__ < 15
/// What a member is called, as this compiler prints it in a template's argument.
template <class T, std::size_t I>
consteval auto printed_member() {
  if constexpr (described<T>) {
    constexpr std::size_t bases = Members<T>::bases;
    if constexpr (I < bases) {
      return I;
    } else {
      return list_at<described_members<T>, I - bases>::pointer;
    }
  } else if constexpr (has_reference<typename Members<T>::types>) {
    return I;
  } else {
    constexpr auto address = address_at<I>(MemberAddresses<T>::value);
    return Wrapped<std::remove_const_t<decltype(address)>>{address};
  }
}

template <class T, auto Member>
struct member {};
template <class Container>
struct element_of {};

template <class Step>
struct Printed;
template <class T, std::size_t I>
struct Printed<MemberStep<T, I>> {
  using type = member<T, printed_member<T, I>()>;
};
template <class T, std::size_t I>
struct Printed<ElementStep<T, I>> {
  using type = element_of<T>;
};

/// The root, the steps from it, and what is refused.
template <Reason Why, class Refused, class Root, class... Step>
struct refused {
  IPCARC_REASONS(IPCARC_REFUSE)
};

template <class Root, class R>
struct Refuse;
template <class Root, class Leaf, Reason Why, class... Step>
struct Refuse<Root, Refusal<Leaf, Why, Steps<Step...>>>
    : refused<Why, Leaf, Root, typename Printed<Step>::type...> {};
#else
/// The text says all.
template <Reason Why, FixedText Text>
struct refused {
  IPCARC_REASONS(IPCARC_REFUSE)
};

template <class Root, class R>
struct Refuse;
template <class Root, class Leaf, Reason Why, class... Step>
struct Refuse<Root, Refusal<Leaf, Why, Steps<Step...>>>
    : refused<Why, FixedText<sentence_of<Root, Leaf, Why, Step...>().size + 1>{
                       sentence_of<Root, Leaf, Why, Step...>().view()}> {};
#endif

#undef IPCARC_REFUSE
#undef IPCARC_REASONS

/// Why `T` is refused, as text; empty if it is not.
template <class T>
consteval Sentence refusal_sentence() {
  if constexpr (is_relocatable<T>()) {
    return {};
  } else {
    return []<class Leaf, Reason Why, class... Step>(const Refusal<Leaf, Why, Steps<Step...>>*) {
      return sentence_of<T, Leaf, Why, Step...>();
    }(static_cast<typename FindRefusal<T, Steps<>>::type*>(nullptr));
  }
}

/// Does not compile unless `T` is relocatable; the compiler's output says which member is in the
/// way.
template <class T>
constexpr void require_relocatable() {
  if constexpr (!is_relocatable<std::remove_cv_t<T>>()) {
    using Plain = std::remove_cv_t<T>;
    static_cast<void>(sizeof(Refuse<Plain, typename FindRefusal<Plain, Steps<>>::type>));
  }
}

}  // namespace ipcarc::detail
