#ifndef TRILITH_TRAIN_CURVE_BRAILLE_IMPL_HPP
#define TRILITH_TRAIN_CURVE_BRAILLE_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/train/curve_ranges_impl.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

namespace trilith::curves {

/// Dots of a terminal: characters U+2800 ... U+28FF with 2 columns and 4 rows of dots each.
class dots {
 public:
  dots(std::size_t columns, std::size_t rows) : columns_(columns), cells_(columns * rows) {}

  [[nodiscard]] long width() const noexcept { return static_cast<long>(2 * columns_); }
  [[nodiscard]] long height() const noexcept {
    return static_cast<long>(4 * cells_.size() / columns_);
  }
  /// (0, 0) is the upper left.
  void set(long x, long y) noexcept {
    static constexpr unsigned char bit[4][2] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};
    unsigned char& cell =
        cells_[static_cast<std::size_t>(y / 4) * columns_ + static_cast<std::size_t>(x / 2)];
    cell = static_cast<unsigned char>(cell | bit[y % 4][x % 2]);
  }
  void line(long x1, long y1, long x2, long y2) noexcept {
    const long steps = std::max({std::labs(x2 - x1), std::labs(y2 - y1), 1L});
    for (long i = 0; i <= steps; ++i) set(x1 + (x2 - x1) * i / steps, y1 + (y2 - y1) * i / steps);
  }
  /// Row `row` in UTF-8.
  [[nodiscard]] std::string text(std::size_t row) const {
    std::string out;
    for (std::size_t c = 0; c < columns_; ++c) {
      const unsigned char cell = cells_[row * columns_ + c];
      out += '\xE2';
      out += static_cast<char>(0xA0 | cell >> 6);
      out += static_cast<char>(0x80 | (cell & 63));
    }
    return out;
  }

 private:
  std::size_t columns_;
  std::vector<unsigned char> cells_;
};

/// Right-aligned in `width` characters.
[[nodiscard]] inline std::string padded(std::string s, std::size_t width) {
  if (s.size() < width) s.insert(0, width - s.size(), ' ');
  return s;
}

class plot {
 public:
  plot(const curve& all, std::size_t columns, std::size_t rows)
      : all_(all), columns_(columns), rows_(rows), dots_(columns, rows) {
    for (const curve_series& s : all.series)
      if (!s.is_right) {
        for (const curve_point& p : points_of(s)) y_.add(p.y);
        for (const curve_point& p : finite(s.points)) x_.add(p.x);
      }
    x_ = x_.widened(), y_ = y_.widened();
  }

  [[nodiscard]] std::string run() && {
    for (const curve_series& s : all_.series)
      if (!s.is_right) draw(points_of(s));
    std::string out;
    for (std::size_t r = 0; r < rows_; ++r)
      out += join(padded(number_beside(r), margin), " |", dots_.text(r), "\n");
    const std::string first = label(x_.low), last = label(x_.high);
    const std::size_t room = std::max(columns_, first.size() + last.size() + 1) - first.size();
    return out + std::string(margin + 2, ' ') + first + padded(last, room) + "\n";
  }

 private:
  static constexpr std::size_t margin = 8;

  /// One point for each column of dots, smoothed where the series asks for it.
  [[nodiscard]] std::vector<curve_point> points_of(const curve_series& s) const {
    const std::vector<curve_point> points = thinned(finite(s.points), 2 * columns_);
    return s.is_smoothed ? smoothed(points) : points;
  }
  [[nodiscard]] std::string number_beside(std::size_t row) const {
    if (row == 0) return label(y_.high);
    return row + 1 == rows_ ? label(y_.low) : std::string();
  }
  void draw(const std::vector<curve_point>& points) {
    const auto x = [&](const curve_point& p) {
      return std::lround(x_.share(p.x) * static_cast<double>(dots_.width() - 1));
    };
    const auto y = [&](const curve_point& p) {
      return std::lround((1 - y_.share(p.y)) * static_cast<double>(dots_.height() - 1));
    };
    for (std::size_t i = 0; i < points.size(); ++i) {
      const curve_point &from = points[i == 0 ? 0 : i - 1], &to = points[i];
      dots_.line(x(from), y(from), x(to), y(to));
    }
  }

  const curve& all_;
  std::size_t columns_, rows_;
  dots dots_;
  range x_, y_;
};

}  // namespace trilith::curves

namespace trilith::TRILITH_IMPLEMENTED {
std::string braille_of_curve(const curve& all, std::size_t columns, std::size_t rows) {
  if (columns == 0 || rows == 0) return {};
  return curves::plot(all, columns, rows).run();
}
}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
