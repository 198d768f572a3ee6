#ifndef TRILITH_ADAPT_BAKE_BATCH_HPP
#define TRILITH_ADAPT_BAKE_BATCH_HPP

#include <trilith/adapt/prompted.hpp>
#include <trilith/adapt/response_batch.hpp>

namespace trilith::inline TRILITH_ABI {

/// Some responses as the student sees them, and what the teacher says of each of their tokens.
///
///     student:  begins_with x0 y_1 ... y_(n-1)     scores behind x0 and each y
///     teacher:  u           x0 y_1 ... y_(n-1)     the same places, other positions
///
/// Only tokens of responses are targets: neither the opening nor what fills short rows.
class bake_batch {
 public:
  /// For rows of `length` tokens and scores of `vocab`.
  void reset(std::size_t rows, std::size_t length, std::size_t vocab) {
    batch_.resize(rows, length);
    vocab_ = vocab;
    scores_.clear();
    place_.assign(rows * length, none);
  }
  /// Row `row` becomes this response. Errors: the teacher's.
  ///
  /// @param likeliest  how many of the teacher's tokens stay possible; 0: all
  template <class Teacher>
  [[nodiscard]] status set(std::size_t row, const trajectory& t,
                           std::span<const std::int32_t> begins_with, prompted<Teacher>& teacher,
                           std::size_t likeliest) {
    const std::size_t first = set_response(batch_, row, begins_with, t);
    for (std::size_t i = 0; i < t.response(); ++i)
      place_[row * batch_.length() + first + i] = scores_.size() / vocab_ + i;
    return teacher.score(t, [&](std::size_t, std::span<float> logits) {
      if (likeliest != 0 && likeliest < vocab_) keep_likeliest(logits, likeliest);
      scores_.insert(scores_.end(), logits.begin(), logits.end());
    });
  }

  [[nodiscard]] const token_batch& tokens() const noexcept { return batch_; }
  [[nodiscard]] std::size_t targets() const noexcept { return scores_.size() / vocab_; }

  /// The loss: KL(teacher || student) alone. Views the batch.
  struct only_divergence {
    const bake_batch* batch;
    static constexpr float beta = 1.0f;
    [[nodiscard]] static constexpr float target_weight(std::size_t) noexcept { return 0.0f; }
    void logits(std::size_t first, span2d<float> out) const noexcept {
      for (std::size_t t = 0; t < out.rows; ++t)
        if (const std::size_t at = batch->place_[first + t]; at != none)
          __builtin_memcpy(&out(t, 0), batch->scores_.data() + at * out.cols,
                           out.cols * sizeof(float));
    }
  };
  [[nodiscard]] only_divergence loss() const noexcept { return {this}; }

  /// The loss of policy gradients: -a_b log p(target) for the tokens of row b, and beta times the
  /// divergence. Views the batch and the advantages a: [rows].
  struct weighted_targets {
    const bake_batch* batch;
    const float* advantages;
    float beta;
    [[nodiscard]] float target_weight(std::size_t row) const noexcept {
      return advantages[row / batch->batch_.length()];
    }
    void logits(std::size_t first, span2d<float> out) const noexcept {
      only_divergence{batch}.logits(first, out);
    }
  };
  [[nodiscard]] weighted_targets loss(std::span<const float> advantages,
                                      float beta) const noexcept {
    return {this, advantages.data(), beta};
  }

  /// Scores below the k highest become so low that their probability is 0; of equal ones all stay.
  static void keep_likeliest(std::span<float> x, std::size_t k) {
    std::vector<float> highest(k, -__builtin_inff());  // a heap would save little beside a pass
    for (const float v : x) {
      std::size_t i = k;
      for (; i > 0 && v > highest[i - 1]; --i)
        if (i < k) highest[i] = highest[i - 1];
      if (i < k) highest[i] = v;
    }
    for (float& v : x)
      if (v < highest[k - 1]) v = -1e30f;
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  token_batch batch_;
  std::size_t vocab_ = 1;
  std::vector<float> scores_;       ///< [targets, V]
  std::vector<std::size_t> place_;  ///< of each row's scores, or none
};

}  // namespace trilith::inline TRILITH_ABI

#endif
