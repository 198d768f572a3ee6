#ifndef TRILITH_SWEEP_PLACEMENT_HPP
#define TRILITH_SWEEP_PLACEMENT_HPP

#include <trilith/layers/scheme.hpp>

/// Where in a model the scheme of a point goes, and what the rest of it has.
namespace trilith::inline TRILITH_ABI::placement {

/// attention<S>, ffn<S>: the schemes of inner blocks; edge_attention<S>, edge_ffn<S>: those of the
/// first and the last block.
template <class T>
concept Placement = PolicyOf<T, placement_kind>;

/// In all blocks.
struct everywhere {
  using policy_kind = placement_kind;
  static constexpr std::string_view name = "everywhere";
  template <Scheme S>
  using attention = S;
  template <Scheme S>
  using ffn = S;
  template <Scheme S>
  using edge_attention = S;
  template <Scheme S>
  using edge_ffn = S;
};

/// In attention alone; feed-forward networks have scheme Rest.
template <Scheme Rest>
struct attention_only {
  using policy_kind = placement_kind;
  static constexpr std::string_view name = "attention_only";
  template <Scheme S>
  using attention = S;
  template <Scheme S>
  using ffn = Rest;
  template <Scheme S>
  using edge_attention = S;
  template <Scheme S>
  using edge_ffn = Rest;
};

/// In feed-forward networks alone; attention has scheme Rest.
template <Scheme Rest>
struct ffn_only {
  using policy_kind = placement_kind;
  static constexpr std::string_view name = "ffn_only";
  template <Scheme S>
  using attention = Rest;
  template <Scheme S>
  using ffn = S;
  template <Scheme S>
  using edge_attention = Rest;
  template <Scheme S>
  using edge_ffn = S;
};

/// In all blocks but the first and the last, which take activations as Rest has them.
template <activations::Activations Rest>
struct inner_only : everywhere {
  static constexpr std::string_view name = "inner_only";
  template <Scheme S>
  using edge_attention = typename S::template with_activations<Rest>;
  template <Scheme S>
  using edge_ffn = typename S::template with_activations<Rest>;
};

}  // namespace trilith::inline TRILITH_ABI::placement

#endif
