#ifndef TRILITH_IO_FAMILIES_HPP
#define TRILITH_IO_FAMILIES_HPP

#include <trilith/io/source.hpp>
#include <trilith/model/presets.hpp>

/// The blueprints of published models, which io::load(path) chooses among. One source of truth: a
/// blueprint that is added here loads, runs, converts and chats.
namespace trilith::inline TRILITH_ABI::families {

using presets::b1_58_scheme;

/// BitNet 2B4T and the models of 1bitLLM: sub-norms, the embedding as the head.
/// @tparam G  relu_squared (2B4T) or silu (1bitLLM)
template <Gate G, weights::Weights Embedding>
using bitnet = decoder<transformer_block<rms_norm<>, attention<b1_58_scheme, sub_norm<>>,
                                         gated_ffn<b1_58_scheme, G, sub_norm<>>>,
                       tied_head<Embedding>>;

/// A LLaMA whose projections are BitLinear: Llama3-8B-1.58, Falcon3-1.58bit, Falcon-E. Files whose
/// head is the embedding load too: both matrices are then the same memory.
template <weights::Weights Embedding>
using llama_bitlinear =
    decoder<transformer_block<rms_norm<>, attention<b1_58_scheme>, gated_ffn<b1_58_scheme, silu>>,
            separate_head<Embedding>>;

/// A LLaMA in full precision, weights and activations as floats.
template <weights::Weights W>
using dense_scheme = scheme<W, activations::f32, backends::automatic>;
template <weights::Weights W>
using llama = decoder<
    transformer_block<rms_norm<>, attention<dense_scheme<W>>, gated_ffn<dense_scheme<W>, silu>>,
    separate_head<W>>;

/// Qwen3 whose weights are codes with a scale for each group of a row, end to end: Bonsai.
/// Activations stay floats, as in training.
/// @tparam W          weights::binary<scale::per_group<128>> or ternary ones by groups of 64
/// @tparam Embedding  the same, or f16 where the file keeps it so
template <weights::Weights W, weights::Weights Embedding = W>
using qwen3 =
    decoder<transformer_block<rms_norm<>,
                              attention<dense_scheme<W>, no_norm, rotary::half_split, rms_norm<>>,
                              gated_ffn<dense_scheme<W>, silu>>,
            separate_head<Embedding>>;

using binary_128 = weights::binary<scale::per_group<128>>;
using ternary_64 = weights::ternary<rules::absmean, scale::per_group<64>>;

/// Whether the weights W are what the file's embedding can become without a loss; floats of blocks
/// become f16.
template <weights::Weights W>
[[nodiscard]] constexpr bool stores(io::encoding how) noexcept {
  using io::encoding;
  if constexpr (std::same_as<W, weights::f32>)
    return how == encoding::f32;
  else if constexpr (std::same_as<W, weights::bf16>)
    return how == encoding::bf16;
  else if constexpr (std::same_as<W, weights::f16>)
    return how == encoding::f16 || how == encoding::q8_0 || how == encoding::q6_k;
  else if constexpr (std::same_as<W, binary_128>)
    return how == encoding::q1_0;
  else
    return how == encoding::q2_0;
}

/// Weights of a row that share a scale; 0: all of the matrix.
template <weights::CodedWeights W>
[[nodiscard]] constexpr std::size_t group_of() noexcept {
  constexpr std::size_t wide = std::size_t{1} << 20;
  const std::size_t group = W::granularity::group(wide);
  return group == wide ? 0 : group;
}

template <weights::Weights W>
[[nodiscard]] constexpr bool has_weights(const io::source_facts& f) noexcept {
  if constexpr (weights::PlainWeights<W>)
    return f.weights == io::weight_family::plain;
  else
    return f.weights ==
               (W::code_step == 2 ? io::weight_family::binary : io::weight_family::ternary) &&
           f.group == group_of<W>();
}

/// Whether blueprint B is the one that the file's facts describe.
template <Decoder B>
[[nodiscard]] constexpr bool matches(const io::source_facts& f) noexcept {
  using layer = typename B::block::attention_layer;
  return f.has_sub_norms == layer::output_norm::has_gain &&
         f.has_head_norms == layer::head_norm::has_gain &&
         f.gate == B::block::ffn_layer::gate_function::name &&
         (!f.has_separate_head || !B::head::is_tied) &&
         has_weights<typename layer::scheme::weights>(f) &&
         stores<typename B::head::embedding_weights>(f.embedding);
}

}  // namespace trilith::inline TRILITH_ABI::families

#endif
