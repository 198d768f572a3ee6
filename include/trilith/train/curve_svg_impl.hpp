#ifndef TRILITH_TRAIN_CURVE_SVG_IMPL_HPP
#define TRILITH_TRAIN_CURVE_SVG_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/train/curve_ranges_impl.hpp>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace trilith::curves {

/// Draws one curve.
class picture {
 public:
  explicit picture(const curve& all) : all_(all) {
    for (const curve_series& s : all.series)
      for (const curve_point& p : finite(s.points))
        x_.add(p.x), (s.is_right ? right_ : left_).add(p.y);
    has_right_ = !right_.is_empty;
    x_ = x_.widened(), left_ = left_.widened(), right_ = right_.widened();
  }

  [[nodiscard]] std::string run() && {
    out_ =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 500\" "
        "font-family=\"sans-serif\" font-size=\"13\" fill=\"#333\">\n"
        "<rect width=\"900\" height=\"500\" fill=\"#fff\"/>\n";
    text(450, 24, "middle", all_.title, " font-size=\"16\"");
    draw_axes();
    for (std::size_t i = 0; i < all_.series.size(); ++i) draw_series(all_.series[i], i);
    return out_ + "</svg>\n";
  }

 private:
  static constexpr double left_edge = 70, right_edge = 830, top = 40, bottom = 430;
  static constexpr std::string_view colours[] = {"#1f5fa8", "#c8541f", "#2d8a4e",
                                                 "#8a3fa0", "#9a7b00", "#555555"};

  /// Tenths are enough for a screen.
  [[nodiscard]] static std::string number(double v) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%ld.%01ld", static_cast<long>(v),
                  static_cast<long>(v * 10) % 10);
    return digits;
  }
  [[nodiscard]] static std::string escaped(std::string_view s) {
    std::string out;
    for (const char c : s)
      out += c == '<'   ? "&lt;"
             : c == '>' ? "&gt;"
             : c == '&' ? "&amp;"
             : c == '"' ? "&quot;"
                        : std::string(1, c);
    return out;
  }
  [[nodiscard]] double x_of(double v) const {
    return left_edge + (right_edge - left_edge) * x_.share(v);
  }
  [[nodiscard]] static double y_of(const range& r, double v) {
    return bottom - (bottom - top) * r.share(v);
  }

  void text(double x, double y, std::string_view anchor, std::string_view words,
            std::string_view more = {}) {
    out_ += join("<text x=\"", number(x), "\" y=\"", number(y), "\" text-anchor=\"", anchor, "\"",
                 more, ">", escaped(words), "</text>\n");
  }
  void line(double x1, double y1, double x2, double y2, std::string_view colour) {
    out_ += join("<path d=\"M", number(x1), " ", number(y1), "L", number(x2), " ", number(y2),
                 "\" stroke=\"", colour, "\"/>\n");
  }

  void draw_axes() {
    for (const double v : ticks(x_)) {
      line(x_of(v), top, x_of(v), bottom, "#eee");
      text(x_of(v), bottom + 18, "middle", label(v));
    }
    for (const double v : ticks(left_)) {
      line(left_edge, y_of(left_, v), right_edge, y_of(left_, v), "#ddd");
      text(left_edge - 8, y_of(left_, v) + 4, "end", label(v));
    }
    if (has_right_)
      for (const double v : ticks(right_))
        text(right_edge + 8, y_of(right_, v) + 4, "start", label(v));
    line(left_edge, bottom, right_edge, bottom, "#333");
    line(left_edge, top, left_edge, bottom, "#333");
    if (has_right_) line(right_edge, top, right_edge, bottom, "#333");
    text(450, bottom + 38, "middle", all_.x);
    text(18, 235, "middle", all_.left, " transform=\"rotate(-90 18 235)\"");
    if (has_right_) text(884, 235, "middle", all_.right, " transform=\"rotate(90 884 235)\"");
  }

  void draw_series(const curve_series& s, std::size_t i) {
    const std::string_view colour = colours[i % std::size(colours)];
    const range& y = s.is_right ? right_ : left_;
    const std::vector<curve_point> points = thinned(finite(s.points), 800);
    if (s.is_smoothed) draw_path(points, y, colour, "0.8\" stroke-opacity=\"0.35");
    draw_path(s.is_smoothed ? smoothed(points) : points, y, colour, "2");
    const double at = left_edge + 150.0 * static_cast<double>(i);
    out_ += join("<rect x=\"", number(at), "\" y=\"481.0\" width=\"18\" height=\"4\" fill=\"",
                 colour, "\"/>\n");
    text(at + 24, 488, "start", s.name);
  }

  void draw_path(const std::vector<curve_point>& points, const range& y, std::string_view colour,
                 std::string_view width) {
    if (points.empty()) return;
    std::string path;
    for (const curve_point& p : points)
      path += join(path.empty() ? "M" : "L", number(x_of(p.x)), " ", number(y_of(y, p.y)));
    if (points.size() == 1) path += "h2.0";  // one point would be invisible
    out_ += join("<path d=\"", path, "\" fill=\"none\" stroke=\"", colour, "\" stroke-width=\"",
                 width, "\"/>\n");
  }

  const curve& all_;
  range x_, left_, right_;
  bool has_right_ = false;
  std::string out_;
};

}  // namespace trilith::curves

namespace trilith::TRILITH_IMPLEMENTED {
std::string svg_of_curve(const curve& all) {
  return curves::picture(all).run();
}
}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
