#ifndef TRILITH_IO_SOURCES_CHECKS_IMPL_HPP
#define TRILITH_IO_SOURCES_CHECKS_IMPL_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/io/checkpoint/values_impl.hpp>
#include <trilith/io/sources/rows_impl.hpp>

#include <string_view>

/// What is wrong with a number of a tensor, in the same words for all who read it.
namespace trilith::io::sources {

[[nodiscard]] inline bool is_positive(float scale) noexcept {
  return is_finite(scale) && scale > 0.0f;
}

/// A number of a file that has to be above 0. `origin` is "file: tensor" or "file: key".
[[nodiscard]] inline status check_positive(std::string_view origin, float number) {
  if (is_positive(number)) return done{};
  return error{errc::invalid_value,
               join(origin, ": expected a finite number above 0, found ", number, ".")};
}

[[nodiscard]] inline error fault(const source_tensor& from, std::size_t row, std::size_t column,
                                 std::string_view what) {
  return {errc::invalid_value, join(from.origin, ", row ", row, ", column ", column, ": ", what)};
}

[[nodiscard]] inline error invalid_code(const source_tensor& from, std::size_t row,
                                        std::size_t column) {
  return fault(
      from, row, column,
      join("expected a code of ", traits_of(from.how).name, ", found one that it does not have."));
}

[[nodiscard]] inline std::string unusable_scale(float scale) {
  return join("the scale should be a finite number above 0, found ", checkpoint::spelled(scale),
              ".");
}
/// The scale of a whole matrix.
[[nodiscard]] inline status check_scale(const source_tensor& from, float scale) {
  if (is_positive(scale)) return done{};
  return error{errc::invalid_value, join(from.origin, ": ", unusable_scale(scale))};
}
/// The scale of the weights of a row from `column` on.
[[nodiscard]] inline status check_scale(const source_tensor& from, std::size_t row,
                                        std::size_t column, float scale) {
  if (is_positive(scale)) return done{};
  return fault(from, row, column, unusable_scale(scale));
}

/// values: [cols], those of a row.
[[nodiscard]] inline status check_finite(const source_tensor& from, std::size_t row,
                                         const float* values) {
  for (std::size_t c = 0; c < from.cols; ++c)
    if (!is_finite(values[c]))
      return fault(from, row, c,
                   join("expected a finite number, found ", checkpoint::spelled(values[c]), "."));
  return done{};
}

/// Whether all floats are 0 or plus or minus one number: codes times a scale.
[[nodiscard]] inline bool are_codes(const float* w, std::size_t count) noexcept {
  float top = 0.0f;
  for (std::size_t i = 0; i < count; ++i) {
    const float magnitude = w[i] < 0 ? -w[i] : w[i];
    if (magnitude == 0.0f || magnitude == top) continue;
    if (top != 0.0f) return false;
    top = magnitude;
  }
  return true;
}

}  // namespace trilith::io::sources

#endif
