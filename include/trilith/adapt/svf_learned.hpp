#ifndef TRILITH_ADAPT_SVF_LEARNED_HPP
#define TRILITH_ADAPT_SVF_LEARNED_HPP

#include <trilith/adapt/svf_expert.hpp>

namespace trilith::inline TRILITH_ABI::detail {

/// slopes_i = u_i^T G v_i, from P = G V: [Out, r].
TRILITH_EXACT_FLOAT inline void singular_slopes(const singular_values& w, span2d<const float> p,
                                                std::span<double> slopes) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  for (double& x : slopes) x = 0;
  for (std::size_t o = 0; o < p.rows; ++o)
    for (std::size_t i = 0; i < p.cols; ++i)
      slopes[i] += static_cast<double>(w.u.row(o)[i]) * static_cast<double>(p(o, i));
}

/// dL/dz_i = c S_i (slope_i - sign(z_i) <G, W'> / sum S), with <G, W'> = c sum_i S_i z_i slope_i.
TRILITH_EXACT_FLOAT inline void scaling_gradient(const singular_values& w,
                                                 const singular_scaling& by,
                                                 std::span<const double> slopes,
                                                 std::span<float> dz) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  const double c = by.factor(w);
  double along = 0, all = 0;
  for (std::size_t i = 0; i < dz.size(); ++i) {
    all += static_cast<double>(w.s[i]);
    along += c * static_cast<double>(w.s[i]) * static_cast<double>(by.z[i]) * slopes[i];
  }
  const double pull = by.renormalised && all > 0 ? along / all : 0;
  for (std::size_t i = 0; i < dz.size(); ++i) {
    const double sign = by.z[i] > 0 ? 1 : by.z[i] < 0 ? -1 : 0;
    dz[i] = static_cast<float>(c * static_cast<double>(w.s[i]) * (slopes[i] - sign * pull));
  }
}

/// One matrix of a pass and its z in training.
struct svf_learned {
  svf_learned(const svf_matrix& m, std::span<float> w, std::span<float> g, svf_room& room)
      : of(&m),
        z_name(m.name + ".z"),
        weights(w),
        gradient(g),
        base(w.size(), not_zeroed{}),
        z(m.values.rank()),
        dz(m.values.rank()),
        slopes(m.values.rank()) {
    __builtin_memcpy(base.data(), w.data(), w.size_bytes());
    begin_from(nullptr);
    (void)room.rows(m.values.out(), m.values.rank());  // so that no step allocates
    (void)room.row(m.values.rank());
  }

  void begin_from(const expert_part* part) noexcept {
    for (std::size_t i = 0; i < z.size(); ++i) z[i] = part == nullptr ? 1.0f : part->z[i];
  }
  void restore() noexcept { __builtin_memcpy(weights.data(), base.data(), weights.size_bytes()); }
  void apply(bool renormalised, svf_room& room) {
    restore();
    add_svf(of->values, {z.span(), renormalised}, view(weights), room);
  }
  void multiply_back(bool renormalised, svf_room& room) {
    const singular_values& w = of->values;
    const span2d<float> p = room.rows(w.out(), w.rank());
    room.multiply(view(gradient), rows_of(w.v), p);
    singular_slopes(w, p, slopes.span());
    scaling_gradient(w, {z.span(), renormalised}, slopes.span(), dz.span());
  }
  [[nodiscard]] span2d<float> view(std::span<float> x) const noexcept {
    return {x.data(), of->values.out(), of->values.in()};
  }

  const svf_matrix* of;
  std::string z_name;
  std::span<float> weights, gradient;  ///< of the pass: [Out, In]
  aligned_buffer<float> base;          ///< W: [Out, In]
  aligned_buffer<float> z, dz;         ///< [r]
  aligned_buffer<double> slopes;       ///< [r]
};

}  // namespace trilith::inline TRILITH_ABI::detail

#endif
