#ifndef TRILITH_MODEL_PRESETS_HPP
#define TRILITH_MODEL_PRESETS_HPP

#include <trilith/activations/hadamard.hpp>
#include <trilith/activations/int4.hpp>
#include <trilith/activations/int8.hpp>
#include <trilith/activations/top_k.hpp>
#include <trilith/model/realisation.hpp>
#include <trilith/weights/binary.hpp>
#include <trilith/weights/int8.hpp>
#include <trilith/weights/ternary.hpp>

/// Blueprints of published models. Aliases only: each can be written by hand with the same parts.
namespace trilith::inline TRILITH_ABI::presets {

/// Binary weights, int8 activations. @see arXiv 2310.11453
using b1_scheme = scheme<weights::binary<>, activations::int8<>, backends::automatic>;
/// Ternary weights, int8 activations. @see arXiv 2402.17764
using b1_58_scheme = scheme<weights::ternary<>, activations::int8<>, backends::automatic>;
using f32_scheme = scheme<weights::f32, activations::f32, backends::automatic>;

/// The embedding, and with it the head, as int8 codes with a scale a row, met by int8 activations:
/// half the bytes of bf16, read once a token, at a cost in perplexity that docs/performance.md has
/// ("Narrower heads and caches"). No published model was trained so: loading a file as a blueprint
/// with this head quantises its embedding.
using int8_head = tied_head<weights::int8<>, activations::int8<>>;

/// BitNet b1: a norm without parameters in front of every product (the paper's SubLN). The paper
/// gives the quantisation; the skeleton around it is this library's LLaMA-like one.
template <shape S = shape{}>
using b1 = decoder<transformer_block<layer_norm, attention<b1_scheme, layer_norm>,
                                     gated_ffn<b1_scheme, silu, layer_norm>>,
                   tied_head<weights::f16>, fixed<S>>;

/// BitNet b1.58 with SiLU and sub-norms: the published reproductions of 700M, 1.3B and 3B.
/// @tparam H  the head: f16, or int8_head
template <shape S = shape{}, Head H = tied_head<weights::f16>>
using b1_58 = decoder<transformer_block<rms_norm<>, attention<b1_58_scheme, sub_norm<>>,
                                        gated_ffn<b1_58_scheme, silu, sub_norm<>>>,
                      H, fixed<S>>;

inline constexpr shape b1_58_700m_shape{.dim = 1536,
                                        .ffn_dim = 4096,
                                        .layers = 24,
                                        .heads = 16,
                                        .kv_heads = 16,
                                        .head_dim = 96,
                                        .vocab = 32002,
                                        .context = 2048};
inline constexpr shape b1_58_1_3b_shape{.dim = 2048,
                                        .ffn_dim = 5460,
                                        .layers = 24,
                                        .heads = 32,
                                        .kv_heads = 32,
                                        .head_dim = 64,
                                        .vocab = 32002,
                                        .context = 2048};
inline constexpr shape b1_58_3b_shape{.dim = 3200,
                                      .ffn_dim = 8640,
                                      .layers = 26,
                                      .heads = 32,
                                      .kv_heads = 32,
                                      .head_dim = 100,
                                      .vocab = 32002,
                                      .context = 2048};
using b1_58_700m = b1_58<b1_58_700m_shape>;
using b1_58_1_3b = b1_58<b1_58_1_3b_shape>;
using b1_58_3b = b1_58<b1_58_3b_shape>;

/// BitNet b1.58 2B4T: squared ReLU, grouped-query attention, sub-norms. settings:
/// bitnet_2b4t_settings.
/// @tparam H  the head: bf16 as in the published files, or int8_head
/// @see arXiv 2504.12285
template <shape S = shape{}, Head H = tied_head<weights::bf16>>
using b1_58_relu = decoder<transformer_block<rms_norm<>, attention<b1_58_scheme, sub_norm<>>,
                                             gated_ffn<b1_58_scheme, relu_squared, sub_norm<>>>,
                           H, fixed<S>>;

inline constexpr shape bitnet_2b4t_shape{.dim = 2560,
                                         .ffn_dim = 6912,
                                         .layers = 30,
                                         .heads = 20,
                                         .kv_heads = 5,
                                         .head_dim = 128,
                                         .vocab = 128256,
                                         .context = 4096};
inline constexpr settings bitnet_2b4t_settings{.norm_eps = 1e-5f, .rope_theta = 500000.f};
using bitnet_b1_58_2b4t = b1_58_relu<bitnet_2b4t_shape>;
/// The same in 0.75 GB instead of 1.07, packed in base3.
using bitnet_b1_58_2b4t_int8 = b1_58_relu<bitnet_2b4t_shape, int8_head>;

/// BitNet a4.8: int4 into the first projections, the larger half of the activations as int8 into
/// attention's output, int8 into the down projection, whose inputs squared ReLU leaves mostly zero.
/// Trained with int8 first (b1_58_relu), then adopted by this blueprint for the last steps.
/// @see arXiv 2411.04965
using a4_8_scheme = b1_58_scheme::with_activations<activations::int4<>>;
template <shape S = shape{}, Head H = int8_head>
using a4_8 =
    decoder<transformer_block<
                rms_norm<>, attention<a4_8_scheme::with_output<activations::top_k<50>>, sub_norm<>>,
                gated_ffn<a4_8_scheme::with_output<activations::int8<>>, relu_squared, sub_norm<>>>,
            H, fixed<S>>;

/// BitNet v2: a Hadamard rotation in front of the output and down projections (H-BitLinear), so
/// that four bits do everywhere. @tparam A  int8<> in the first stage of training, then int4<>
/// @see arXiv 2504.18415
template <activations::Activations A = activations::int4<>>
using v2_scheme =
    typename b1_58_scheme::with_activations<A>::template with_output<activations::hadamard<A>>;
template <activations::Activations A = activations::int4<>, shape S = shape{}, Head H = int8_head>
using v2 = decoder<transformer_block<rms_norm<>, attention<v2_scheme<A>, sub_norm<>>,
                                     gated_ffn<v2_scheme<A>, silu, sub_norm<>>>,
                   H, fixed<S>>;

/// The 7B-shaped configuration that introductions to BitNet print: SiLU, one head of its own.
/// settings: seed_settings.
inline constexpr shape seed_shape{.dim = 4096,
                                  .ffn_dim = 11008,
                                  .layers = 32,
                                  .heads = 32,
                                  .kv_heads = 32,
                                  .head_dim = 128,
                                  .vocab = 32000,
                                  .context = 2048};
inline constexpr settings seed_settings{.norm_eps = 1e-6f, .rope_theta = 10000.f};
using b1_58_seed = decoder<transformer_block<rms_norm<>, attention<b1_58_scheme, sub_norm<>>,
                                             gated_ffn<b1_58_scheme, silu, sub_norm<>>>,
                           separate_head<weights::f16>, fixed<seed_shape>>;

/// LLaMA in full precision, for comparison and conversion.
/// @tparam Pairing  rotary::interleaved for llama2.c's files, rotary::half_split for Hugging Face's
template <Rotary Pairing = rotary::half_split, Head H = tied_head<weights::f32>, shape S = shape{}>
using llama_f32 = decoder<transformer_block<rms_norm<>, attention<f32_scheme, no_norm, Pairing>,
                                            gated_ffn<f32_scheme, silu>>,
                          H, fixed<S>>;

}  // namespace trilith::inline TRILITH_ABI::presets

#endif
