#ifndef TRILITH_CORE_TEXT_HPP
#define TRILITH_CORE_TEXT_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace trilith {

namespace joining {
inline void append_piece(std::string& out, std::string_view piece) {
  out += piece;
}
inline void append_piece(std::string& out, const char* piece) {
  out += piece;
}
inline void append_piece(std::string& out, char piece) {
  out += piece;
}
inline void append_piece(std::string& out, float piece) {
  out += std::to_string(piece);
}
inline void append_piece(std::string& out, double piece) {
  out += std::to_string(piece);
}
template <class Integer>
  requires(std::is_integral_v<Integer>)
void append_piece(std::string& out, Integer piece) {
  out += std::to_string(piece);
}
}  // namespace joining

/// One string from many pieces: join("row ", 3, " of ", name).
template <class... Pieces>
[[nodiscard]] std::string join(const Pieces&... pieces) {
  std::string out;
  (joining::append_piece(out, pieces), ...);
  return out;
}

/// "12'345'678": a count that a person can read.
[[nodiscard]] inline std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, '\'');
  return digits;
}

}  // namespace trilith

#endif
