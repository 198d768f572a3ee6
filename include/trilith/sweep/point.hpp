#ifndef TRILITH_SWEEP_POINT_HPP
#define TRILITH_SWEEP_POINT_HPP

#include <trilith/sweep/placement.hpp>
#include <trilith/sweep/static_facts.hpp>

namespace trilith::inline TRILITH_ABI {

/// One combination of a sweep, as a type: what its callable is given.
///
///     [](auto point) {
///       using p = decltype(point);
///       using attends = tl::attention<typename p::attention_scheme, tl::sub_norm<>>;
///       ...
///     }
template <Scheme S, kv::Format Kv, placement::Placement Place>
struct sweep_point {
  using scheme = S;
  using weights = typename S::weights;
  using activations = typename S::activations;
  using backend = typename S::backend;
  using kv = Kv;
  using placement = Place;
  using attention_scheme = typename Place::template attention<S>;
  using ffn_scheme = typename Place::template ffn<S>;
  using edge_attention_scheme = typename Place::template edge_attention<S>;
  using edge_ffn_scheme = typename Place::template edge_ffn<S>;
  using kernel = kernel_of<S>;

  static constexpr bool has_edges = !std::is_same_v<attention_scheme, edge_attention_scheme> ||
                                    !std::is_same_v<ffn_scheme, edge_ffn_scheme>;

  /// Why there is no such model; empty where there is one.
  [[nodiscard]] static std::string obstacle() {
    if constexpr (!kernel::is_supported)
      return join("backends::", backend::name, " has no kernel for ", kernel::format::name, " x ",
                  activations::name, "; use backends::automatic or backends::portable.");
    else
      return {};
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
