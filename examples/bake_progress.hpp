#ifndef TRILITH_EXAMPLES_BAKE_PROGRESS_HPP
#define TRILITH_EXAMPLES_BAKE_PROGRESS_HPP

#include <trilith/adapt/bake_options.hpp>
#include <trilith/train/curve.hpp>

#include <cstdio>
#include <string>
#include <vector>

#include "bake_options.hpp"
#include "interrupt.hpp"
#include "progress.hpp"

/// Shows a bake's steps, and keeps them for a curve.
class bake_progress {
 public:
  void operator()(const trilith::bake_step& s) {
    points_.push_back({static_cast<double>(points_.size() + 1), s.divergence});
    char text[40];
    std::snprintf(text, sizeof text, "KL %.4f", s.divergence);
    line_(static_cast<double>(s.step) / static_cast<double>(s.steps), text);
  }
  void end() { line_.clear(); }

  /// On the terminal, and as a picture.
  trilith::status draw(const std::string& path) const {
    const trilith::curve all{.title = "baking",
                             .x = "step",
                             .left = "KL to the prompted model, nats a token",
                             .series = {{"of the step's responses", points_, true}}};
    std::fputs(trilith::terminal_curve(all).c_str(), stderr);
    return trilith::write_svg(path, all);
  }

 private:
  progress_line line_{"baking"};
  std::vector<trilith::curve_point> points_;
};

/// What the library is told.
inline trilith::bake_options bake_options_of(const bake_line& line, std::int32_t bos,
                                             const trilith::executor& threads) {
  trilith::bake_options options;
  options.adapter = {.rank = line.rank, .alpha = 2 * static_cast<float>(line.rank)};
  options.steps = line.steps;
  options.batch = line.batch;
  options.optimiser.rate = line.rate;
  options.begins_with = {bos};
  options.seed = line.seed;
  options.threads = threads;
  options.stop = [] { return was_interrupted != 0; };
  return options;
}

#endif
