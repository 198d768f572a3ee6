#include <trilith/infer/session.hpp>
#include <trilith/trilith.hpp>

#include <vector>

#include "catch.hpp"
#include "model_fixture.hpp"

namespace tl = trilith;

namespace {

using scheme = tl::scheme<tl::weights::ternary<>, tl::activations::int8<>, tl::backends::automatic>;
using attention = tl::attention<scheme, tl::sub_norm<>>;
using ffn = tl::gated_ffn<scheme, tl::relu_squared, tl::sub_norm<>>;

/// A layer of a user's own that wants its input normalised by the block.
struct users_ffn : ffn {
  template <class Backend>
  using with_backend = users_ffn;
  template <class Parameters>
  static void forward(const Parameters& p, tl::span2d<const float> x, tl::span2d<float> y,
                      tl::forward_context& c) noexcept {
    ffn::forward(p, x, y, c);
  }
};

template <class Ffn, class N = tl::rms_norm<>>
using blueprint =
    tl::decoder<tl::transformer_block<N, attention, Ffn>, tl::tied_head<tl::weights::bf16>>;

template <class B>
std::vector<float> logits_of(std::size_t threads) {
  tl::dense<B> dense(test::small_shape, {.norm_eps = 1e-6f, .rope_theta = 5000.f});
  tl::fill_random(dense, 7);
  const auto model = tl::requantize(dense);
  auto s = tl::session<tl::packed<B>>::open(model, {.threads = threads}).value();
  const std::vector<std::int32_t> tokens{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8};
  std::vector<float> all;
  const auto keep = [&](std::size_t, std::span<float> l) {
    all.insert(all.end(), l.begin(), l.end());
  };
  (void)s.score(0, tokens, keep).value();
  return all;
}

}  // namespace

TEST_CASE("a layer that takes normalised rows gives what one that normalises them itself gives") {
  for (const std::size_t threads : {1u, 3u}) {
    CHECK(logits_of<blueprint<users_ffn>>(threads) == logits_of<blueprint<ffn>>(threads));
    CHECK(logits_of<blueprint<users_ffn, tl::layer_norm>>(threads) ==
          logits_of<blueprint<ffn, tl::layer_norm>>(threads));
  }
}

TEST_CASE("a block's logits do not depend on its layers' backend") {
  using portable = blueprint<ffn>::with_backend<tl::backends::portable>;
  CHECK(logits_of<portable>(1) == logits_of<blueprint<ffn>>(1));
}
