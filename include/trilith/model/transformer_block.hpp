#ifndef TRILITH_MODEL_TRANSFORMER_BLOCK_HPP
#define TRILITH_MODEL_TRANSFORMER_BLOCK_HPP

#include <trilith/layers/attention.hpp>
#include <trilith/layers/gated_ffn.hpp>

namespace trilith::inline TRILITH_ABI {

/// Satisfied by attention<...>, gated_ffn<...> and layers of a user's own: a description,
/// parameters for any realisation, and forward(parameters, x, y, context), where x is a
/// span2d<const float> of normalised rows, or a normed<N> of rows that the layer normalises itself.
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

namespace detail {
/// A realisation without storage, by which parameters are compared.
struct weights_alone {
  template <class W>
  struct matrix {};
};

template <class L>
struct layer_backend {
  using type = void;
};
template <class L>
  requires requires { typename L::scheme::backend; }
struct layer_backend<L> {
  using type = typename L::scheme::backend;
};
/// The backend of a layer's scheme; void for a layer without one.
template <class L>
using backend_of = typename layer_backend<L>::type;
}  // namespace detail

/// h += y, both [T, n], with the row kernels if backend B has some.
template <class B>
void add_rows(span2d<float> h, span2d<const float> y, const executor& run) noexcept {
  run.parallel_for(h.rows, detail::token_grain(h.cols),
                   [&](std::size_t first, std::size_t last) noexcept {
                     for (std::size_t t = first; t < last; ++t)
                       if constexpr (backends::uses_kernels<B>)
                         simd::rows().add(&h(t, 0), &y(t, 0), h.cols);
                       else
                         add(&h(t, 0), &y(t, 0), h.cols);
                   });
}

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
    const auto y = w.projected.rows(h.rows);
    const normed<N> x{h, gains.values.data(), w.settings.norm_eps};
    if constexpr (requires { Sub::forward(p, x, y, c); }) {
      Sub::forward(p, x, y, c);
    } else {
      const auto rows = w.normed.rows(h.rows).columns(h.cols);
      normalize<N>(h, x.gains, rows, x.eps, w.run);
      Sub::forward(p, rows, y, c);
    }
    add_rows<detail::backend_of<Sub>>(h, y, w.run);
  }
};

template <class T>
concept Block = std::same_as<typename T::policy_kind, block_kind> && requires {
  { T::name() } -> std::convertible_to<std::string>;
};

}  // namespace trilith::inline TRILITH_ABI

#endif
