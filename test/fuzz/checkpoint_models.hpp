#ifndef TRILITH_TEST_FUZZ_CHECKPOINT_MODELS_HPP
#define TRILITH_TEST_FUZZ_CHECKPOINT_MODELS_HPP

#include "models.hpp"

/// The models whose native checkpoints are fuzzed.
namespace fuzz::models {

template <class W>
using small_scheme = tl::scheme<W, tl::activations::int8<>, tl::backends::portable>;
template <class W, class Head>
using small = tl::decoder<
    tl::transformer_block<tl::rms_norm<>, tl::attention<small_scheme<W>, tl::sub_norm<>>,
                          tl::gated_ffn<small_scheme<W>, tl::silu, tl::sub_norm<>>>,
    Head>;

using small_ternary = small<tl::weights::ternary<>, tl::tied_head<tl::weights::bf16>>;
using small_grouped =
    small<tl::weights::ternary<tl::rules::absmean, tl::scale::per_group<8>>,
          tl::separate_head<tl::weights::int8<>, tl::weights::f16, tl::activations::int8<>>>;
using small_binary =
    small<tl::weights::binary<tl::scale::per_row>, tl::tied_head<tl::weights::f32>>;

using checkpoint_ternary = tl::packed<small_ternary>;
using checkpoint_grouped = tl::packed<small_grouped, tl::packing::base3>;
using checkpoint_binary = tl::packed<small_binary>;
using checkpoint_dense = tl::dense<small_ternary>;

inline constexpr tl::shape small_shape{.dim = 10,
                                       .ffn_dim = 9,
                                       .layers = 1,
                                       .heads = 2,
                                       .kv_heads = 1,
                                       .head_dim = 6,
                                       .vocab = 3,
                                       .context = 4};

}  // namespace fuzz::models

#endif
