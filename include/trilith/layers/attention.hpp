#ifndef TRILITH_LAYERS_ATTENTION_HPP
#define TRILITH_LAYERS_ATTENTION_HPP

#include <trilith/core/describe.hpp>
#include <trilith/layers/attend.hpp>
#include <trilith/layers/norm.hpp>
#include <trilith/layers/scheme.hpp>
#include <trilith/layers/workspace.hpp>

namespace trilith::inline TRILITH_ABI {

/// The parameters of an attention layer, for any kind of matrix.
template <class Matrix>
struct attention_parameters {
  Matrix query;   ///< [H * head_dim, D]
  Matrix key;     ///< [K * head_dim, D]
  Matrix value;   ///< [K * head_dim, D]
  Matrix output;  ///< [D, H * head_dim]
  parameter_vector sub_norm;
  parameter_vector query_norm, key_norm;  ///< [head_dim], shared by all heads
};

/// y = Wo norm(concat_h softmax(q_h k^T / sqrt(d) + causal) v),  q, k, v = Wq x, Wk x, Wv x
///
/// Causal self-attention with rotary positions; H query heads share K key and value heads
/// (multi-head where K = H, grouped-query where K < H).
///
/// @tparam S        the scheme of the four projections
/// @tparam SubNorm   a norm in front of Wo: no_norm, sub_norm<>, ...
/// @tparam Pairing   rotary::half_split or rotary::interleaved
/// @tparam HeadNorm  a norm of each head's query and key before they are turned (Qwen3): no_norm,
///                   rms_norm<>, ...
template <Scheme S, Norm SubNorm = no_norm, Rotary Pairing = rotary::half_split,
          Norm HeadNorm = no_norm>
struct attention {
  using policy_kind = layer_kind;
  using scheme = S;
  using pairing = Pairing;
  using output_norm = SubNorm;
  using head_norm = HeadNorm;
  template <class Backend>
  using with_backend =
      attention<typename S::template with_backend<Backend>, SubNorm, Pairing, HeadNorm>;
  template <class Realisation>
  using parameters =
      attention_parameters<typename Realisation::template matrix<typename S::weights>>;

  [[nodiscard]] static constexpr auto description() {
    return fields::hana::make_basic_tuple(
        fields::matrix<typename S::weights>(
            "query", [](auto& p) -> auto& { return p.query; }, axis::query_dim, axis::dim,
            fields::shard::rows),
        fields::matrix<typename S::weights>(
            "key", [](auto& p) -> auto& { return p.key; }, axis::kv_dim, axis::dim,
            fields::shard::rows),
        fields::matrix<typename S::weights>(
            "value", [](auto& p) -> auto& { return p.value; }, axis::kv_dim, axis::dim,
            fields::shard::rows),
        fields::matrix<typename S::weights>(
            "output", [](auto& p) -> auto& { return p.output; }, axis::dim, axis::query_dim,
            fields::shard::columns),
        fields::gains<SubNorm::has_gain>(
            "sub_norm", [](auto& p) -> auto& { return p.sub_norm; }, axis::query_dim),
        fields::gains<HeadNorm::has_gain>(
            "query_norm", [](auto& p) -> auto& { return p.query_norm; }, axis::head_dim),
        fields::gains<HeadNorm::has_gain>(
            "key_norm", [](auto& p) -> auto& { return p.key_norm; }, axis::head_dim));
  }

  [[nodiscard]] static std::string name() {
    std::string out = join("attention<", S::name(), ",", SubNorm::name, ",", Pairing::name);
    if (!HeadNorm::is_identity) out += join(",", HeadNorm::name);
    return out + ">";
  }

  /// y: [T, D] from the normalised x: [T, D]; the tokens' keys and values go into the cache.
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
    const std::size_t tokens = x.rows.rows;
    const auto xq = quantize_for<S>(p.query, x, w.quantized, w.run);
    const auto q = w.query.rows(tokens), k = w.key.rows(tokens), v = w.value.rows(tokens);
    apply<S>(p.query, xq, q, w.run);
    apply<S>(p.key, xq, k, w.run);
    apply<S>(p.value, xq, v, w.run);
    normalize_heads(q, p.query_norm, w);
    normalize_heads(k, p.key_norm, w);
    turn_and_store(q, k, v, c);
    const auto mixed = w.mixed.rows(tokens);
    mix(q, mixed, c);
    const normed<SubNorm> out{mixed, p.sub_norm.values.data(), w.settings.norm_eps};
    using last = typename S::output;
    apply<last>(p.output, quantize_for<last>(p.output, out, w.quantized, w.run), y, w.run);
  }

 private:
  static void normalize_heads(span2d<float> x, const parameter_vector& gains,
                              const workspace& w) noexcept {
    if constexpr (!HeadNorm::is_identity)
      for (std::size_t t = 0; t < x.rows; ++t)
        for (std::size_t i = 0; i < x.cols; i += w.sizes.head_dim)
          HeadNorm::apply(&x(t, i), gains.values.data(), &x(t, i), w.sizes.head_dim,
                          w.settings.norm_eps);
  }

  static void turn_and_store(span2d<float> q, span2d<float> k, span2d<float> v,
                             forward_context& c) noexcept {
    const shape& s = c.work.sizes;
    const kv_functions with = functions_for<typename S::backend>(c.cache.format());
    const auto turn = [&](std::size_t first, std::size_t last) noexcept {
      for (std::size_t t = first; t < last; ++t) {
        const float* cosines = c.work.angles.cosines(t);
        const float* sines = c.work.angles.sines(t);
        turn_heads<Pairing, typename S::backend>(&q(t, 0), s.heads, cosines, sines, s.head_dim);
        turn_heads<Pairing, typename S::backend>(&k(t, 0), s.kv_heads, cosines, sines, s.head_dim);
        const token_slot& slot = c.slots[t];
        c.cache.store(slot.sequence, c.layer, slot.position, &k(t, 0), &v(t, 0), with);
      }
    };
    c.work.run.parallel_for(q.rows, detail::token_grain(q.cols), turn);
  }

  static void mix(span2d<const float> q, span2d<float> out, forward_context& c) noexcept {
    attend(q, out, functions_for<typename S::backend>(c.cache.format()), c);
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
