#ifndef TRILITH_TEST_TINY_LEARNER_HPP
#define TRILITH_TEST_TINY_LEARNER_HPP

#include <trilith/core/random.hpp>
#include <trilith/train/learner.hpp>

#include <cmath>
#include <limits>
#include <span>
#include <vector>

namespace test {

namespace tl = trilith;

/// What is wrong with a batch, for tests of a trainer.
enum class mischief { none, large, not_a_number };

/// A language model that is small enough for tests and has all that a trainer sees: for each token
///
///     p = softmax(H (Q e) + b),    e = row `token` of E,  Q = M and its ternary codes, by lambda
class tiny_learner {
 public:
  static constexpr std::size_t width = 8;

  explicit tiny_learner(std::size_t vocabulary, std::size_t seed = 1)
      : vocabulary_(vocabulary),
        tensors_{tensor("embedding", vocabulary, width, tl::role::embedding_or_head),
                 tensor("mix", width, width, tl::role::hidden_matrix),
                 tensor("head", vocabulary, width, tl::role::embedding_or_head),
                 tensor("bias", 1, vocabulary, tl::role::vector)},
        codes_(width * width),
        used_(width * width) {
    for (std::size_t t = 0; t < 3; ++t)
      for (std::size_t i = 0; i < tensors_[t].weights.size(); ++i)
        tensors_[t].weights[i] =
            static_cast<float>(tl::philox(seed, t, i)[0] % 2001) * 0.0005f - 0.5f;
  }

  /// The batch whose tokens these are gets what `m` says.
  void set_mischief(const tl::token_batch& batch, mischief m) {
    const auto x = batch.tokens();
    bad_tokens_.assign(x.data, x.data + batch.rows() * batch.length());
    mischief_ = m;
  }

  tl::code_statistics requantize(double lambda = 1) {
    const std::vector<float>& m = tensors_[1].weights;
    float scale = 0;
    for (const float x : m) scale += std::fabs(x) / static_cast<float>(m.size());
    if (first_scale_ == 0) first_scale_ = scale;
    tl::code_statistics out{.codes = m.size()};
    for (std::size_t i = 0; i < m.size(); ++i) {
      const float code = std::fmin(std::fmax(std::nearbyint(m[i] / scale), -1.0f), 1.0f);
      out.flipped += code != codes_[i];
      out.zeros += code == 0;
      codes_[i] = code;
      used_[i] = m[i] + static_cast<float>(lambda) * (scale * code - m[i]);
    }
    out.scale_drift = static_cast<double>(scale / first_scale_);
    ++requantized;
    last_lambda = lambda;
    return out;
  }
  void zero_gradients() {
    for (tensor& t : tensors_) std::fill(t.gradient.begin(), t.gradient.end(), 0.0f);
  }
  tl::loss_sums add_gradients(const tl::token_batch& micro, float weight) {
    const mischief bad = mischief_of(micro);
    if (bad == mischief::large) weight *= 1000;
    if (bad == mischief::not_a_number) weight = std::numeric_limits<float>::quiet_NaN();
    tl::loss_sums out = each_token(micro, weight, true);
    if (bad == mischief::large) out.sum *= 10;
    if (bad == mischief::not_a_number) out.sum = std::numeric_limits<double>::quiet_NaN();
    return out;
  }
  tl::loss_sums measure(const tl::token_batch& micro) { return each_token(micro, 0, false); }
  void finish_gradients() { ++finished; }
  /// Bits of the seed and the step, so that a step that is taken twice or not at all shows.
  void after_update(std::uint64_t seed, std::uint64_t step) {
    float& w = tensors_[3].weights[step % vocabulary_];
    w += static_cast<float>(tl::philox(seed, 7, step)[0] % 8) * 1e-4f;
  }
  template <class F>
  void for_each_tensor(F&& f) {
    for (tensor& t : tensors_) f(t.facts, std::span(t.weights), std::span(t.gradient));
  }
  template <class F>
  void for_each_memory(F&& f) {
    f(std::string_view("first_scale"), std::span(&first_scale_, 1));
  }

  [[nodiscard]] std::vector<float> all_weights() const {
    std::vector<float> out;
    for (const tensor& t : tensors_) out.insert(out.end(), t.weights.begin(), t.weights.end());
    return out;
  }

  int requantized = 0, finished = 0;
  double last_lambda = -1;

 private:
  struct tensor {
    tensor(std::string_view name, std::size_t rows, std::size_t cols, tl::role what)
        : facts{name, rows, cols, what}, weights(rows * cols), gradient(rows * cols) {}
    tl::tensor_facts facts;
    std::vector<float> weights, gradient;
  };

  [[nodiscard]] mischief mischief_of(const tl::token_batch& b) const {
    const std::size_t n = b.rows() * b.length();
    if (mischief_ == mischief::none || n != bad_tokens_.size()) return mischief::none;
    for (std::size_t i = 0; i < n; ++i)
      if (b.tokens().data[i] != bad_tokens_[i]) return mischief::none;
    return mischief_;
  }

  tl::loss_sums each_token(const tl::token_batch& b, float weight, bool is_learning) {
    tl::loss_sums out;
    for (std::size_t i = 0; i < b.rows() * b.length(); ++i) {
      const auto token = static_cast<std::size_t>(b.tokens().data[i]);
      const auto target = static_cast<std::size_t>(b.targets().data[i]);
      out.sum += forward(token, target);
      ++out.tokens;
      if (is_learning) backward(token, target, weight);
    }
    return out;
  }
  double forward(std::size_t token, std::size_t target) {
    const float* const e = tensors_[0].weights.data() + token * width;
    for (std::size_t o = 0; o < width; ++o) {
      h_[o] = 0;
      for (std::size_t i = 0; i < width; ++i) h_[o] += used_[o * width + i] * e[i];
    }
    p_.resize(vocabulary_);
    float sum = 0;
    for (std::size_t v = 0; v < vocabulary_; ++v) {
      float logit = tensors_[3].weights[v];
      for (std::size_t i = 0; i < width; ++i) logit += tensors_[2].weights[v * width + i] * h_[i];
      p_[v] = std::exp(logit);
      sum += p_[v];
    }
    for (float& p : p_) p /= sum;
    return -std::log(static_cast<double>(p_[target]));
  }
  void backward(std::size_t token, std::size_t target, float weight) {
    const float* const e = tensors_[0].weights.data() + token * width;
    float dh[width] = {};
    for (std::size_t v = 0; v < vocabulary_; ++v) {
      const float d = weight * (p_[v] - (v == target ? 1.0f : 0.0f));
      tensors_[3].gradient[v] += d;
      for (std::size_t i = 0; i < width; ++i) {
        tensors_[2].gradient[v * width + i] += d * h_[i];
        dh[i] += d * tensors_[2].weights[v * width + i];
      }
    }
    for (std::size_t o = 0; o < width; ++o)
      for (std::size_t i = 0; i < width; ++i) {
        tensors_[1].gradient[o * width + i] += dh[o] * e[i];  // straight through
        tensors_[0].gradient[token * width + i] += dh[o] * used_[o * width + i];
      }
  }

  std::size_t vocabulary_;
  std::vector<tensor> tensors_;
  std::vector<float> codes_, used_, p_;
  float h_[width] = {};
  float first_scale_ = 0;
  std::vector<std::int32_t> bad_tokens_;
  mischief mischief_ = mischief::none;
};

static_assert(tl::RememberingLearner<tiny_learner>);

}  // namespace test

#endif
