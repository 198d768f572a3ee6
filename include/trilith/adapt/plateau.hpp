#ifndef TRILITH_ADAPT_PLATEAU_HPP
#define TRILITH_ADAPT_PLATEAU_HPP

#include <trilith/core/numeric.hpp>

#include <cstddef>
#include <vector>

namespace trilith {

struct plateau_options {
  std::size_t window = 3;    ///< scores whose means are compared
  double threshold = 0.01;   ///< a gain of the means below this is none
  std::size_t least = 2;     ///< scores before one may be a plateau
  std::size_t patience = 2;  ///< how often in a row there is no gain
};

/// Tells when scores, larger ones better, no longer rise: the mean of the last `window` is not
/// above that of those before by the threshold, `patience` times in a row. While there are fewer
/// than two windows, the older one holds what there is, and its mean is over that many: dividing by
/// `window` there would find rises that are none.
class plateau {
 public:
  explicit plateau(const plateau_options& options = {}) : options_(options) {}

  /// True where this score completes a plateau.
  bool see(double score) {
    scores_.push_back(score);
    if (scores_.size() < max_of<std::size_t>(options_.least, 2)) return false;
    flat_ = gain() < options_.threshold ? flat_ + 1 : 0;
    return flat_ >= options_.patience;
  }
  [[nodiscard]] std::size_t seen() const noexcept { return scores_.size(); }

 private:
  [[nodiscard]] double gain() const noexcept {
    const std::size_t n = scores_.size(), last = min_of(options_.window, n - 1);
    const std::size_t before = min_of(options_.window, n - last);
    return mean(n - last, last) - mean(n - last - before, before);
  }
  [[nodiscard]] double mean(std::size_t first, std::size_t count) const noexcept {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += scores_[first + i];
    return sum / static_cast<double>(count);
  }

  plateau_options options_;
  std::vector<double> scores_;
  std::size_t flat_ = 0;
};

}  // namespace trilith

#endif
