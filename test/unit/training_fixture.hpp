#ifndef TRILITH_TEST_TRAINING_FIXTURE_HPP
#define TRILITH_TEST_TRAINING_FIXTURE_HPP

#include <trilith/train.hpp>
#include <trilith/trilith.hpp>

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

/// Small decoders, random batches and what passes over them give.
namespace test {

namespace tl = trilith;

template <class W, class A = tl::activations::int8<>>
using scheme = tl::scheme<W, A, tl::backends::automatic>;
template <class S, class H = tl::tied_head<tl::weights::f32>>
using bitnet = tl::decoder<tl::transformer_block<tl::rms_norm<>, tl::attention<S, tl::sub_norm<>>,
                                                 tl::gated_ffn<S, tl::silu, tl::sub_norm<>>>,
                           H>;
using ternary = bitnet<scheme<tl::weights::ternary<>>>;
using int8_head = tl::tied_head<tl::weights::int8<>, tl::activations::int8<>>;

inline constexpr tl::shape sizes{.dim = 48,
                                 .ffn_dim = 112,
                                 .layers = 2,
                                 .heads = 4,
                                 .kv_heads = 2,
                                 .head_dim = 12,
                                 .vocab = 70,
                                 .context = 80};

template <class B>
tl::latent<B> random_model(std::uint64_t seed = 3) {
  tl::latent<B> model(sizes);
  tl::fill_random(model, seed, 0.05f);
  return model;
}

/// Rows of random tokens; the target of each is the one behind it.
inline tl::token_batch random_batch(std::size_t rows, std::size_t length) {
  tl::token_batch batch;
  batch.resize(rows, length);
  std::vector<std::int32_t> tokens(length + 1);
  for (std::size_t b = 0; b < rows; ++b) {
    for (std::size_t t = 0; t <= length; ++t)
      tokens[t] = static_cast<std::int32_t>(tl::philox(5, b, t)[0] % sizes.vocab);
    batch.set(b, std::span(tokens).first(length), std::span(tokens).last(length));
  }
  return batch;
}

template <class Pass>
std::vector<float> gradients_of(Pass& pass) {
  std::vector<float> all;
  pass.for_each_tensor([&](const tl::tensor_facts&, std::span<float>, std::span<float> g) {
    all.insert(all.end(), g.begin(), g.end());
  });
  return all;
}

/// |a - b| / |b| in the Euclidean norm.
inline double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double wrong = 0, all = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
    wrong += (x - y) * (x - y);
    all += y * y;
  }
  return std::sqrt(wrong / all);
}

}  // namespace test

#endif
