#ifndef TRILITH_SEARCH_PARETO_SVG_IMPL_HPP
#define TRILITH_SEARCH_PARETO_SVG_IMPL_HPP

#include <trilith/search/pareto_texts_impl.hpp>
#include <trilith/train/plane_svg_impl.hpp>

namespace trilith::searches {

/// Draws a front over two of its objectives.
class front_picture : curves::plane_svg {
 public:
  front_picture(const pareto::table& table, std::size_t x, std::size_t y)
      : plane_svg(860), table_(table) {
    knee_ = knee_in(table);
    front_ = marks_of(table.front, x, y);
    others_ = marks_of(table.others, x, y);
    x_name_ = axis_name(table, x), y_name_ = axis_name(table, y);
  }

  [[nodiscard]] std::string run() && {
    begin(table_.title, x_name_, y_name_);
    for (const mark& m : others_) circle(m, 3, "fill=\"#ccc\"");
    for (const mark& m : front_) circle(m, 4, "fill=\"#1f5fa8\"");
    for (const mark& m : front_)
      if (m.point == knee_) draw_knee(m);
    return end();
  }

 private:
  struct mark {
    double x, y;
    std::size_t point;
  };

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
  std::vector<mark> front_, others_;
  std::string x_name_, y_name_;
  std::size_t knee_ = 0;
};

}  // namespace trilith::searches

namespace trilith::TRILITH_IMPLEMENTED {

std::string pareto_svg(const pareto::table& table, std::size_t x, std::size_t y) {
  return searches::front_picture(table, x, y).run();
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
