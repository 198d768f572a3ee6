#ifndef TRILITH_TRAIN_SCHEDULE_HPP
#define TRILITH_TRAIN_SCHEDULE_HPP

#include <trilith/core/policy.hpp>
#include <trilith/train/double_math.hpp>

#include <cstdint>

/// Schedules: factors, 1 at the peak, on the rates and the decay that an optimiser names. So one
/// schedule drives the several rates of one optimiser, and is right for every peak.
namespace trilith::inline TRILITH_ABI {

/// rate(step, steps) and decay(step, steps) for step in [0, steps). From `steps` on, a schedule
/// keeps what it has come down to.
template <class S>
concept Schedule = PolicyOf<S, schedule_kind> && requires(const S& s, std::uint64_t step) {
  { s.rate(step, step) } noexcept -> std::same_as<double>;
  { s.decay(step, step) } noexcept -> std::same_as<double>;
};

namespace detail {

/// (step + 1) / warmup, at most 1: the first step moves already.
[[nodiscard]] constexpr double warmed(std::uint64_t step, std::uint64_t warmup) noexcept {
  return step < warmup ? static_cast<double>(step + 1) / static_cast<double>(warmup) : 1.0;
}
/// How far `step` is on the way from `first` to `last`, in [0, 1].
[[nodiscard]] constexpr double progress(std::uint64_t step, std::uint64_t first,
                                        std::uint64_t last) noexcept {
  if (step >= last) return 1;
  return step <= first ? 0 : static_cast<double>(step - first) / static_cast<double>(last - first);
}

}  // namespace detail

/// Always 1, after a linear warm-up.
struct constant {
  using policy_kind = schedule_kind;
  static constexpr std::string_view name = "constant";
  std::uint64_t warmup = 0;  ///< steps

  /// All that changes what it does: f(name, number).
  template <class F>
  constexpr void describe(F&& f) const {
    f("warmup", warmup);
  }

  [[nodiscard]] constexpr double rate(std::uint64_t step, std::uint64_t) const noexcept {
    return detail::warmed(step, warmup);
  }
  [[nodiscard]] constexpr double decay(std::uint64_t, std::uint64_t) const noexcept { return 1; }
};

/// BitNet's: with T = steps, and k = 1 in the first half of them, 2 in the second,
///
///     rate(t) = (t + 1) / warmup            t < warmup
///               rate_k (1 - t / T)          otherwise
///     decay(t) = decay_k
///
/// The rate drops at T / 2 from rate_1 / 2 to rate_2 / 2. Decay ends there, because it shrinks
/// latent weights, which keeps their signs changing. The paper gives this shape as a figure only;
/// the formula is ours. Published peaks: 1.5e-3 then 1e-3 (700M parameters, rate_2 = 2/3), 1.2e-3
/// then 8e-4 (1.3B and 3B), decay 0.1 then 0, warm-up 375 steps, AdamW's betas 0.9 and 0.95.
///
///     // 1.5e-3 -> 1e-3 -> 0, decay 0.1 -> 0
///     tl::adamw optimiser{.rate = 1.5e-3, .decay = 0.1};
///     tl::two_stage schedule{};
///
/// @see Ma et al.: "The Era of 1-bit LLMs: Training Tips, Code and FAQ", tables 1 and 2, figure 1.
struct two_stage {
  using policy_kind = schedule_kind;
  static constexpr std::string_view name = "two_stage";
  std::uint64_t warmup = 375;  ///< steps
  double first_rate = 1;
  double second_rate = 2.0 / 3;
  double first_decay = 1;
  double second_decay = 0;

  /// All that changes what it does: f(name, number).
  template <class F>
  constexpr void describe(F&& f) const {
    f("warmup", warmup), f("first_rate", first_rate), f("second_rate", second_rate),
        f("first_decay", first_decay), f("second_decay", second_decay);
  }

  [[nodiscard]] constexpr double rate(std::uint64_t step, std::uint64_t steps) const noexcept {
    if (step < warmup) return first_rate * detail::warmed(step, warmup);
    const double peak = is_first(step, steps) ? first_rate : second_rate;
    return peak * (1 - detail::progress(step, 0, steps));
  }
  [[nodiscard]] constexpr double decay(std::uint64_t step, std::uint64_t steps) const noexcept {
    return is_first(step, steps) ? first_decay : second_decay;
  }

 private:
  [[nodiscard]] static constexpr bool is_first(std::uint64_t step, std::uint64_t steps) noexcept {
    return step < steps - steps / 2;
  }
};

/// last + (1 - last) (1 + cos(pi p)) / 2, p from 0 at the end of the warm-up to 1 at `steps`.
/// @see Loshchilov, Hutter: "SGDR", arXiv 1608.03983, equation 5; llm.c, schedulers.h.
struct cosine {
  using policy_kind = schedule_kind;
  static constexpr std::string_view name = "cosine";
  std::uint64_t warmup = 0;  ///< steps
  double last = 0;           ///< what it ends at

  /// All that changes what it does: f(name, number).
  template <class F>
  constexpr void describe(F&& f) const {
    f("warmup", warmup), f("last", last);
  }

  [[nodiscard]] TRILITH_EXACT_FLOAT constexpr double rate(std::uint64_t step,
                                                          std::uint64_t steps) const noexcept {
    TRILITH_EXACT_FLOAT_BODY
    if (step < warmup) return detail::warmed(step, warmup);
    return last + (1 - last) * double_math::half_cosine(detail::progress(step, warmup, steps));
  }
  [[nodiscard]] constexpr double decay(std::uint64_t, std::uint64_t) const noexcept { return 1; }
};

/// Warm-up, stable, decay: 1 until the last `share` of the steps, then
/// last + (1 - last) (1 - sqrt(p)), p from 0 to 1. A run can be prolonged from its stable part.
/// @see Haegele et al.: "Scaling Laws and Compute-Optimal Training Beyond Fixed Training
///      Durations", arXiv 2405.18392; llm.c, schedulers.h.
struct wsd {
  using policy_kind = schedule_kind;
  static constexpr std::string_view name = "wsd";
  std::uint64_t warmup = 0;  ///< steps
  double share = 0.2;
  double last = 0;

  /// All that changes what it does: f(name, number).
  template <class F>
  constexpr void describe(F&& f) const {
    f("warmup", warmup), f("share", share), f("last", last);
  }

  [[nodiscard]] TRILITH_EXACT_FLOAT constexpr double rate(std::uint64_t step,
                                                          std::uint64_t steps) const noexcept {
    TRILITH_EXACT_FLOAT_BODY
    if (step < warmup) return detail::warmed(step, warmup);
    const auto stable = static_cast<std::uint64_t>((1 - share) * static_cast<double>(steps));
    const double p = detail::progress(step, stable, steps);
    return last + (1 - last) * (1 - double_math::square_root(p));
  }
  [[nodiscard]] constexpr double decay(std::uint64_t, std::uint64_t) const noexcept { return 1; }
};

static_assert(Schedule<constant> && Schedule<two_stage> && Schedule<cosine> && Schedule<wsd>);

}  // namespace trilith::inline TRILITH_ABI

#endif
