// Sweeps over schemes as types: which points there are, what is known of them before there is a
// model, and the forms of the table.

#include <trilith/sweep.hpp>
#include <trilith/trilith.hpp>

#include <algorithm>
#include <vector>

#include "catch.hpp"

namespace tl = trilith;
namespace hana = boost::hana;
namespace act = trilith::activations;
using namespace std::string_literals;

namespace {

constexpr tl::shape sizes{.dim = 64,
                          .ffn_dim = 160,
                          .layers = 3,
                          .heads = 4,
                          .kv_heads = 2,
                          .head_dim = 16,
                          .vocab = 50,
                          .context = 32};

template <class P>
using block = tl::transformer_block<tl::rms_norm<>, tl::attention<typename P::attention_scheme>,
                                    tl::gated_ffn<typename P::ffn_scheme>>;
template <class P>
using edge = tl::transformer_block<tl::rms_norm<>, tl::attention<typename P::edge_attention_scheme>,
                                   tl::gated_ffn<typename P::edge_ffn_scheme>>;
template <class P>
using blueprint = tl::decoder<tl::edged_block<block<P>, edge<P>>, tl::tied_head<tl::weights::f16>>;
using plain = blueprint<
    tl::sweep_point<tl::scheme<tl::weights::ternary<>, act::int8<>, tl::backends::automatic>,
                    tl::kv::f32, tl::placement::everywhere>>;

template <class B>
std::vector<float> scores_of(std::uint64_t seed) {
  tl::dense<B> floats(sizes);
  tl::fill_random(floats, seed, 0.3f);
  const auto model = tl::pack(floats);
  auto session = tl::session<std::remove_const_t<decltype(model)>>::open(model, {}).value();
  (void)session.append(0, std::vector<std::int32_t>{1, 7, 3, 9});
  const auto found = session.logits(0);
  return {found.begin(), found.end()};
}

}  // namespace

TEST_CASE("a sweep visits every combination, the last list running fastest", "[sweep]") {
  constexpr auto weights = hana::tuple_t<tl::weights::binary<>, tl::weights::ternary<>>;
  constexpr auto activations = hana::tuple_t<act::int8<>, act::int4<>, act::fp4>;
  constexpr auto scales = hana::tuple_t<tl::scale::per_tensor, tl::scale::per_row>;
  STATIC_REQUIRE(tl::sweep_size<activations, weights, scales> == 12);
  std::vector<std::string> seen;
  const auto table = tl::sweep<activations, weights, scales>([&](auto point) {
    using p = decltype(point);
    seen.push_back(tl::join(p::weights::name, "*", p::activations::name));
    return tl::sweep_figures().add("order", double(seen.size()));
  });
  REQUIRE(seen.size() == 12);
  CHECK(seen[0] == "binary<per_tensor>*int8<absmax>");
  CHECK(seen[1] == "binary<per_tensor>*int4<absmean>");
  CHECK(seen[3] == "binary<per_row>*int8<absmax>");
  CHECK(seen[11] == "ternary<absmean,per_row,nearest_even>*fp4");
  REQUIRE(table.rows.size() == 12);
  CHECK(table.figures == std::vector{"order"s});
  CHECK(table.rows[4].figures == std::vector{5.0});
  CHECK(table.rows[4].kernel == "simd: bits1 x int8");
}

TEST_CASE("points without a model are left out, and say why", "[sweep]") {
  const auto table =
      tl::sweep<hana::tuple_t<tl::weights::f32, tl::weights::ternary<>>, hana::tuple_t<act::int8<>>,
                hana::tuple_t<tl::scale::per_row>>([](auto point) {
        static_assert(!std::is_same_v<typename decltype(point)::weights, void>);
        return tl::sweep_figures().add("seen", 1);
      });
  REQUIRE(table.rows.size() == 2);
  CHECK(table.rows[0].obstacle == "weights::f32 has no scales to make per_row.");
  CHECK(table.rows[1].obstacle.empty());
  const std::string text = table.markdown();
  CHECK(text.find("Left out:") != std::string::npos);
  CHECK(
      text.find("f32 x int8<absmax>, kv f32, automatic, everywhere: weights::f32 has no scales") !=
      std::string::npos);
}

TEST_CASE("sizes are known without a model, and are the model's", "[sweep]") {
  STATIC_REQUIRE(tl::bits_a_weight<plain>(sizes) > 2.0);
  STATIC_REQUIRE(tl::bits_a_weight<plain>(sizes) < 2.1);
  STATIC_REQUIRE(tl::bits_a_weight<plain, tl::packing::base3>(sizes) < 1.9);
  CHECK(tl::packed_bytes<plain>(sizes) == tl::parameter_bytes(tl::packed<plain>(sizes)));
  CHECK((tl::packed_bytes<plain, tl::packing::base3>(sizes)) ==
        tl::parameter_bytes(tl::packed<plain, tl::packing::base3>(sizes)));
  STATIC_REQUIRE(tl::kv_bytes_a_token<tl::kv::f16>(sizes) == 3 * 2 * 2 * 16 * 2);
  STATIC_REQUIRE(tl::kv_bytes_a_token<tl::kv::int3>(sizes) == 3 * 2 * 2 * (2 + 6));
  using floats = tl::scheme<tl::weights::f32, act::int8<>, tl::backends::automatic>;
  STATIC_REQUIRE(std::is_same_v<tl::kernel_of<floats>::element, float>);
}

TEST_CASE("a placement changes a part of the model alone", "[sweep]") {
  using rest = tl::scheme<tl::weights::ternary<>, act::int8<>, tl::backends::automatic>;
  using namespace tl::placement;
  std::vector<std::vector<float>> scores;
  const auto table = tl::sweep<
      hana::tuple_t<tl::weights::ternary<>>, hana::tuple_t<act::int4<>>,
      hana::tuple_t<everywhere, attention_only<rest>, ffn_only<rest>, inner_only<act::int8<>>>>(
      [&](auto point, tl::sweep_row& row) {
        using p = decltype(point);
        tl::fill_sizes<blueprint<p>, typename p::kv>(row, sizes);
        scores.push_back(scores_of<blueprint<p>>(4));
        return tl::sweep_figures();
      });
  scores.push_back(scores_of<plain>(4));
  for (std::size_t i = 0; i < scores.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) CHECK(scores[i] != scores[j]);
  CHECK(table.rows[3].placement == "inner_only");
  CHECK(table.rows[3].kv_bytes == 3 * 2 * 2 * 16 * 4);
}

TEST_CASE("a point says whether its edges differ", "[sweep]") {
  using s = tl::scheme<tl::weights::ternary<>, act::int4<>, tl::backends::automatic>;
  using point = tl::sweep_point<s, tl::kv::f32, tl::placement::inner_only<act::int8<>>>;
  STATIC_REQUIRE(point::has_edges);
  STATIC_REQUIRE_FALSE(tl::sweep_point<s, tl::kv::f32, tl::placement::everywhere>::has_edges);
  CHECK(blueprint<point>::name().starts_with("decoder<edged_block<transformer_block<"));
}

TEST_CASE("a table has the same cells in every form", "[sweep]") {
  tl::sweep_table table;
  tl::sweep_row row{.weights = "ternary", .activations = "int8", .kv = "f32", .weight_bits = 2.5};
  table.add(row, tl::sweep_figures().add("bits a byte", 1.25).add("tokens/s", 2e6));
  row.activations = "int4, \"odd\"";
  table.add(row, tl::sweep_figures().add("tokens/s", 17));
  CHECK(table.markdown() ==
        "| activations | bits a byte | tokens/s |\n|---|---:|---:|\n"
        "| int8 | 1.25 | 2000000 |\n| int4, \"odd\" |  | 17 |\n");
  CHECK(table.csv() ==
        "weights,activations,output_activations,kv,backend,placement,weight_bits,activation_bits,"
        "bytes,kv_bytes,kernel,bits a byte,tokens/s,obstacle\r\n"
        "ternary,int8,,f32,,,2.5,,,,,1.25,2000000,\r\n"
        "ternary,\"int4, \"\"odd\"\"\",,f32,,,2.5,,,,,,17,\r\n");
  CHECK(table.json() ==
        "[\n{\"weights\": \"ternary\", \"activations\": \"int8\", \"kv\": \"f32\", "
        "\"weight_bits\": 2.5, \"bits a byte\": 1.25, \"tokens/s\": 2000000},\n"
        "{\"weights\": \"ternary\", \"activations\": \"int4, \\\"odd\\\"\", \"kv\": \"f32\", "
        "\"weight_bits\": 2.5, \"tokens/s\": 17}\n]\n");
  const std::string svg = table.svg({.x = "weight_bits", .y = "tokens/s", .title = "a & b"});
  CHECK(svg.starts_with("<svg "));
  CHECK(svg.find("a &amp; b") != std::string::npos);
  CHECK(std::count(svg.begin(), svg.end(), '\n') > 10);
  CHECK(svg.find("2  int4, \"odd\"") != std::string::npos);
  CHECK(tl::sweep_table().markdown() == "No scheme was swept.\n");
}
