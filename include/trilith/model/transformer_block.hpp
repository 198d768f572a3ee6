#ifndef TRILITH_MODEL_TRANSFORMER_BLOCK_HPP
#define TRILITH_MODEL_TRANSFORMER_BLOCK_HPP

#include <trilith/layers/attention.hpp>
#include <trilith/layers/gated_ffn.hpp>

namespace trilith::inline TRILITH_ABI {

/// Satisfied by attention<...>, gated_ffn<...> and layers of a user's own: a description,
/// parameters for any realisation, and forward(parameters, x, y, context).
template <class T>
concept Layer = std::same_as<typename T::policy_kind, layer_kind> && requires {
  { T::name() } -> std::convertible_to<std::string>;
};

template <class AttentionParameters, class FfnParameters>
struct block_parameters {
  parameter_vector attention_norm;
  AttentionParameters attention;
  parameter_vector ffn_norm;
  FfnParameters ffn;
};

/// h += attention(norm(h));  h += ffn(norm(h))
///
/// The pre-norm block of LLaMA and of the BitNet family.
///
///     using block = transformer_block<rms_norm<>, attention<ternary, sub_norm<>>,
///                                     gated_ffn<ternary, relu_squared, sub_norm<>>>;
template <Norm N, Layer Attention, Layer Ffn>
struct transformer_block {
  using policy_kind = block_kind;
  using attention_layer = Attention;
  using ffn_layer = Ffn;
  template <class Backend>
  using with_backend = transformer_block<N, typename Attention::template with_backend<Backend>,
                                         typename Ffn::template with_backend<Backend>>;
  template <class Realisation>
  using parameters = block_parameters<typename Attention::template parameters<Realisation>,
                                      typename Ffn::template parameters<Realisation>>;

  [[nodiscard]] static constexpr auto description() {
    return fields::hana::make_basic_tuple(
        fields::gains<N::has_gain>(
            "attention_norm", [](auto& p) -> auto& { return p.attention_norm; }, axis::dim),
        fields::part<Attention>("attention", [](auto& p) -> auto& { return p.attention; }),
        fields::gains<N::has_gain>(
            "ffn_norm", [](auto& p) -> auto& { return p.ffn_norm; }, axis::dim),
        fields::part<Ffn>("ffn", [](auto& p) -> auto& { return p.ffn; }));
  }

  [[nodiscard]] static std::string name() {
    return join("transformer_block<", N::name, ",", Attention::name(), ",", Ffn::name(), ">");
  }

  /// h: [T, D], updated in place.
  template <class Parameters>
  static void forward(const Parameters& p, span2d<float> h, forward_context& c) noexcept {
    add_layer<Attention>(p.attention, p.attention_norm, h, c);
    add_layer<Ffn>(p.ffn, p.ffn_norm, h, c);
  }

 private:
  /// h += Sub(norm(h))
  template <class Sub, class Parameters>
  static void add_layer(const Parameters& p, const parameter_vector& gains, span2d<float> h,
                        forward_context& c) noexcept {
    workspace& w = c.work;
    const auto x = w.normed.rows(h.rows).columns(h.cols);
    const auto y = w.projected.rows(h.rows);
    normalize<N>(h, gains.values.data(), x, w.settings.norm_eps, w.run);
    Sub::forward(p, x, y, c);
    for (std::size_t t = 0; t < h.rows; ++t) add(&h(t, 0), &y(t, 0), h.cols);
  }
};

template <class T>
concept Block = std::same_as<typename T::policy_kind, block_kind> && requires {
  { T::name() } -> std::convertible_to<std::string>;
};

}  // namespace trilith::inline TRILITH_ABI

#endif
