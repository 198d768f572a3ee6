#ifndef TRILITH_MODEL_STAGED_BLOCK_HPP
#define TRILITH_MODEL_STAGED_BLOCK_HPP

#include <trilith/model/edged_block.hpp>

namespace trilith::inline TRILITH_ABI {

/// A block that trains as First, then as Last: with int8 activations, say, and then with int4, over
/// the same weights and the optimiser's same states. train_options::last_stage says when. What runs
/// is Last; adopt() makes a model without stages of it:
///
///     using block = staged_block<block_of<ternary>, block_of<a4_8>>;
///     ...
///     auto done = tl::adopt<tl::latent<decoder<block_of<a4_8>, head>>>(model);
///
/// @see arXiv 2411.04965 (BitNet a4.8), section 2.3: two-stage training
template <Block First, Block Last>
struct staged_block {
  template <class Realisation>
  using parameters = typename Last::template parameters<Realisation>;
  static_assert(detail::have_same_parameters<First, Last>,
                "trilith::staged_block<First, Last>: both blocks need the same weights and layers; "
                "they may differ in activations, backends and gates (docs/errors.md).");
  using policy_kind = block_kind;
  using attention_layer = typename Last::attention_layer;
  using ffn_layer = typename Last::ffn_layer;
  using first = First;
  using last = Last;
  template <class Backend>
  using with_backend = staged_block<typename First::template with_backend<Backend>,
                                    typename Last::template with_backend<Backend>>;

  [[nodiscard]] static constexpr auto description() { return Last::description(); }
  [[nodiscard]] static std::string name() {
    return join("staged_block<", First::name(), ",", Last::name(), ">");
  }

  /// h: [T, D], updated in place.
  template <class Parameters>
  static void forward(const Parameters& p, span2d<float> h, forward_context& c) noexcept {
    Last::forward(p, h, c);
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
