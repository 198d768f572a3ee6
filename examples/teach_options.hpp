#ifndef TRILITH_EXAMPLES_TEACH_OPTIONS_HPP
#define TRILITH_EXAMPLES_TEACH_OPTIONS_HPP

#include <trilith/core/random.hpp>

#include <cmath>
#include <numbers>
#include <optional>
#include <string>
#include <vector>

#include "command_line.hpp"

/// The command line of 23_teach_quantisation.
struct teach_line {
  std::string svg;
  std::uint64_t seed = 1;
};

/// Parses the command line; without a value the program should end with `exit_code`.
inline std::optional<teach_line> parse_teach(int argc, char** argv, int& exit_code) {
  teach_line line;
  CLI::App app{"Shows what quantisation does to numbers."};
  app.add_option("--svg", line.svg, "draw histograms and error maps into this file");
  app.add_option("--seed", line.seed, "of the numbers")->capture_default_str();
  if (!parse_arguments(app, argc, argv, exit_code)) return std::nullopt;
  return line;
}

/// Normal numbers, as trained weights nearly are.
inline std::vector<float> bell(std::size_t n, std::uint64_t seed) {
  std::vector<float> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double u = 1 - static_cast<double>(trilith::uniform(seed, 0, i));
    const double v = static_cast<double>(trilith::uniform(seed, 1, i));
    out[i] = static_cast<float>(std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v));
  }
  return out;
}

/// Rows of 64 in which two channels are far larger, as in trained networks.
inline std::vector<float> with_outliers(std::vector<float> x) {
  for (std::size_t i = 0; i < x.size(); ++i)
    if (i % 64 == 7 || i % 64 == 40) x[i] *= 12;
  return x;
}

#endif
