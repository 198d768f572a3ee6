#ifndef TRILITH_SWEEP_AXES_HPP
#define TRILITH_SWEEP_AXES_HPP

#include <trilith/activations/activations.hpp>
#include <trilith/core/policy.hpp>
#include <trilith/weights/scale.hpp>

#include <boost/hana/tuple.hpp>
#include <boost/hana/type.hpp>
#include <boost/hana/unpack.hpp>

/// Lists of types, and which family of policies each is of.
namespace trilith::inline TRILITH_ABI::axes {

namespace hana = boost::hana;

template <class... Ts>
struct types {
  static constexpr std::size_t size = sizeof...(Ts);
};

struct to_types {
  template <class... Ts>
  constexpr types<typename Ts::type...> operator()(Ts...) const noexcept {
    return {};
  }
};
/// types<...> of a hana::tuple_t<...>.
template <auto List>
using types_of = decltype(hana::unpack(List, to_types{}));

template <class List>
struct family;
template <class First, class... Rest>
struct family<types<First, Rest...>> {
  using kind = typename First::policy_kind;
  static_assert((std::is_same_v<kind, typename Rest::policy_kind> && ...),
                "trilith::sweep<...>: each list holds policies of one family: weights, scales, "
                "activations, kv, backends or placements (docs/errors.md).");
};

/// The one of Lists whose policies are of family Kind; Default where there is none.
template <class Kind, class Default, class... Lists>
struct find {
  using type = Default;
};
template <class Kind, class Default, class First, class... Rest>
struct find<Kind, Default, First, Rest...> {
  using type = typename std::conditional_t<std::is_same_v<typename family<First>::kind, Kind>,
                                           find<void, First>, find<Kind, Default, Rest...>>::type;
};

/// "As it is": the only one of a sweep without a list of scales.
struct own_scale {
  using policy_kind = scale_kind;
  static constexpr std::string_view name = "own";
};

/// W with another granularity of scales: W::with_scale<G>, for weights that have some.
template <class W, class G>
struct scaled {
  static constexpr bool is_possible = false;
  using type = W;
};
template <class W, scale::Granularity G>
  requires requires { typename W::template with_scale<G>; }
struct scaled<W, G> {
  static constexpr bool is_possible = true;
  using type = typename W::template with_scale<G>;
};
template <class W>
struct scaled<W, own_scale> {
  static constexpr bool is_possible = true;
  using type = W;
};

}  // namespace trilith::inline TRILITH_ABI::axes

#endif
