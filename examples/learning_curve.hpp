#ifndef TRILITH_EXAMPLES_LEARNING_CURVE_HPP
#define TRILITH_EXAMPLES_LEARNING_CURVE_HPP

#include <trilith/train/curve.hpp>

#include <cstdio>
#include <string>

/// Lines that grow while an example works.
class learning_curve {
 public:
  learning_curve(std::string title, std::string x, std::string y)
      : all_{.title = std::move(title), .x = std::move(x), .left = std::move(y)} {}

  /// Points of a line by this name, in the order of x.
  void add(const std::string& line, double x, double y) {
    if (all_.series.empty() || all_.series.back().name != line)
      all_.series.push_back({.name = line});
    all_.series.back().points.push_back({x, y});
  }
  /// On the terminal, and as a picture.
  [[nodiscard]] trilith::status draw(const std::string& path) const {
    std::fputs(trilith::terminal_curve(all_).c_str(), stderr);
    return trilith::write_svg(path, all_);
  }

 private:
  trilith::curve all_;
};

#endif
