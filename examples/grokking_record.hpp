#ifndef TRILITH_EXAMPLES_GROKKING_RECORD_HPP
#define TRILITH_EXAMPLES_GROKKING_RECORD_HPP

#include <trilith/train/curve.hpp>
#include <trilith/train/loss_sums.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>

#include "complain.hpp"
#include "grokking_options.hpp"

/// How much of both halves a model knows, step by step, and when it knew 95 %.
class grokking_record {
 public:
  explicit grokking_record(const grokking_line& line) : line_(line) {}

  void add(std::uint64_t step, const trilith::loss_sums& learned,
           const trilith::loss_sums& unseen) {
    see(by_heart_, step, share(learned));
    see(understood_, step, share(unseen));
    if (line_.says_outcome_alone) return;
    std::printf("step %5llu: training %5.1f %%, validation %5.1f %%\n",
                static_cast<unsigned long long>(step), 100 * share(learned), 100 * share(unseen));
    std::fflush(stdout);
  }
  [[nodiscard]] bool is_complete() const {
    return !understood_.curve.points.empty() && understood_.curve.points.back().y >= 0.99;
  }

  /// Both curves, and what there is to say of them. Returns what the program should end with.
  [[nodiscard]] int conclude() const {
    const trilith::curve all{.title = "x * y mod p",
                             .x = "step",
                             .left = "share of the products that are known",
                             .series = {by_heart_.curve, understood_.curve}};
    if (!line_.says_outcome_alone) std::fputs(trilith::terminal_curve(all).c_str(), stdout);
    tell(by_heart_);
    tell(understood_);
    if (line_.svg.empty()) return 0;
    const auto written = trilith::write_svg(line_.svg, all);
    return written ? 0 : complain(written.error());
  }

 private:
  /// One half.
  struct half {
    trilith::curve_series curve;
    std::uint64_t step = 0;  ///< the first at which 95 % were known; 0: none yet
    double seconds = 0;
  };

  static double share(const trilith::loss_sums& of) {
    return of.tokens == 0 ? 0 : static_cast<double>(of.correct) / static_cast<double>(of.tokens);
  }
  void see(half& h, std::uint64_t step, double share) const {
    h.curve.points.push_back({static_cast<double>(step), share});
    if (share < 0.95 || h.step != 0) return;
    h.step = step;
    h.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }
  void tell(const half& h) const {
    const char* name = h.curve.name.c_str();
    if (h.step == 0)
      std::printf("%s: 95 %% not reached\n", name);
    else if (line_.says_outcome_alone)
      std::printf("%s: 95 %% reached\n", name);
    else
      std::printf("%s: 95 %% at step %llu, after %.0f s\n", name,
                  static_cast<unsigned long long>(h.step), h.seconds);
  }

  const grokking_line& line_;
  half by_heart_{{.name = "training"}}, understood_{{.name = "validation"}};
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

#endif
