// What the containers over Boost's nodes share: crossing between arenas, and keys that need not be
// converted.
#pragma once

#include <concepts>
#include <iterator>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>

#include <ipcarc/containers/allocator.hpp>
#include <ipcarc/containers/detail/compare.hpp>
#include <ipcarc/containers/detail/contiguous.hpp>
#include <ipcarc/detail/known_template.hpp>

namespace ipcarc::detail {

template <class Function>
concept transparent = requires {
  typename Function::is_transparent;
};

/// A key for heterogeneous lookup: neither the key type itself nor an iterator.
template <class K, class Container>
concept foreign_key = !std::same_as<std::remove_cvref_t<K>, typename Container::key_type> &&
                      !std::convertible_to<K, typename Container::iterator> &&
                      !std::convertible_to<K, typename Container::const_iterator>;

/// What deduction guides make of the elements of a map.
template <class Pair>
using key_of_pair = std::remove_const_t<std::tuple_element_t<0, Pair>>;
template <class Pair>
using mapped_of_pair = std::tuple_element_t<1, Pair>;
/// What deduction guides take for a comparator or hash rather than for an element or a count.
template <class F, class Key>
concept order_of = std::predicate<const F&, const Key&, const Key&>;

/// Empties a container that is moved from, also when the move throws: keys that were moved away
/// would leave it out of order.
template <class Container>
class emptied_at_end {
 public:
  explicit emptied_at_end(Container& from) noexcept : from_(from) {}
  emptied_at_end(const emptied_at_end&) = delete;
  emptied_at_end& operator=(const emptied_at_end&) = delete;
  ~emptied_at_end() { from_.clear(); }

 private:
  Container& from_;
};

/// Exchanges the contents of two containers of different arenas.
template <class Container>
void swap_across(Container& left, Container& right) {
  Container kept(std::move(left));
  left = std::move(right);
  right = std::move(kept);
}

template <class Container, class Predicate>
typename Container::size_type erase_nodes_if(Container& from, Predicate& predicate) {
  const auto old_size = from.size();
  for (auto at = from.begin(); at != from.end();) {
    if (predicate(*at)) {
      at = from.erase(at);
    } else {
      ++at;
    }
  }
  return old_size - from.size();
}

/// The types that a stored container depends on: those of its elements, and its function objects
/// where they are not the default ones.
template <class Functions, class Defaults, class... T>
struct composition;
template <class... Function, class Defaults, class... T>
struct composition<type_list<Function...>, Defaults, T...> {
  using type = std::conditional_t<std::is_same_v<type_list<Function...>, Defaults>, type_list<T...>,
                                  type_list<T..., Function...>>;
};

}  // namespace ipcarc::detail
