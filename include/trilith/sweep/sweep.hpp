#ifndef TRILITH_SWEEP_SWEEP_HPP
#define TRILITH_SWEEP_SWEEP_HPP

#include <trilith/backends/automatic.hpp>
#include <trilith/kv/f32.hpp>
#include <trilith/sweep/axes.hpp>
#include <trilith/sweep/point.hpp>
#include <trilith/sweep/sweep_table.hpp>

namespace trilith::inline TRILITH_ABI {

namespace detail {

template <class Kind, auto... Lists>
inline constexpr bool has_list =
    !std::is_void_v<typename axes::find<Kind, void, axes::types_of<Lists>...>::type>;

/// The lists of a sweep, by family.
template <auto... Lists>
struct sweep_lists {
  template <class Kind, class Default>
  using of = typename axes::find<Kind, axes::types<Default>, axes::types_of<Lists>...>::type;
  static_assert(has_list<weights_kind, Lists...> && has_list<activations_kind, Lists...>,
                "trilith::sweep<...> needs a list of weights and one of activations, such as "
                "hana::tuple_t<weights::ternary<>> (docs/errors.md).");
  using weights = of<weights_kind, void>;
  using scales = of<scale_kind, axes::own_scale>;
  using activations = of<activations_kind, void>;
  using kvs = of<kv_kind, kv::f32>;
  using backends = of<backend_kind, trilith::backends::automatic>;
  using placements = of<placement_kind, placement::everywhere>;
  static constexpr std::size_t size = weights::size * scales::size * activations::size * kvs::size *
                                      backends::size * placements::size;
};

template <class... Ts, class F>
constexpr void for_each_type(axes::types<Ts...>, const F& f) {
  (f.template operator()<Ts>(), ...);
}

/// What is to be known of a point without its shape.
template <class Point>
[[nodiscard]] sweep_row row_of(std::string obstacle) {
  sweep_row row;
  row.weights = Point::weights::name;
  row.activations = Point::activations::name;
  row.output_activations = Point::scheme::output::activations::name;
  row.kv = Point::kv::name;
  row.backend = Point::backend::name;
  row.placement = Point::placement::name;
  row.activation_bits = Point::activations::bits;
  if constexpr (Point::kernel::is_supported)
    row.kernel = join(Point::kernel::backend::name, ": ", Point::kernel::format::name, " x ",
                      std::is_same_v<typename Point::kernel::element, float> ? "f32" : "int8");
  row.obstacle = std::move(obstacle);
  if (row.obstacle.empty()) row.obstacle = Point::obstacle();
  return row;
}

/// visit.operator()<Point, whether there may be such a model>(why not)
template <class Lists, class Visit>
void visit_points(const Visit& visit) {
  for_each_type(typename Lists::weights{}, [&]<class W>() {
    for_each_type(typename Lists::scales{}, [&]<class G>() {
      for_each_type(typename Lists::activations{}, [&]<class A>() {
        for_each_type(typename Lists::kvs{}, [&]<class K>() {
          for_each_type(typename Lists::backends{}, [&]<class B>() {
            for_each_type(typename Lists::placements{}, [&]<class P>() {
              using scaled = axes::scaled<W, G>;
              using point = sweep_point<scheme<typename scaled::type, A, B>, K, P>;
              if constexpr (scaled::is_possible)
                visit.template operator()<point, point::kernel::is_supported>(std::string());
              else
                visit.template operator()<point, false>(
                    join("weights::", W::name, " has no scales to make ", G::name, "."));
            });
          });
        });
      });
    });
  });
}

}  // namespace detail

/// How many points sweep<Lists...> has, those without a model included.
template <auto... Lists>
inline constexpr std::size_t sweep_size = detail::sweep_lists<Lists...>::size;

/// Calls f(point) for every combination of the lists' types; see sweep_point. Combinations that no
/// model has are skipped, and their row says why. Rows are in the order of the lists, the last
/// running fastest: weights, scales, activations, kv, backends, placements.
///
///     const auto table =
///         tl::sweep<hana::tuple_t<weights::binary<>, weights::ternary<>>,
///                   hana::tuple_t<activations::int8<>, activations::int4<>>>([&](auto point) {
///           return tl::sweep_figures().add("bits a byte", measure<decltype(point)>());
///         });
///
/// @tparam Lists  hana::tuple_t<...> of weights, scales, activations, kv, backends, placements, in
///                any order; weights and activations must be there
/// @param f       returns sweep_figures; may take the row too, f(point, row), and fill in what
///                depends on the shape (fill_sizes())
/// Cost: f is compiled once for each point.
template <auto... Lists, class F>
[[nodiscard]] sweep_table sweep(const F& f) {
  sweep_table table;
  detail::visit_points<detail::sweep_lists<Lists...>>(
      [&]<class Point, bool IsPossible>(std::string obstacle) {
        sweep_row row = detail::row_of<Point>(std::move(obstacle));
        sweep_figures found;
        if constexpr (IsPossible) {
          if constexpr (requires { f(Point{}, row); })
            found = f(Point{}, row);
          else
            found = f(Point{});
        }
        table.add(std::move(row), found);
      });
  return table;
}

/// The columns of a row that depend on blueprint B, packing P, formats of keys and values, and a
/// shape.
template <class B, kv::Format Kv, class P = packing::preferred>
void fill_sizes(sweep_row& row, const shape& s) {
  row.weight_bits = bits_a_weight<B, P>(s);
  row.bytes = packed_bytes<B, P>(s);
  row.kv_bytes = kv_bytes_a_token<Kv>(s);
}

}  // namespace trilith::inline TRILITH_ABI

#endif
