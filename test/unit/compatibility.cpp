// Which technique works on which realisation: the table of docs/compatibility.md, asked of the
// compiler.
#include <trilith/adapt.hpp>
#include <trilith/train.hpp>
#include <trilith/trilith.hpp>

#include <fstream>
#include <sstream>
#include <string>

#include "catch.hpp"
#include "training_fixture.hpp"

namespace {

using namespace test;

template <class W>
using blueprint = bitnet<scheme<W>, int8_head>;
using trits = blueprint<tl::weights::ternary<>>;
using signs = blueprint<tl::weights::binary<>>;
using floats = blueprint<tl::weights::f32>;

template <class M>
concept Packs = requires(const M& m) { tl::pack(m); };
template <class M>
concept Dequantises = requires(const M& m) { tl::dequantize(m); };
template <class M>
concept RunsAdapted = requires(M& m, const tl::adapter& a) { tl::attach(m, a); } ||
                      requires(M&& m) { tl::adaptable(std::move(m)); };
template <class M>
concept DrawsLatents = requires(const M& m) { tl::draw_latents(m); };
template <class M>
concept MergesIntoLatents = requires(M& m, const tl::adapter& a) { tl::merge_into_latent(m, a); };
template <class M>
concept MergesWithFeedback =
    requires(M& m, tl::dense<typename M::blueprint>& rest, const tl::adapter& a) {
      tl::merge_with_feedback(m, rest, a);
    };
template <class M>
concept Trains = tl::Latent<M>;
template <class M>
concept AppliesExperts = requires(M& m, const tl::svf_expert& e, const tl::svf_factors& f) {
  tl::apply_expert(e, f, m);
};
template <class M>
concept AppliesChannels = requires(M& m, const tl::channel_expert& e) { tl::apply_expert(e, m); };
template <class M>
concept Runs = tl::Runnable<M> && !tl::Latent<M>;

/// Changes of trits need trits: those of a model's query, say.
template <class M>
concept MergesTrits = tl::Packed<M> && requires(M& m, const tl::ternary_change& c) {
  requires tl::detail::is_ternary<
      typename std::remove_cvref_t<decltype(m.parameters.blocks[0].attention.query)>::weights>;
  tl::merge_ternary(m.parameters.blocks[0].attention.query, c);
};

std::string row(const char* name, std::initializer_list<bool> works) {
  std::string out = tl::join("| ", name, " |");
  for (const bool yes : works) out += yes ? " yes |" : " - |";
  return out + "\n";
}

#define TRILITH_ROW(name, technique)                                                              \
  row(name,                                                                                       \
      {technique<tl::packed<trits>>, technique<tl::packed<signs>>, technique<tl::adapted<trits>>, \
       technique<tl::dense<trits>>, technique<tl::latent<trits>>, technique<tl::latent<signs>>,   \
       technique<tl::latent<floats>>})

std::string table() {
  return std::string(
             "| technique | packed trits | packed signs | adapted trits | dense | latent trits | "
             "latent signs | latent floats |\n|---|---|---|---|---|---|---|---|\n") +
         TRILITH_ROW("run: `session`, `generate`, `prompted`, `compare`", Runs) +
         TRILITH_ROW("`pack`", Packs) + TRILITH_ROW("`dequantize`, exact", Dequantises) +
         TRILITH_ROW("`draw_latents`: latent weights from codes", DrawsLatents) +
         TRILITH_ROW(
             "train: `training_pass`, `low_rank_learner`, `svf_learner`, `baking`, "
             "`reinforcing`",
             Trains) +
         TRILITH_ROW("`adaptable`, `attach`: adapters at run time", RunsAdapted) +
         TRILITH_ROW("`merge_into_latent`", MergesIntoLatents) +
         TRILITH_ROW("`merge_with_feedback`", MergesWithFeedback) +
         TRILITH_ROW("`merge_ternary`, lossless", MergesTrits) +
         TRILITH_ROW("`apply_expert` of singular values", AppliesExperts) +
         TRILITH_ROW("`apply_expert` of channels", AppliesChannels);
}

}  // namespace

TEST_CASE("docs/compatibility.md says of every technique what the compiler says", "[adapt]") {
  std::ifstream in(TRILITH_TEST_FIXTURES_DIR "/../../docs/compatibility.md");
  REQUIRE(in);
  std::ostringstream page;
  page << in.rdbuf();
  const std::string expected = table();
  INFO("docs/compatibility.md should have this table:\n" << expected);
  CHECK(page.str().find(expected) != std::string::npos);
}
