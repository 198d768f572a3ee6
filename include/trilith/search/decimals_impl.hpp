#ifndef TRILITH_SEARCH_DECIMALS_IMPL_HPP
#define TRILITH_SEARCH_DECIMALS_IMPL_HPP

#include <charconv>
#include <string>

namespace trilith::searches {

/// The fewest digits that give the number again.
[[nodiscard]] inline std::string decimals(double x) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, x).ptr};
}

}  // namespace trilith::searches

#endif
