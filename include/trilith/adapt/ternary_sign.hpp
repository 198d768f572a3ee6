#ifndef TRILITH_ADAPT_TERNARY_SIGN_HPP
#define TRILITH_ADAPT_TERNARY_SIGN_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/train/optimiser.hpp>

#include <bit>
#include <cstdint>

namespace trilith::inline TRILITH_ABI {

/// Steps of tensors whose entries are -1, 0, 1:
///
///     x_i <- clip(x_i - sign(g_i), -1, 1)     for the entries with the largest |g_i|
///
/// `share` times the schedule's factor of them, at least one. Entries whose gradient is 0 stay. It
/// has no state. (The paper moves 5 % of the entries first, 0.1 % at 80 % of the steps and 0.01 %
/// then; a schedule from 1 to 0 comes near that.)
/// @see LoTA-QAF, arXiv 2505.18724, section 3.3 (t-SignSGD).
struct ternary_sign {
  using policy_kind = optimiser_kind;
  static constexpr std::string_view name = "ternary_sign";
  double share = 0.05;

  /// All that changes what it does: f(name, number).
  template <class F>
  void describe(F&& f) const {
    f("share", share);
  }

  struct state {
    state() noexcept = default;
    state(const ternary_sign&, const tensor_facts&) {}
    template <class Visit>
    void visit(Visit&&) noexcept {}
    [[nodiscard]] std::size_t floats() const noexcept { return 0; }
  };

  [[nodiscard]] constexpr std::size_t memory_floats(const tensor_facts& t,
                                                    std::size_t) const noexcept {
    return t.size();
  }

  void update(std::span<float> weights, std::span<const float> gradient, state&,
              const step_facts& at, const update_tools& tools) const noexcept {
    const auto n = static_cast<double>(gradient.size());
    const auto moved = static_cast<std::size_t>(max_of(share * at.rate * n, 1.0));
    const float least = largest(gradient, moved, tools.memory);
    for (std::size_t i = 0; i < weights.size(); ++i)
      if (const float g = gradient[i]; g != 0 && magnitude(g) >= least)
        weights[i] = clamp_to(weights[i] - (g > 0 ? 1.0f : -1.0f), -1.0f, 1.0f);
  }

 private:
  [[nodiscard]] static float magnitude(float x) noexcept { return x < 0 ? -x : x; }

  /// The k-th largest |g_i|, k >= 1: bits of non-negative floats are in the order of the floats, so
  /// that it is found bit by bit, in 31 passes.
  [[nodiscard]] static float largest(std::span<const float> g, std::size_t k,
                                     std::span<float> memory) noexcept {
    for (std::size_t i = 0; i < g.size(); ++i) memory[i] = magnitude(g[i]);
    std::uint32_t found = 0;
    for (std::uint32_t bit = 1u << 30; bit != 0; bit >>= 1) {
      const float tried = std::bit_cast<float>(found | bit);
      std::size_t above = 0;
      for (std::size_t i = 0; i < g.size(); ++i) above += memory[i] >= tried;
      if (above >= k) found |= bit;
    }
    return std::bit_cast<float>(found);
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
