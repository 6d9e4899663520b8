// What the archives of encoded objects allow, and how they refuse.
#pragma once

#include <cstdint>
#include <string>

#include "ipcarc/detail/export.hpp"

namespace ipcarc::detail {

inline constexpr std::uint64_t spare_elements = 4096;
inline constexpr std::uint32_t max_nesting = 1024;

/// Each throws an EncodingFault, whose text says what was found, for the message of a decode_failed.
[[noreturn]] IPCARC_EXPORT void throw_bad_encoding(const std::string& found);
[[noreturn]] IPCARC_EXPORT void throw_cut_short(std::uint64_t wanted, std::uint64_t left);
[[noreturn]] IPCARC_EXPORT void throw_too_many_elements(std::uint64_t elements,
                                                        std::uint64_t bytes);
[[noreturn]] IPCARC_EXPORT void throw_nested_too_deep();

}  // namespace ipcarc::detail
