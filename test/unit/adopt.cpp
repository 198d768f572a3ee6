// The weights of one blueprint in another.
#include <trilith/infer/session.hpp>
#include <trilith/model/adopt.hpp>
#include <trilith/weights/ternary.hpp>

#include <algorithm>
#include <string>

#include "catch.hpp"
#include "model_fixture.hpp"

namespace tl = trilith;

namespace {

template <class W, class SubNorm, class H = tl::tied_head<tl::weights::f32>,
          class S = tl::from_file, class Pairing = tl::rotary::half_split>
using llama = tl::decoder<
    tl::transformer_block<tl::rms_norm<>, tl::attention<test::small_scheme<W>, SubNorm, Pairing>,
                          tl::gated_ffn<test::small_scheme<W>, tl::silu, SubNorm>>,
    H, S>;
using plain = llama<tl::weights::f32, tl::no_norm>;
using ternary = llama<tl::weights::ternary<>, tl::no_norm>;
using with_sub_norms = llama<tl::weights::ternary<>, tl::sub_norm<>>;
using untied = llama<tl::weights::f32, tl::no_norm, tl::separate_head<tl::weights::f32>>;
using neighbours = llama<tl::weights::f32, tl::no_norm, tl::tied_head<tl::weights::f32>,
                         tl::from_file, tl::rotary::interleaved>;

/// The scores after three tokens.
template <class M>
std::vector<float> scores_of(const M& model) {
  auto session = tl::session<M>::open(model).value();
  (void)session.append(0, std::vector<std::int32_t>{7, 1, 30}).value();
  return {session.logits(0).begin(), session.logits(0).end()};
}

template <class M, class Source>
std::string refusal(const Source& source) {
  const auto made = tl::adopt<M>(source);
  return made ? "" : made.error().message;
}

}  // namespace

TEST_CASE("adopt takes all weights, shape and settings") {
  const auto source = test::random_dense<plain>(4);
  const auto model = tl::adopt<tl::latent<ternary>>(source).value();
  CHECK(model.sizes == source.sizes);
  CHECK(model.settings == source.settings);
  CHECK(test::bits_of(model) == test::bits_of(source));
}

TEST_CASE("adopt sets the gains that the source lacks to 1") {
  auto source = test::random_dense<plain>(4);
  source.parameters.blocks[1].ffn_norm.values[3] = 0.25f;
  const auto model = tl::adopt<tl::latent<with_sub_norms>>(source).value();
  const auto& block = model.parameters.blocks[1];
  CHECK(block.ffn_norm.values[3] == 0.25f);
  REQUIRE(block.ffn.sub_norm.size() == test::small_shape.ffn_dim);
  CHECK(std::all_of(block.ffn.sub_norm.values.begin(), block.ffn.sub_norm.values.end(),
                    [](float gain) { return gain == 1.0f; }));
}

TEST_CASE("adopt starts learned scales") {
  using learned = llama<tl::weights::ternary<tl::rules::learned_step>, tl::no_norm>;
  const auto source = test::random_dense<plain>(4);
  const auto model = tl::adopt<tl::latent<learned>>(source).value();
  const auto& w = model.parameters.blocks[0].attention.query;
  CHECK(w.scales[0] ==
        Approx(2 * tl::weights::mean_absolute(w.elements.data(), w.elements.size())));
  CHECK(test::bits_of(tl::adopt<tl::latent<learned>>(model).value()) == test::bits_of(model));
}

TEST_CASE("adopt makes a head of its own from the embedding") {
  const auto source = test::random_dense<plain>(4);
  const auto model = tl::adopt<tl::dense<untied>>(source).value();
  CHECK(model.parameters.head.row(3)[5] == source.parameters.embedding.row(3)[5]);
  CHECK(scores_of(model) == scores_of(source));
}

TEST_CASE("adopt puts rows in the order of rotary pairs, there and back") {
  auto source = test::random_dense<neighbours>(4);
  for (float& x : source.parameters.blocks[0].attention.query.elements) x *= 40;
  const auto model = tl::adopt<tl::dense<plain>>(source).value();
  const auto wanted = scores_of(source), found = scores_of(model);
  for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(found[i] == Approx(wanted[i]).margin(1e-5));
  CHECK(test::bits_of(model) != test::bits_of(source));
  CHECK(test::bits_of(tl::adopt<tl::dense<neighbours>>(model).value()) == test::bits_of(source));
}

TEST_CASE("adopt names what does not fit") {
  const auto source = test::random_dense<plain>(4);
  CHECK(refusal<tl::dense<plain>>(test::random_dense<untied>()) ==
        "adopt: head: expected none, the source has [50, 48].");
  CHECK(refusal<tl::dense<plain>>(test::random_dense<with_sub_norms>()) ==
        "adopt: blocks.0.attention.sub_norm: expected none, the source has [48, 1].");
  using wide = llama<tl::weights::f32, tl::no_norm, tl::tied_head<tl::weights::f32>,
                     tl::fixed<tl::shape{.dim = 64}>>;
  CHECK(refusal<tl::dense<wide>>(source) == "adopt: dim: expected 64, the source has 48.");

  auto damaged = test::random_dense<plain>(4);
  damaged.parameters.blocks[2].ffn.up = tl::plain_matrix<tl::weights::f32>(160, 48);
  CHECK(refusal<tl::latent<ternary>>(damaged) ==
        "adopt: blocks.2.ffn.up: expected [172, 48], the source has [160, 48].");
  damaged.parameters.blocks.pop_back();
  CHECK(refusal<tl::latent<ternary>>(damaged) ==
        "adopt: the source's shape says layers = 3, but it has 2 blocks.");
}
