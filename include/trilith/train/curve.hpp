#ifndef TRILITH_TRAIN_CURVE_HPP
#define TRILITH_TRAIN_CURVE_HPP

#include <trilith/core/error.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace trilith {

struct curve_point {
  double x = 0, y = 0;
};

/// One line of a curve.
struct curve_series {
  std::string name;
  std::vector<curve_point> points = {};  ///< ascending x; one that is not finite is left out
  bool is_smoothed = false;              ///< thin as it is, with its moving mean over it
  bool is_right = false;                 ///< measured by the right axis
};

/// Several series over one x.
///
///     tl::curve all{.title = "tales", .x = "step", .left = "nats per token",
///                   .series = {{"loss", losses, true}}};
///     std::fputs(tl::terminal_curve(all).c_str(), stdout);
///     tl::write_svg("loss.svg", all);
struct curve {
  std::string title = {};
  std::string x = {}, left = {}, right = {};  ///< what the axes measure
  std::vector<curve_series> series = {};
};

}  // namespace trilith

namespace trilith::TRILITH_IMPLEMENTED {
std::string svg_of_curve(const curve& all);
std::string braille_of_curve(const curve& all, std::size_t columns, std::size_t rows);
status write_text_file(std::string_view path, std::string_view text);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith {

/// A picture of 900 x 500 units that needs no other file. Long series are drawn by the means of
/// about 800 stretches. Cost: one pass over the points.
[[nodiscard]] inline std::string svg(const curve& all) {
  return TRILITH_IMPLEMENTED::svg_of_curve(all);
}
/// Writes svg() to a temporary file and renames it. Errors: io_failure, file_not_found.
[[nodiscard]] inline status write_svg(std::string_view path, const curve& all) {
  return TRILITH_IMPLEMENTED::write_text_file(path, svg(all));
}
/// The series of the left axis as lines of braille, `rows` of `columns` characters with 2 x 4 dots
/// each, between numbers for both axes; each line ends with a line end. All series are joined.
[[nodiscard]] inline std::string terminal_curve(const curve& all, std::size_t columns = 60,
                                                std::size_t rows = 12) {
  return TRILITH_IMPLEMENTED::braille_of_curve(all, columns, rows);
}

}  // namespace trilith

#endif
