// ipcarc::flat_set: an ordered set in one array, in a shared segment at any mapping address, or on
// the stack.
//
// A vector kept sorted: compact and quick to search and walk, slow to insert into the middle of a
// large one. Belongs, moves and throws as ipcarc::vector. Iterators are plain pointers to const.
// Thread and process safety: as std::set; in a segment, the object's guard.
//
// Stored bytes: those of ipcarc::vector<Key> (24), whose elements ascend strictly; then the
// comparator, if it is not empty.
#pragma once

#include <functional>

#include <ipcarc/containers/detail/flat.hpp>
#include <ipcarc/detail/known_template.hpp>

namespace ipcarc {

/// A set with the interface of std::set over an array. With the default comparator, lookups take
/// whatever compares with the key (a std::string_view for a string).
template <class Key, class Compare = std::less<>>
class flat_set : public detail::flat<flat_set<Key, Compare>, Key, Key, Compare> {
  using base = detail::flat<flat_set<Key, Compare>, Key, Key, Compare>;
  friend struct detail::access;

 public:
  using value_compare = Compare;
  using base::base;
  using base::operator=;
  flat_set() = default;
  /// Declared here so that `flat_set{...}` finds its types.
  flat_set(std::initializer_list<Key> list, const Compare& compare = Compare())
      : base(list, compare) {}

 private:
  void relocate_to(void* to) noexcept {
    detail::relocator<vector<Key>>::move(&this->elements_, to);
  }
  template <class Visit>
  void storage_blocks(Visit&& visit) const {
    detail::access::storage_blocks(this->sequence(), visit);
  }
};

template <std::input_iterator I, detail::order_of<std::iter_value_t<I>> Compare = std::less<>>
flat_set(I, I, Compare = Compare()) -> flat_set<std::iter_value_t<I>, Compare>;
template <std::ranges::input_range R,
          detail::order_of<std::ranges::range_value_t<R>> Compare = std::less<>>
flat_set(R&&, Compare = Compare()) -> flat_set<std::ranges::range_value_t<R>, Compare>;

static_assert(sizeof(flat_set<int>) == 24);

namespace detail {

template <class Key, class Compare>
struct relocator<flat_set<Key, Compare>> : self_relocator<flat_set<Key, Compare>> {
  static constexpr bool cheap = std::is_empty_v<Compare>;
};

template <class Key, class Compare>
struct known_template<flat_set<Key, Compare>> {
  static constexpr bool value = true;
  static constexpr std::string_view tag = "ipcarc::flat_set";
  using arguments = typename composition<type_list<Compare>, type_list<std::less<>>, Key>::type;
  static constexpr bool allocates = true;
  static constexpr bool relocatable = true;
};

}  // namespace detail
}  // namespace ipcarc
