#ifndef TRILITH_MODEL_DECODER_HPP
#define TRILITH_MODEL_DECODER_HPP

#include <trilith/model/head.hpp>
#include <trilith/model/transformer_block.hpp>

#include <vector>

namespace trilith::inline TRILITH_ABI {

/// Sizes fixed at compile time; a size left at 0 is read from the file. A file that disagrees with
/// a fixed size is an error that names both.
template <shape S>
struct fixed {
  static constexpr shape sizes = S;
};
/// All sizes are read from the file.
using from_file = fixed<shape{}>;

template <class T>
concept ShapeSource = requires {
  { T::sizes } -> std::convertible_to<shape>;
};

template <class EmbeddingMatrix, class BlockParameters, class HeadMatrix>
struct decoder_parameters {
  EmbeddingMatrix embedding;  ///< [V, D]
  std::vector<BlockParameters> blocks;
  parameter_vector final_norm;
  HeadMatrix head;  ///< [V, D]; empty where it is tied
};

/// The blueprint of a language model: embedding, `layers` equal blocks, norm, head. A type without
/// storage; packed<B>, dense<B> and latent<B> give it some.
///
///     using bitnet = decoder<block, tied_head<weights::bf16>>;
///
/// @tparam B          transformer_block<...>
/// @tparam H          tied_head<...> or separate_head<...>
/// @tparam S          fixed<shape{...}> or from_file
/// @tparam FinalNorm  the norm in front of the head
template <Block B, Head H, ShapeSource S = from_file, Norm FinalNorm = rms_norm<>>
struct decoder {
  using policy_kind = decoder_kind;
  using block = B;
  using head = H;
  static constexpr shape sizes = S::sizes;
  template <class Backend>
  using with_backend = decoder<typename B::template with_backend<Backend>,
                               typename H::template with_backend<Backend>, S, FinalNorm>;
  template <class Realisation>
  using parameters =
      decoder_parameters<typename Realisation::template matrix<typename H::embedding_weights>,
                         typename B::template parameters<Realisation>,
                         typename Realisation::template matrix<typename H::scheme::weights>>;

  [[nodiscard]] static constexpr auto description() {
    return fields::hana::make_basic_tuple(
        fields::matrix<typename H::embedding_weights>(
            "embedding", [](auto& p) -> auto& { return p.embedding; }, axis::vocab, axis::dim,
            fields::shard::rows),
        fields::layers<B>("blocks", [](auto& p) -> auto& { return p.blocks; }),
        fields::gains<FinalNorm::has_gain>(
            "final_norm", [](auto& p) -> auto& { return p.final_norm; }, axis::dim),
        fields::matrix<typename H::scheme::weights, !H::is_tied>(
            "head", [](auto& p) -> auto& { return p.head; }, axis::vocab, axis::dim,
            fields::shard::rows));
  }

  [[nodiscard]] static std::string name() {
    return join("decoder<", B::name(), ",", H::name(), ",", FinalNorm::name, ">");
  }

  /// The hidden states of all slots after the last block, before the final norm: [T, D], in
  /// work.residual. At most work.most_tokens slots; tokens below V, positions below the context.
  template <class Parameters>
  static span2d<float> forward(const Parameters& p, std::span<const token_slot> slots,
                               workspace& work, kv_cache& cache) noexcept {
    TRILITH_PRECONDITION(slots.size() <= work.most_tokens,
                         "a forward pass was given more tokens than its workspace holds.");
    const auto h = work.residual.rows(slots.size());
    for (std::size_t t = 0; t < slots.size(); ++t) {
      work.angles.set(t, slots[t].position);
      decode_row(p.embedding, static_cast<std::size_t>(slots[t].token), &h(t, 0));
    }
    forward_context context{work, cache, slots};
    for (; context.layer < p.blocks.size(); ++context.layer)
      B::forward(p.blocks[context.layer], h, context);
    return h;
  }

  /// logits: [T, V] of hidden states h: [T, D]
  template <class Parameters>
  static void logits(const Parameters& p, span2d<const float> h, span2d<float> out,
                     workspace& work) noexcept {
    const normed<FinalNorm> x{h, p.final_norm.values.data(), work.settings.norm_eps};
    if constexpr (H::is_tied)
      project(p.embedding, x, out, work);
    else
      project(p.head, x, out, work);
  }

 private:
  template <class M>
  static void project(const M& w, const normed<FinalNorm>& x, span2d<float> out,
                      workspace& work) noexcept {
    using head_scheme = typename H::scheme;
    apply<head_scheme>(w, quantize_for<head_scheme>(w, x, work.quantized, work.run), out, work.run);
  }
};

template <class T>
concept Decoder = std::same_as<typename T::policy_kind, decoder_kind>;

/// Parameters of a blueprint whose shape is fixed; every size must be given.
template <Decoder B>
inline constexpr std::size_t parameter_count =
    fields::count_if<B>(B::sizes, [](const auto&) { return true; });

/// Parameters that are integer codes, such as ternary weights.
template <Decoder B>
inline constexpr std::size_t coded_parameter_count =
    fields::count_if<B>(B::sizes, []<class Field>(const Field&) {
      if constexpr (requires { typename Field::weights; })
        return weights::CodedWeights<typename Field::weights>;
      else
        return false;
    });

}  // namespace trilith::inline TRILITH_ABI

#endif
