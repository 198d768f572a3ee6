#ifndef TRILITH_SEARCH_PARETO_SVG_IMPL_HPP
#define TRILITH_SEARCH_PARETO_SVG_IMPL_HPP

#include <trilith/search/pareto_texts_impl.hpp>
#include <trilith/train/curve_ranges_impl.hpp>

namespace trilith::searches {

/// Draws a front over two of its objectives.
class front_picture {
 public:
  front_picture(const pareto::table& table, std::size_t x, std::size_t y) : table_(table) {
    knee_ = knee_in(table);
    front_ = marks_of(table.front, x, y);
    others_ = marks_of(table.others, x, y);
    x_ = x_.widened(), y_ = y_.widened();
    x_name_ = axis_name(table, x), y_name_ = axis_name(table, y);
  }

  [[nodiscard]] std::string run() && {
    out_ =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 500\" "
        "font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\">\n"
        "<rect width=\"900\" height=\"500\" fill=\"#fff\"/>\n";
    text(450, 22, "middle", table_.title);
    draw_axes();
    for (const mark& m : others_) circle(m, 3, "fill=\"#ccc\"");
    for (const mark& m : front_) circle(m, 4, "fill=\"#1f5fa8\"");
    for (const mark& m : front_)
      if (m.point == knee_) draw_knee(m);
    return out_ + "</svg>\n";
  }

 private:
  struct mark {
    double x, y;
    std::size_t point;
  };
  static constexpr double left_edge = 80, right_edge = 860, top = 40, bottom = 440;

  [[nodiscard]] std::vector<mark> marks_of(const std::vector<pareto::individual>& all,
                                           std::size_t x, std::size_t y) {
    std::vector<mark> out;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const mark m{shown(table_, all[i], x), shown(table_, all[i], y), i};
      if (!std::isfinite(m.x) || !std::isfinite(m.y)) continue;
      x_.add(m.x), y_.add(m.y);
      out.push_back(m);
    }
    return out;
  }

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
  void line(double x1, double y1, double x2, double y2) {
    out_ += join("<path d=\"M", number(x1), " ", number(y1), "L", number(x2), " ", number(y2),
                 "\" stroke=\"#ddd\"/>\n");
  }
  void draw_axes() {
    for (const double v : curves::ticks(x_)) {
      line(x_of(v), top, x_of(v), bottom);
      text(x_of(v), bottom + 18, "middle", curves::label(v));
    }
    for (const double v : curves::ticks(y_)) {
      line(left_edge, y_of(v), right_edge, y_of(v));
      text(left_edge - 8, y_of(v) + 4, "end", curves::label(v));
    }
    text((left_edge + right_edge) / 2, bottom + 42, "middle", x_name_);
    text(left_edge, top - 8, "start", y_name_);
  }
  void circle(const mark& m, double radius, std::string_view paint) {
    out_ += join("<circle cx=\"", number(x_of(m.x)), "\" cy=\"", number(y_of(m.y)), "\" r=\"",
                 number(radius), "\" ", paint, "><title>", spelled(m.x), ", ", spelled(m.y),
                 "</title></circle>\n");
  }
  /// A ring around the point, with its numbers.
  void draw_knee(const mark& m) {
    circle(m, 9, "fill=\"none\" stroke=\"#c8541f\" stroke-width=\"2\"");
    const bool is_right = x_of(m.x) > (left_edge + right_edge) / 2;
    text(x_of(m.x) + (is_right ? -14 : 14), y_of(m.y) - 10, is_right ? "end" : "start",
         join("knee: ", spelled(m.x), ", ", spelled(m.y)));
  }

  const pareto::table& table_;
  curves::range x_, y_;
  std::vector<mark> front_, others_;
  std::string x_name_, y_name_, out_;
  std::size_t knee_ = 0;
};

}  // namespace trilith::searches

namespace trilith::TRILITH_IMPLEMENTED {

std::string pareto_svg(const pareto::table& table, std::size_t x, std::size_t y) {
  return searches::front_picture(table, x, y).run();
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
