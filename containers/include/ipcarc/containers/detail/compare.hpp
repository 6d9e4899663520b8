// Comparison of containers whose elements may offer no more than `<`.
#pragma once

#include <algorithm>
#include <compare>
#include <concepts>

namespace ipcarc::detail {

/// `<=>` where T has it, else what `<` tells.
struct synthesized_three_way {
  template <class T>
  auto operator()(const T& left, const T& right) const {
    if constexpr (std::three_way_comparable<T>) {
      return left <=> right;
    } else {
      return left < right   ? std::weak_ordering::less
             : right < left ? std::weak_ordering::greater
                            : std::weak_ordering::equivalent;
    }
  }
};

/// The lexicographic order of two ranges.
template <class Range>
auto compare_ranges(const Range& left, const Range& right) {
  return std::lexicographical_compare_three_way(left.begin(), left.end(), right.begin(),
                                                right.end(), synthesized_three_way{});
}

}  // namespace ipcarc::detail
