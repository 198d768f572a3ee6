#ifndef TRILITH_TRAIN_DESCRIPTION_IMPL_HPP
#define TRILITH_TRAIN_DESCRIPTION_IMPL_HPP

#include <trilith/train/description.hpp>

#include <charconv>

namespace trilith::TRILITH_IMPLEMENTED {

std::string decimals_of(double x) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, x);
  return {text, end.ptr};
}

namespace numbers {
template <class Number>
bool read(std::string_view text, Number& out) noexcept {
  const char* const end = text.data() + text.size();
  const auto found = std::from_chars(text.data(), end, out);
  return found.ec == std::errc() && found.ptr == end;
}
}  // namespace numbers

bool number_from(std::string_view text, double& out) noexcept {
  return numbers::read(text, out);
}
bool number_from(std::string_view text, std::uint64_t& out) noexcept {
  return numbers::read(text, out);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
