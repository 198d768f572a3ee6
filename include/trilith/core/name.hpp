#ifndef TRILITH_CORE_NAME_HPP
#define TRILITH_CORE_NAME_HPP

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string_view>

namespace trilith {

namespace name_parts {

inline constexpr std::string_view comma = ",";
inline constexpr std::string_view angle = ">";

template <std::size_t Size>
[[nodiscard]] constexpr std::array<char, Size> concatenate(
    std::initializer_list<std::string_view> parts) {
  std::array<char, Size> letters{};
  std::size_t at = 0;
  for (const std::string_view part : parts)
    for (const char letter : part) letters[at++] = letter;
  return letters;
}

[[nodiscard]] constexpr std::size_t count_digits(std::size_t n) {
  return n < 10 ? 1 : 1 + count_digits(n / 10);
}

template <std::size_t Size>
[[nodiscard]] constexpr std::array<char, Size> write_digits(std::size_t n) {
  std::array<char, Size> letters{};
  for (std::size_t i = Size; i-- > 0; n /= 10) letters[i] = static_cast<char>('0' + n % 10);
  return letters;
}

template <const std::string_view&... Parts>
struct joined_letters {
  static constexpr auto letters = concatenate<(Parts.size() + ...)>({Parts...});
  static constexpr std::string_view value{letters.data(), letters.size()};
};

}  // namespace name_parts

/// Joins names at compile time: a policy with parameters builds its own name from theirs.
///
///     static constexpr std::string_view name = joined<prefix, Rule::name, closing>;
template <const std::string_view&... Parts>
inline constexpr std::string_view joined = name_parts::joined_letters<Parts...>::value;

/// The decimal digits of N at compile time, for names such as "per_group<128>".
template <std::size_t N>
struct digits_of {
  static constexpr auto letters = name_parts::write_digits<name_parts::count_digits(N)>(N);
  static constexpr std::string_view value{letters.data(), letters.size()};
};

}  // namespace trilith

#endif
