#ifndef TRILITH_TEST_UNIT_ADAPT_SVF_FIXTURE_HPP
#define TRILITH_TEST_UNIT_ADAPT_SVF_FIXTURE_HPP

#include <trilith/adapt/svf.hpp>
#include <trilith/adapt/svf_decompose.hpp>

#include <cmath>
#include <vector>

#include "catch.hpp"
#include "random_values.hpp"
#include "training_fixture.hpp"

namespace test {

using matrix = tl::plain_matrix<tl::weights::f32>;
using smooth = bitnet<scheme<tl::weights::f32, tl::activations::f32>>;

inline matrix random_matrix(std::size_t rows, std::size_t cols, std::uint64_t seed,
                            float size = 0.05f) {
  matrix m(rows, cols);
  const auto x = random_values(rows * cols, seed, size);
  for (std::size_t i = 0; i < x.size(); ++i) m.elements[i] = x[i];
  return m;
}
inline tl::span2d<float> view(matrix& m) {
  return {m.elements.data(), m.rows, m.cols};
}
inline tl::span2d<const float> view(const matrix& m) {
  return {m.elements.data(), m.rows, m.cols};
}

/// z around 1, all positive where spread < 1.
inline std::vector<float> random_z(std::size_t n, std::uint64_t seed, float spread = 0.5f) {
  auto z = random_values(n, seed, spread);
  for (float& x : z) x += 1.0f;
  return z;
}

/// c U diag(S z) V^T by three loops in double, from the formula alone.
inline std::vector<double> by_definition(const tl::singular_values& w, const std::vector<float>& z,
                                         bool renormalised) {
  double all = 0, scaled = 0;
  for (std::size_t k = 0; k < w.rank(); ++k) {
    all += static_cast<double>(w.s[k]);
    scaled += static_cast<double>(w.s[k]) * std::fabs(static_cast<double>(z[k]));
  }
  const double c = renormalised ? all / scaled : 1;
  std::vector<double> out(w.out() * w.in());
  for (std::size_t o = 0; o < w.out(); ++o)
    for (std::size_t i = 0; i < w.in(); ++i)
      for (std::size_t k = 0; k < w.rank(); ++k)
        out[o * w.in() + i] += static_cast<double>(w.u.row(o)[k]) * c *
                               static_cast<double>(w.s[k]) * static_cast<double>(z[k]) *
                               static_cast<double>(w.v.row(i)[k]);
  return out;
}

/// |a - b| / |b| in the Euclidean norm.
template <class A, class B>
double relative(const A& a, const B& b, std::size_t n) {
  double wrong = 0, all = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const auto x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
    wrong += (x - y) * (x - y);
    all += y * y;
  }
  return std::sqrt(wrong / all);
}

inline double sum_of(std::span<const float> x) {
  double sum = 0;
  for (const float v : x) sum += static_cast<double>(v);
  return sum;
}

/// Random z for matrices of a model.
inline tl::svf_expert random_expert(const tl::svf_factors& factors, std::uint64_t seed,
                                    float spread = 0.5f, bool renormalised = true) {
  tl::svf_expert e{.parts = {}, .renormalised = renormalised};
  for (const tl::svf_matrix& m : factors.matrices)
    e.parts.push_back({m.name, random_z(m.values.rank(), seed++, spread)});
  return e;
}

/// All hidden weights of a float model, one after the other.
template <class Model>
std::vector<float> hidden_weights(const Model& model) {
  std::vector<float> all;
  tl::for_each_hidden_matrix(model, [&](const std::string&, const auto& m, auto) {
    all.insert(all.end(), m.elements.begin(), m.elements.end());
  });
  return all;
}

inline constexpr tl::pass_options small_pass{
    .sequences = 4, .length = 30, .gradients = tl::gradient_numbers::f32};

/// Sum of the losses, with what z is now.
template <class Learner>
double loss_of(Learner& learner, const tl::token_batch& batch) {
  learner.requantize();
  return learner.measure(batch).sum;
}
template <class Learner>
void gradients(Learner& learner, const tl::token_batch& batch) {
  learner.requantize();
  learner.zero_gradients();
  learner.add_gradients(batch, 1.0f);
  learner.finish_gradients();
}

inline double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

/// Pearson's correlation.
inline double correlation(const std::vector<float>& x, const std::vector<float>& y) {
  const auto n = static_cast<double>(x.size());
  const double mx = sum_of(x) / n, my = sum_of(y) / n;
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double a = static_cast<double>(x[i]) - mx, b = static_cast<double>(y[i]) - my;
    xy += a * b, xx += a * a, yy += b * b;
  }
  return xy / std::sqrt(xx * yy);
}

inline void check_fails(const tl::error& why, tl::errc code, std::string_view words) {
  CAPTURE(why.message);
  CHECK(why.code == code);
  CHECK(why.message.find(words) != std::string::npos);
}

}  // namespace test

#endif
