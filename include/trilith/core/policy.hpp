#ifndef TRILITH_CORE_POLICY_HPP
#define TRILITH_CORE_POLICY_HPP

#include <concepts>
#include <string_view>

namespace trilith {

/// The family markers. A policy says which family it belongs to in its first line,
/// `using policy_kind = trilith::weights_kind;`, and every family's concept asks for that first: so
/// a policy in the wrong place is one clear line in the compiler's output.
struct weights_kind {};
struct scale_kind {};
struct rule_kind {};
struct rounding_kind {};
struct packing_kind {};
struct layout_kind {};
struct activations_kind {};
struct kv_kind {};
struct backend_kind {};
struct norm_kind {};
struct rotary_kind {};
struct gate_kind {};
struct head_kind {};
struct layer_kind {};
struct block_kind {};
struct decoder_kind {};
struct optimiser_kind {};
struct gradient_filter_kind {};
struct update_scaling_kind {};
struct schedule_kind {};
struct straight_through_kind {};
struct placement_kind {};

/// Satisfied by empty types that carry Kind as their family and a name.
template <class T, class Kind>
concept PolicyOf = std::same_as<typename T::policy_kind, Kind> && requires {
  { T::name } -> std::convertible_to<std::string_view>;
};

}  // namespace trilith

#endif
