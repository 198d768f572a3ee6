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
    forward(p, normed<no_norm>{x}, y, c);
  }
  /// The same from rows that it normalises itself.
  template <class Parameters, Norm N>
  static void forward(const Parameters& p, const normed<N>& x, span2d<float> y,
                      forward_context& c) noexcept {
    workspace& w = c.work;
    const auto xq = quantize_for<S>(p.gate, x, w.quantized, w.run);
    const auto gate = w.gate.rows(y.rows), up = w.up.rows(y.rows);
    apply<S>(p.gate, xq, gate, w.run);
    multiply_up(p, xq, gate, up, w);
    apply<typename S::output>(p.down, quantize_gated(p, gate, up, w), y, w.run);
  }

 private:
  /// up = Wup x. Of a single token those rows alone whose gates are open; the others become 0, as
  /// what passes the gate does.
  template <class Parameters, class X>
  static void multiply_up(const Parameters& p, const activation_view<X>& x, span2d<float> gate,
                          span2d<float> up, workspace& w) noexcept {
    using M = std::remove_cvref_t<decltype(p.up)>;
    if constexpr (ClosingGate<G> && multiplies_rows<typename S::backend, M, X>)
      if (up.rows == 1 && p.up.groups_per_row() == 1) {
        const std::size_t open = find_open<G>(&gate(0, 0), gate.cols, w.open_rows.data());
        if (open < gate.cols - gate.cols / 4) {
          __builtin_memset(&up(0, 0), 0, up.cols * sizeof(float));
          return multiply_rows<typename S::backend>(p.up, x, {w.open_rows.data(), open}, up, w.run);
        }
      }
    apply<S>(p.up, x, up, w.run);
  }

  /// norm(G(gate) * up) in the numbers that Wdown takes; `gate` is written over.
  template <class Parameters>
  [[nodiscard]] static auto quantize_gated(const Parameters& p, span2d<float> gate,
                                           span2d<float> up, workspace& w) noexcept {
    using M = std::remove_cvref_t<decltype(p.down)>;
    using A = activations_for<M, typename S::output::activations>;
    using B = typename S::backend;
    const float* gains = p.sub_norm.values.data();
    return w.quantized.template quantize_rows<A, B, typename M::format>(
        gate.rows, gate.cols, activation_group(p.down), w.run,
        [&](std::size_t t, typename A::element* q, float* scratch) noexcept {
          return quantize_gated_row<A, G, SubNorm, B>(&gate(t, 0), &up(t, 0), gains,
                                                      w.settings.norm_eps, q, gate.cols, scratch);
        });
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
