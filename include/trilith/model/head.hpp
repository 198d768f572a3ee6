#ifndef TRILITH_MODEL_HEAD_HPP
#define TRILITH_MODEL_HEAD_HPP

#include <trilith/activations/plain.hpp>
#include <trilith/backends/automatic.hpp>
#include <trilith/layers/scheme.hpp>

namespace trilith::inline TRILITH_ABI {

/// logits = E h with the embedding itself as the head's matrix.
///
/// @tparam W  weights of the embedding: f32, f16, bf16, int8<>
/// @tparam A  the hidden state's numbers; activations::int8<> with weights::int8<> makes the
///            largest product of a small model an integer one
template <weights::Weights W, activations::Activations A = activations::f32,
          backends::Backend B = backends::automatic>
struct tied_head {
  using policy_kind = head_kind;
  using scheme = trilith::scheme<W, A, B>;
  using embedding_weights = W;
  static constexpr bool is_tied = true;
  template <class Other>
  using with_backend = tied_head<W, A, Other>;
  [[nodiscard]] static std::string name() { return join("tied_head<", scheme::name(), ">"); }
};

/// logits = W h with a matrix of its own; the embedding is stored as EmbeddingWeights.
template <weights::Weights W, weights::Weights EmbeddingWeights = W,
          activations::Activations A = activations::f32, backends::Backend B = backends::automatic>
struct separate_head {
  using policy_kind = head_kind;
  using scheme = trilith::scheme<W, A, B>;
  using embedding_weights = EmbeddingWeights;
  static constexpr bool is_tied = false;
  template <class Other>
  using with_backend = separate_head<W, EmbeddingWeights, A, Other>;
  [[nodiscard]] static std::string name() {
    return join("separate_head<", scheme::name(), ",", EmbeddingWeights::name, ">");
  }
};

template <class T>
concept Head =
    std::same_as<typename T::policy_kind, head_kind> && Scheme<typename T::scheme> && requires {
      typename T::embedding_weights;
      { T::is_tied } -> std::convertible_to<bool>;
    };

}  // namespace trilith::inline TRILITH_ABI

#endif
