#ifndef TRILITH_SWEEP_SWEEP_SVG_IMPL_HPP
#define TRILITH_SWEEP_SWEEP_SVG_IMPL_HPP

#include <trilith/sweep/sweep_columns_impl.hpp>
#include <trilith/train/curve_ranges_impl.hpp>

#include <algorithm>
#include <cstdlib>

namespace trilith::sweeps {

/// Draws the points of a table over two of its columns.
class picture {
 public:
  picture(const sweep_table& table, const sweep_axes& axes) : axes_(axes) {
    const column x = named(table, axes.x), y = named(table, axes.y);
    const std::vector<column> names = telling(table);
    for (const sweep_row& r : table.rows) add(name_of(names, r), x.text(r), y.text(r));
    x_ = x_.widened(), y_ = y_.widened();
  }

  [[nodiscard]] std::string run() && {
    out_ =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 500\" "
        "font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\">\n"
        "<rect width=\"900\" height=\"500\" fill=\"#fff\"/>\n";
    text(450, 22, "middle", axes_.title);
    draw_axes();
    for (std::size_t i = 0; i < marks_.size(); ++i) draw(marks_[i], i);
    return out_ + "</svg>\n";
  }

 private:
  struct mark {
    double x, y;
    std::string name, kind;
  };
  static constexpr double left_edge = 80, right_edge = 640, top = 40, bottom = 440;
  static constexpr std::string_view colours[] = {"#1f5fa8", "#c8541f", "#2d8a4e",
                                                 "#8a3fa0", "#9a7b00", "#555555"};

  [[nodiscard]] static column named(const sweep_table& table, std::string_view name) {
    for (const column& c : columns_of(table))
      if (c.is_number && c.name == name) return c;
    return {std::string(name), true, [](const sweep_row&) { return std::string(); }};
  }
  /// By what tells the row from others; the first of it is its kind.
  [[nodiscard]] static std::vector<std::string> name_of(const std::vector<column>& names,
                                                        const sweep_row& row) {
    std::vector<std::string> out;
    for (const column& c : names)
      if (!c.is_number && c.name != "kernel") out.push_back(c.text(row));
    return out;
  }
  void add(const std::vector<std::string>& parts, const std::string& x, const std::string& y) {
    if (x.empty() || y.empty()) return;
    std::string name;
    for (const std::string& part : parts) name += join(name.empty() ? "" : ", ", part);
    const std::string kind = parts.empty() ? name : parts[0];
    marks_.push_back({std::atof(x.c_str()), std::atof(y.c_str()), name, kind});
    x_.add(marks_.back().x), y_.add(marks_.back().y);
    if (std::find(kinds_.begin(), kinds_.end(), kind) == kinds_.end()) kinds_.push_back(kind);
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
    text((left_edge + right_edge) / 2, bottom + 42, "middle", axes_.x);
    text(left_edge, top - 8, "start", axes_.y);
  }
  /// A dot with its number, which the list beside the picture explains.
  void draw(const mark& m, std::size_t i) {
    const auto kind =
        static_cast<std::size_t>(std::find(kinds_.begin(), kinds_.end(), m.kind) - kinds_.begin());
    const std::string_view colour = colours[kind % (sizeof colours / sizeof *colours)];
    out_ +=
        join("<circle cx=\"", number(x_of(m.x)), "\" cy=\"", number(y_of(m.y)),
             "\" r=\"4\" fill=\"", colour, "\"><title>", escaped(m.name), "</title></circle>\n");
    const std::string label = std::to_string(i + 1);
    text(x_of(m.x) + 6, y_of(m.y) - 4, "start", label);
    if (i < most_listed)
      text(right_edge + 12, top + 14.0 * static_cast<double>(i), "start",
           join(label, "  ", m.name));
  }
  static constexpr std::size_t most_listed = 30;

  sweep_axes axes_;
  curves::range x_, y_;
  std::vector<mark> marks_;
  std::vector<std::string> kinds_;
  std::string out_;
};

}  // namespace trilith::sweeps

namespace trilith::TRILITH_IMPLEMENTED {

std::string sweep_svg(const sweep_table& table, const sweep_axes& axes) {
  return sweeps::picture(table, axes).run();
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
