#ifndef TRILITH_TEXT_BYTE_LEVEL_UNICODE_IMPL_HPP
#define TRILITH_TEXT_BYTE_LEVEL_UNICODE_IMPL_HPP

#include <trilith/core/error.hpp>
#include <trilith/core/text.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#if !defined(TRILITH_HAS_ICU)
#define TRILITH_HAS_ICU 0
#endif
#if TRILITH_HAS_ICU
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#endif

/// The one place that knows ICU: which characters are letters, and how text is composed.
namespace trilith::text::unicode {

/// What a character is to the regular expressions of pre-tokenisers.
inline constexpr std::uint8_t letter = 1;       // \p{L}
inline constexpr std::uint8_t number = 2;       // \p{N}
inline constexpr std::uint8_t space = 4;        // \s, White_Space
inline constexpr std::uint8_t punctuation = 8;  // \p{P}
inline constexpr std::size_t code_points = 0x110000;

/// No character below composes with another one, or changes by itself.
inline constexpr unsigned char first_composing_lead = 0xCC;  // of U+0300, in UTF-8

[[nodiscard]] inline bool may_compose(std::string_view s) {
  return std::any_of(s.begin(), s.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= first_composing_lead; });
}

#if TRILITH_HAS_ICU

[[nodiscard]] inline std::uint8_t class_of(UCharCategory category) {
  const std::uint32_t mask = U_MASK(category);
  return static_cast<std::uint8_t>(((mask & U_GC_L_MASK) != 0 ? letter : 0) |
                                   ((mask & U_GC_N_MASK) != 0 ? number : 0) |
                                   ((mask & U_GC_P_MASK) != 0 ? punctuation : 0));
}

[[nodiscard]] inline std::vector<std::uint8_t> build_classes() {
  std::vector<std::uint8_t> out(code_points);
  u_enumCharTypes(
      [](const void* context, UChar32 start, UChar32 limit, UCharCategory category) -> UBool {
        auto* const table = static_cast<std::uint8_t*>(const_cast<void*>(context));
        std::fill(table + start, table + limit, class_of(category));
        return true;
      },
      out.data());
  constexpr UChar32 behind_last_space = 0x3001;
  for (UChar32 c = 0; c < behind_last_space; ++c)
    if (u_isUWhiteSpace(c)) out[static_cast<std::size_t>(c)] = space;
  return out;
}

/// The class of each code point. Built by the first call, in well under a millisecond.
[[nodiscard]] inline const std::uint8_t* classes() {
  static const std::vector<std::uint8_t> table = build_classes();
  return table.data();
}

[[nodiscard]] inline error nfc_failed(UErrorCode code) {
  return {errc::invalid_argument,
          join("The text cannot be composed to NFC: ICU says ", u_errorName(code), ".")};
}

/// UTF-8 to UTF-16, composed, and back. Each step grows a text three times at most.
[[nodiscard]] inline result<std::string> composed(std::string_view s) {
  if (s.size() > std::size_t{std::numeric_limits<std::int32_t>::max() / 3})
    return nfc_failed(U_BUFFER_OVERFLOW_ERROR);
  UErrorCode code = U_ZERO_ERROR;
  const UNormalizer2* const nfc = unorm2_getNFCInstance(&code);
  std::int32_t length = 0;
  std::vector<UChar> wide(s.size());
  u_strFromUTF8(wide.data(), static_cast<std::int32_t>(wide.size()), &length, s.data(),
                static_cast<std::int32_t>(s.size()), &code);
  if (U_FAILURE(code)) return nfc_failed(code);
  std::vector<UChar> out(static_cast<std::size_t>(length) * 3);
  const std::int32_t units = unorm2_normalize(nfc, wide.data(), length, out.data(),
                                              static_cast<std::int32_t>(out.size()), &code);
  if (U_FAILURE(code)) return nfc_failed(code);
  std::string utf8(static_cast<std::size_t>(units) * 3, '\0');
  u_strToUTF8(utf8.data(), static_cast<std::int32_t>(utf8.size()), &length, out.data(), units,
              &code);
  if (U_FAILURE(code)) return nfc_failed(code);
  utf8.resize(static_cast<std::size_t>(length));
  return utf8;
}

[[nodiscard]] inline status available(std::string_view) {
  return done{};
}

#else

[[nodiscard]] inline const std::uint8_t* classes() {
  return nullptr;
}
[[nodiscard]] inline result<std::string> composed(std::string_view) {
  return error{errc::unsupported, "This program was compiled without ICU."};
}
[[nodiscard]] inline status available(std::string_view name) {
  return error{errc::unsupported,
               join(name,
                    ": this program was compiled without ICU, whose tables of letters and digits "
                    "byte-level tokenizers need; install it (Debian: libicu-dev) and compile "
                    "again with TRILITH_HAS_ICU=1.")};
}

#endif

}  // namespace trilith::text::unicode

#endif
