#ifndef TRILITH_TRAIN_PLANE_SVG_IMPL_HPP
#define TRILITH_TRAIN_PLANE_SVG_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/train/curve_ranges_impl.hpp>

#include <cstdio>
#include <string>
#include <string_view>

namespace trilith::curves {

/// Points over two axes with their grid, in a picture of 900 x 500 units: what pictures of sweeps
/// and of fronts share. Whoever draws adds the points to both ranges first.
class plane_svg {
 protected:
  explicit plane_svg(double right) : right_edge(right) {}

  static constexpr double left_edge = 80, top = 40, bottom = 440;
  const double right_edge;
  range x_, y_;
  std::string out_ = {};

  void begin(std::string_view title, std::string_view x_name, std::string_view y_name) {
    x_ = x_.widened(), y_ = y_.widened();
    out_ =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 500\" "
        "font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\">\n"
        "<rect width=\"900\" height=\"500\" fill=\"#fff\"/>\n";
    text(450, 22, "middle", title);
    draw_axes(x_name, y_name);
  }
  [[nodiscard]] std::string end() { return out_ + "</svg>\n"; }

  [[nodiscard]] static std::string number(double v) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.1f", v);
    return digits;
  }
  [[nodiscard]] static std::string escaped(std::string_view s) {
    std::string out;
    for (const char c : s)
      out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
    return out;
  }
  [[nodiscard]] double x_of(double v) const {
    return left_edge + (right_edge - left_edge) * (0.04 + 0.92 * x_.share(v));
  }
  [[nodiscard]] double y_of(double v) const {
    return bottom - (bottom - top) * (0.04 + 0.92 * y_.share(v));
  }
  void text(double x, double y, std::string_view anchor, std::string_view words) {
    out_ += join("<text x=\"", number(x), "\" y=\"", number(y), "\" text-anchor=\"", anchor, "\">",
                 escaped(words), "</text>\n");
  }

 private:
  void line(double x1, double y1, double x2, double y2) {
    out_ += join("<path d=\"M", number(x1), " ", number(y1), "L", number(x2), " ", number(y2),
                 "\" stroke=\"#ddd\"/>\n");
  }
  void draw_axes(std::string_view x_name, std::string_view y_name) {
    for (const double v : ticks(x_)) {
      line(x_of(v), top, x_of(v), bottom);
      text(x_of(v), bottom + 18, "middle", label(v));
    }
    for (const double v : ticks(y_)) {
      line(left_edge, y_of(v), right_edge, y_of(v));
      text(left_edge - 8, y_of(v) + 4, "end", label(v));
    }
    text((left_edge + right_edge) / 2, bottom + 42, "middle", x_name);
    text(left_edge, top - 8, "start", y_name);
  }
};

}  // namespace trilith::curves

#endif
