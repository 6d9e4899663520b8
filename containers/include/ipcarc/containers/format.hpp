// Formats ipcarc::string with {fmt}, with all that a string's format specification offers.
#pragma once

#include <fmt/core.h>

#include <ipcarc/containers/string.hpp>

// Doxygen cannot place a specialisation of another library's template.
/// \cond
// As fmt's formatter of a string_view.
template <>
struct fmt::formatter<ipcarc::string> : fmt::formatter<fmt::string_view> {
  template <class Context>
  auto format(const ipcarc::string& text, Context& context) const {
    return fmt::formatter<fmt::string_view>::format(fmt::string_view(text.data(), text.size()),
                                                    context);
  }
};
/// \endcond
