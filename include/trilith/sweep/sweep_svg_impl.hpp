#ifndef TRILITH_SWEEP_SWEEP_SVG_IMPL_HPP
#define TRILITH_SWEEP_SWEEP_SVG_IMPL_HPP

#include <trilith/sweep/sweep_columns_impl.hpp>
#include <trilith/train/plane_svg_impl.hpp>

#include <algorithm>
#include <cstdlib>

namespace trilith::sweeps {

/// Draws the points of a table over two of its columns.
class picture : curves::plane_svg {
 public:
  picture(const sweep_table& table, const sweep_axes& axes) : plane_svg(640), axes_(axes) {
    const column x = named(table, axes.x), y = named(table, axes.y);
    const std::vector<column> names = telling(table);
    for (const sweep_row& r : table.rows) add(name_of(names, r), x.text(r), y.text(r));
  }

  [[nodiscard]] std::string run() && {
    begin(axes_.title, axes_.x, axes_.y);
    for (std::size_t i = 0; i < marks_.size(); ++i) draw(marks_[i], i);
    return end();
  }

 private:
  struct mark {
    double x, y;
    std::string name, kind;
  };
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
  std::vector<mark> marks_;
  std::vector<std::string> kinds_;
};

}  // namespace trilith::sweeps

namespace trilith::TRILITH_IMPLEMENTED {

std::string sweep_svg(const sweep_table& table, const sweep_axes& axes) {
  return sweeps::picture(table, axes).run();
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
