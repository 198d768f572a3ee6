#ifndef TRILITH_TRAIN_LAYERS_GATED_FFN_HPP
#define TRILITH_TRAIN_LAYERS_GATED_FFN_HPP

#include <trilith/layers/gated_ffn.hpp>
#include <trilith/train/gain_gradients.hpp>
#include <trilith/train/product_input.hpp>
#include <trilith/train/trainable.hpp>

namespace trilith::inline TRILITH_ABI {

/// gated_ffn<...>: with z = G(a) u, a = Wgate x, u = Wup x:  da = dz u G'(a),  du = dz G(a).
template <Scheme S, Gate G, Norm SubNorm>
struct trainable<gated_ffn<S, G, SubNorm>> {
  static_assert(DifferentiableGate<G>,
                "trilith::training_pass: this gate has no slope(x); add it beside of(x) "
                "(docs/errors.md).");
  using backend = typename S::backend;
  using stored = typename working_matrix<typename S::weights>::stored_type;
  using last = typename S::output;
  using A = activations_for<stored, typename last::activations>;

  struct tape {
    tape() = default;
    tape(const shape& s, std::size_t tokens, bool blends)
        : input(tokens, s.dim, blends),
          down_input(tokens, s.ffn_dim, blends),
          gate(tokens, s.ffn_dim),
          up(tokens, s.ffn_dim) {}
    product_input<S> input;
    product_input<last> down_input;
    row_buffer gate, up;
  };

  template <class Parameters, Norm N>
  static void forward(const Parameters& p, const normed<N>& x, span2d<float> y, tape& kept,
                      pass_context& c) noexcept {
    const auto gate = kept.gate.rows(y.rows), up = kept.up.rows(y.rows);
    kept.input.take(p.gate, x, c);
    kept.input.multiply(p.gate, gate, c);
    kept.input.multiply(p.up, up, c);
    take_gated(p, gate, up, kept.down_input, c);
    kept.down_input.multiply(p.down, y, c);
  }

  template <class Parameters, class Gradients>
  static void backward(const Parameters& p, Gradients& d, tape& kept, span2d<const float> dy,
                       span2d<float> dx, pass_context& c) noexcept {
    const std::size_t tokens = dy.rows, n = p.gate.rows;
    const auto gate = kept.gate.rows(tokens), up = kept.up.rows(tokens);
    const auto dgate = c.first.rows(tokens).columns(n), dup = c.second.rows(tokens).columns(n);
    multiply_back(p.down, kept.down_input.for_gradients(c), dy, d.down, dgate, false, c);
    kept.down_input.rotate_back(dgate, c);
    if constexpr (!SubNorm::is_identity) {
      const auto z = c.third.rows(tokens).columns(n);
      pass_all(gate, up, z, c);
      normalize_back(normed<SubNorm>{z, p.sub_norm.values.data(), c.work.settings.norm_eps}, dgate,
                     dgate, d.sub_norm, c);
    }
    gate_back(gate, up, dgate, dup, c);
    const back_input x = kept.input.for_gradients(c);
    multiply_back(p.gate, x, dgate, d.gate, dx, false, c);
    multiply_back(p.up, x, dup, d.up, dx, true, c);
    kept.input.rotate_back(dx, c);
  }

  /// "gate" is what the gate leaves: where it is zero, a row of Wup need not be multiplied.
  template <class F>
  static void count_zeros(tape& kept, const pass_context& c, F&& f) {
    const std::size_t tokens = c.rows();
    f("ffn", kept.input.zeros(tokens), kept.input.values(tokens));
    f("down", kept.down_input.zeros(tokens), kept.down_input.values(tokens));
    std::size_t closed = 0;
    const auto gate = kept.gate.rows(tokens);
    for (std::size_t t = 0; t < tokens; ++t)
      for (std::size_t i = 0; i < gate.cols; ++i) closed += G::of(gate(t, i)) == 0.0f;
    f("gate", closed, tokens * gate.cols);
  }

 private:
  /// norm(G(gate) * up) quantised for Wdown, as gated_ffn has it; works on copies of the gate's
  /// rows.
  template <class Parameters>
  static void take_gated(const Parameters& p, span2d<float> gate, span2d<float> up,
                         product_input<last>& into, pass_context& c) noexcept {
    const float* gains = p.sub_norm.values.data();
    const float eps = c.work.settings.norm_eps;
    const std::size_t n = gate.cols;
    const auto z = c.first.rows(gate.rows).columns(n);
    const auto x = c.work.quantized.template quantize_rows<A, backend, typename stored::format>(
        gate.rows, n, activation_group(p.down.stored), c.run(),
        [&](std::size_t t, typename A::element* q, float* scratch) noexcept {
          __builtin_memcpy(&z(t, 0), &gate(t, 0), n * sizeof(float));
          return quantize_gated_row<A, G, SubNorm, backend>(&z(t, 0), &up(t, 0), gains, eps, q, n,
                                                            scratch);
        });
    into.take(x, c, [&](std::size_t t, float* out) noexcept {
      __builtin_memcpy(out, &gate(t, 0), n * sizeof(float));
      pass_gate<G, backend>(out, &up(t, 0), n);
      SubNorm::apply(out, gains, out, n, eps);
    });
  }

  /// z = G(gate) * up
  static void pass_all(span2d<float> gate, span2d<float> up, span2d<float> z,
                       pass_context& c) noexcept {
    c.run().parallel_for(z.rows, 8, [&](std::size_t first, std::size_t last) noexcept {
      for (std::size_t t = first; t < last; ++t) {
        __builtin_memcpy(&z(t, 0), &gate(t, 0), z.cols * sizeof(float));
        pass_gate<G, backend>(&z(t, 0), &up(t, 0), z.cols);
      }
    });
  }

  /// dgate holds dz.
  static void gate_back(span2d<float> gate, span2d<float> up, span2d<float> dgate,
                        span2d<float> dup, pass_context& c) noexcept {
    c.run().parallel_for(gate.rows, 8, [&](std::size_t first, std::size_t last) noexcept {
      for (std::size_t t = first; t < last; ++t)
        row_back(&gate(t, 0), &up(t, 0), &dgate(t, 0), &dup(t, 0), gate.cols);
    });
  }
  static void row_back(const float* a, const float* u, float* da, float* du,
                       std::size_t n) noexcept {
    const auto& rows = simd::gradients().rows;
    if constexpr (std::is_same_v<G, relu_squared>)
      return rows.relu_squared_back(a, u, da, du, n);
    else if constexpr (std::is_same_v<G, silu>)
      return rows.silu_back(a, u, da, du, n);
    for (std::size_t i = 0; i < n; ++i) {
      const float dz = da[i];
      du[i] = dz * G::of(a[i]);
      da[i] = dz * u[i] * G::slope(a[i]);
    }
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
