// What no container may offer: each concept is a way by which contents or an allocator would cross
// arenas.
#pragma once

#include <type_traits>
#include <utility>

#include <ipcarc/containers/allocator.hpp>

namespace ipcarc::test {

template <class C>
concept offers_allocator = requires(C c) {
  c.get_allocator();
}
|| requires(C c) {
  c.get_stored_allocator();
}
|| requires {
  typename C::allocator_type;
}
|| requires {
  typename C::stored_allocator_type;
};

template <class C>
concept offers_extract = requires(C c) {
  c.extract(c.begin());
}
|| requires(C c) {
  c.extract(*c.begin());
}
|| requires(C c) {
  c.extract(c.begin()->first);
}
|| requires(C c) {
  c.extract_sequence();
}
|| requires {
  typename C::node_type;
}
|| requires {
  typename C::insert_return_type;
};

template <class C>
concept offers_splice = requires(C c) {
  c.splice(c.begin(), c);
}
|| requires(C c) {
  c.splice(c.end(), std::move(c));
}
|| requires(C c) {
  c.splice(c.begin(), c, c.begin());
};

template <class C>
concept offers_merge = requires(C c) {
  c.merge(c);
}
|| requires(C c) {
  c.merge(std::move(c));
};

template <class C, class Value>
concept takes_allocator = std::is_constructible_v<C, detail::allocator<Value>> ||
    std::is_constructible_v<C, const C&, detail::allocator<Value>> ||
    std::is_constructible_v<C, C&&, detail::allocator<Value>> ||
    std::is_constructible_v<C, std::size_t, detail::allocator<Value>> ||
    std::is_constructible_v<C, detail::Arena*> ||
    std::is_constructible_v<C, const C&, detail::Arena*>;

/// True for a container out of which nothing leads but copies of its elements.
template <class C, class Value = typename C::value_type>
inline constexpr bool closed =
    !offers_allocator<C> && !offers_extract<C> && !offers_splice<C> && !offers_merge<C> &&
    !takes_allocator<C, Value> && !std::uses_allocator_v<C, detail::allocator<Value>>;

}  // namespace ipcarc::test
