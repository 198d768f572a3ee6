#ifndef TRILITH_TRAIN_OPTIMISERS_SCALING_HPP
#define TRILITH_TRAIN_OPTIMISERS_SCALING_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/core/policy.hpp>
#include <trilith/train/double_math.hpp>

#include <cstddef>

/// How large an orthogonal update of a matrix [rows, cols] is, with the rates that go with it.
/// One of them, never both.
namespace trilith::inline TRILITH_ABI::scaling {

template <class S>
concept Scaling = PolicyOf<S, update_scaling_kind> && requires(std::size_t n) {
  { S::factor(n, n) } noexcept -> std::same_as<double>;
  { S::usual_rate } -> std::convertible_to<double>;
  { S::usual_others } -> std::convertible_to<double>;
  { S::usual_decay } -> std::convertible_to<double>;
};

/// sqrt(max(1, rows / cols)): the spectral norm of the update of a tall matrix grows with its
/// shape.
/// @see github.com/KellerJordan/Muon, muon.py.
struct spectral {
  using policy_kind = update_scaling_kind;
  static constexpr std::string_view name = "spectral";
  static constexpr double usual_rate = 0.02, usual_others = 0.015, usual_decay = 0;
  [[nodiscard]] static constexpr double factor(std::size_t rows, std::size_t cols) noexcept {
    return double_math::square_root(
        max_of(1.0, static_cast<double>(rows) / static_cast<double>(cols)));
  }
};

/// 0.2 sqrt(max(rows, cols)): the root mean square of the update becomes about 0.2, AdamW's, so
/// that one rate serves both.
/// @see Liu et al.: "Muon is Scalable for LLM Training", arXiv 2502.16982, equation 4.
struct rms {
  using policy_kind = update_scaling_kind;
  static constexpr std::string_view name = "rms";
  static constexpr double usual_rate = 1e-3, usual_others = 1, usual_decay = 0.1;
  [[nodiscard]] static constexpr double factor(std::size_t rows, std::size_t cols) noexcept {
    return 0.2 * double_math::square_root(static_cast<double>(max_of(rows, cols)));
  }
};

}  // namespace trilith::inline TRILITH_ABI::scaling

#endif
