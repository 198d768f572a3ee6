#ifndef TRILITH_MODEL_EDGED_BLOCK_HPP
#define TRILITH_MODEL_EDGED_BLOCK_HPP

#include <trilith/model/transformer_block.hpp>

namespace trilith::inline TRILITH_ABI {

namespace detail {
/// Whether one set of parameters serves both blocks.
template <class A, class B>
inline constexpr bool have_same_parameters =
    std::is_same_v<typename A::template parameters<weights_alone>,
                   typename B::template parameters<weights_alone>>;
}  // namespace detail

/// The first and the last block of a decoder as Edge computes, all others as Inner does: with other
/// activations, say, over parameters of the same kind.
///
///     using careful = edged_block<block<ternary::with_activations<activations::int4<>>>,
///                                 block<ternary>>;
///
/// A checkpoint remembers both.
template <Block Inner, Block Edge>
struct edged_block {
  template <class Realisation>
  using parameters = typename Inner::template parameters<Realisation>;
  static_assert(detail::have_same_parameters<Inner, Edge>,
                "trilith::edged_block<Inner, Edge>: both blocks need the same weights and layers; "
                "they may differ in activations, backends and gates (docs/errors.md).");
  using policy_kind = block_kind;
  using attention_layer = typename Inner::attention_layer;
  using ffn_layer = typename Inner::ffn_layer;
  using inner = Inner;
  using edge = Edge;
  template <class Backend>
  using with_backend = edged_block<typename Inner::template with_backend<Backend>,
                                   typename Edge::template with_backend<Backend>>;

  [[nodiscard]] static constexpr auto description() { return Inner::description(); }
  [[nodiscard]] static std::string name() {
    return join("edged_block<", Inner::name(), ",", Edge::name(), ">");
  }
  [[nodiscard]] static constexpr bool is_edge(std::size_t layer, std::size_t layers) noexcept {
    return layer == 0 || layer + 1 == layers;
  }

  /// h: [T, D], updated in place.
  template <class Parameters>
  static void forward(const Parameters& p, span2d<float> h, forward_context& c) noexcept {
    if (is_edge(c.layer, c.work.sizes.layers))
      Edge::forward(p, h, c);
    else
      Inner::forward(p, h, c);
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
