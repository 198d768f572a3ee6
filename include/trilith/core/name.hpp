#ifndef TRILITH_CORE_NAME_HPP
#define TRILITH_CORE_NAME_HPP

#include <array>
#include <cstddef>
#include <string_view>

namespace trilith {

/// Joins names at compile time: a policy with parameters builds its own name from theirs.
///
///     static constexpr std::string_view name = joined<prefix, Rule::name, closing>;
template <const std::string_view&... Parts>
struct joined_name {
  static constexpr std::size_t size = (Parts.size() + ...);
  static constexpr std::array<char, size> letters = [] {
    std::array<char, size> out{};
    std::size_t at = 0;
    const auto append = [&](std::string_view part) {
      for (const char c : part) out[at++] = c;
    };
    (append(Parts), ...);
    return out;
  }();
  static constexpr std::string_view value{letters.data(), size};
};
template <const std::string_view&... Parts>
inline constexpr std::string_view joined = joined_name<Parts...>::value;

namespace name_parts {
inline constexpr std::string_view comma = ",";
inline constexpr std::string_view angle = ">";
}  // namespace name_parts

/// The decimal digits of N at compile time, for names such as "per_group<128>".
template <std::size_t N>
struct digits_of {
  static constexpr std::size_t count = [] {
    std::size_t n = 1;
    for (std::size_t rest = N; rest >= 10; rest /= 10) ++n;
    return n;
  }();
  static constexpr std::array<char, count> letters = [] {
    std::array<char, count> out{};
    std::size_t rest = N;
    for (std::size_t i = count; i-- > 0; rest /= 10) out[i] = static_cast<char>('0' + rest % 10);
    return out;
  }();
  static constexpr std::string_view value{letters.data(), count};
};

}  // namespace trilith

#endif
