#ifndef TRILITH_LAYERS_GATED_FFN_HPP
#define TRILITH_LAYERS_GATED_FFN_HPP

#include <trilith/core/describe.hpp>
#include <trilith/layers/gates.hpp>
#include <trilith/layers/norm.hpp>
#include <trilith/layers/scheme.hpp>
#include <trilith/layers/workspace.hpp>

namespace trilith::inline TRILITH_ABI {

/// The parameters of a gated feed-forward network, for any kind of matrix.
template <class Matrix>
struct gated_ffn_parameters {
  Matrix gate;  ///< [F, D]
  Matrix up;    ///< [F, D]
  Matrix down;  ///< [D, F]
  parameter_vector sub_norm;
};

/// y = Wdown norm(gate(Wgate x) * (Wup x))
///
/// @tparam S        the scheme of the three projections
/// @tparam G        silu or relu_squared
/// @tparam SubNorm  a norm in front of Wdown: no_norm, sub_norm<>, ...
/// @see Shazeer: "GLU Variants Improve Transformer", arXiv 2002.05202.
template <Scheme S, Gate G = silu, Norm SubNorm = no_norm>
struct gated_ffn {
  using policy_kind = layer_kind;
  using scheme = S;
  using gate_function = G;
  template <class Backend>
  using with_backend = gated_ffn<typename S::template with_backend<Backend>, G, SubNorm>;
  template <class Realisation>
  using parameters =
      gated_ffn_parameters<typename Realisation::template matrix<typename S::weights>>;

  [[nodiscard]] static constexpr auto description() {
    return fields::hana::make_basic_tuple(
        fields::matrix<typename S::weights>(
            "gate", [](auto& p) -> auto& { return p.gate; }, axis::ffn_dim, axis::dim,
            fields::shard::rows),
        fields::matrix<typename S::weights>(
            "up", [](auto& p) -> auto& { return p.up; }, axis::ffn_dim, axis::dim,
            fields::shard::rows),
        fields::matrix<typename S::weights>(
            "down", [](auto& p) -> auto& { return p.down; }, axis::dim, axis::ffn_dim,
            fields::shard::columns),
        fields::gains<SubNorm::has_gain>(
            "sub_norm", [](auto& p) -> auto& { return p.sub_norm; }, axis::ffn_dim));
  }

  [[nodiscard]] static std::string name() {
    return join("gated_ffn<", S::name(), ",", G::name, ",", SubNorm::name, ">");
  }

  /// y: [T, D] from the normalised x: [T, D]
  template <class Parameters>
  static void forward(const Parameters& p, span2d<const float> x, span2d<float> y,
                      forward_context& c) noexcept {
    workspace& w = c.work;
    const auto xq = quantize_for<S>(p.gate, x, w.quantized, w.run);
    const auto gate = w.gate.rows(x.rows), up = w.up.rows(x.rows);
    apply<S>(p.gate, xq, gate, w.run);
    apply<S>(p.up, xq, up, w.run);
    pass_through_gate(gate, up, w.run);
    normalize<SubNorm>(gate, p.sub_norm.values.data(), gate, w.settings.norm_eps, w.run);
    apply<S>(p.down, quantize_for<S>(p.down, gate, w.quantized, w.run), y, w.run);
  }

 private:
  /// gate = G(gate) * up
  static void pass_through_gate(span2d<float> gate, span2d<float> up,
                                const executor& run) noexcept {
    run.parallel_for(gate.rows, 4, [&](std::size_t first, std::size_t last) noexcept {
      for (std::size_t t = first; t < last; ++t)
        for (std::size_t i = 0; i < gate.cols; ++i) gate(t, i) = G::of(gate(t, i)) * up(t, i);
    });
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
