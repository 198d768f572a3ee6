#ifndef TRILITH_TEST_SANITIZED_HPP
#define TRILITH_TEST_SANITIZED_HPP

namespace test {

/// Whether this build has AddressSanitizer, in which the longest loops end early.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool is_sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif
#else
inline constexpr bool is_sanitized = false;
#endif

}  // namespace test

#endif
