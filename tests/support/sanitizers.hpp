// What a test may not do under a sanitizer.
#pragma once

namespace ipcarc::test {

/// The AddressSanitizer of g++ 12 and clang 14 leaves its allocator's locks as another thread had them at a fork, where the child would wait
/// for ever: no process of several threads may fork.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool address_sanitizer = true;
#elif defined(__has_feature)
inline constexpr bool address_sanitizer = __has_feature(address_sanitizer);
#else
inline constexpr bool address_sanitizer = false;
#endif

}  // namespace ipcarc::test
