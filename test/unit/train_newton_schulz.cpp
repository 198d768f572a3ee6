#include "train_fixture.hpp"

namespace {

using namespace test;

/// A row-major matrix.
struct matrix {
  std::size_t rows, cols;
  floats x;
  [[nodiscard]] float& at(std::size_t r, std::size_t c) { return x[r * cols + c]; }
  [[nodiscard]] float at(std::size_t r, std::size_t c) const { return x[r * cols + c]; }
};

matrix random_matrix(std::size_t rows, std::size_t cols, std::uint64_t seed, float size = 1) {
  return {rows, cols, random_values(rows * cols, seed, size)};
}

matrix transposed(const matrix& a) {
  matrix t{a.cols, a.rows, floats(a.x.size())};
  for (std::size_t r = 0; r < a.rows; ++r)
    for (std::size_t c = 0; c < a.cols; ++c) t.at(c, r) = a.at(r, c);
  return t;
}

matrix orthogonal(matrix u, const tl::executor& threads = {}) {
  floats memory(tl::newton_schulz_floats(u.rows, u.cols, threads.threads));
  tl::newton_schulz({u.x.data(), u.rows, u.cols}, memory, threads);
  return u;
}

/// (I - 2 v v^T / v^T v) a, a reflection that depends on the seed.
void reflect(matrix& a, std::uint64_t seed) {
  const floats v = random_values(a.rows, seed);
  double size = 0;
  for (const float e : v) size += double(e) * double(e);
  for (std::size_t c = 0; c < a.cols; ++c) {
    double along = 0;
    for (std::size_t r = 0; r < a.rows; ++r) along += double(v[r]) * double(a.at(r, c));
    for (std::size_t r = 0; r < a.rows; ++r)
      a.at(r, c) -= static_cast<float>(2 * along / size * double(v[r]));
  }
}
/// Q1 a Q2 for two products of reflections; once more undoes it.
matrix turned(matrix a, bool back = false) {
  for (int side = 0; side < 2; ++side) {
    for (std::uint64_t k = 0; k < 3; ++k) reflect(a, (back ? 2 - k : k) + 10 * (a.rows + 1));
    a = transposed(a);
  }
  return a;
}

/// p(p(p(p(p(x))))), the map of singular values.
double mapped(double x) {
  for (int i = 0; i < 5; ++i) x = 3.4445 * x - 4.7750 * x * x * x + 2.0315 * x * x * x * x * x;
  return x;
}

TEST_CASE("newton_schulz agrees with the formula in float64, on either side") {
  const floats wide(muon_wide_gradients, muon_wide_gradients + 60);
  CHECK(relative_error(orthogonal({6, 10, wide}).x, schulz_wide_result) < 1e-5);
  const floats tall(muon_tall_gradients, muon_tall_gradients + 152);
  CHECK(relative_error(orthogonal({19, 8, tall}).x, schulz_tall_result) < 1e-5);
}

TEST_CASE("newton_schulz maps a singular value as published") {
  constexpr double table[][2] = {
      {0.0005, 0.2406}, {0.001, 0.4705}, {0.002, 0.8600}, {0.005, 1.1544}, {0.01, 0.6989},
      {0.02, 0.6818},   {0.05, 0.7581},  {0.1, 0.7121},   {0.2, 0.7468},   {0.3, 1.0796},
      {0.5, 0.7654},    {0.7, 1.1203},   {0.9, 0.6820},   {1.0, 0.6964}};
  for (const auto& [from, to] : table) {
    const double other = std::sqrt(1 - from * from);  // a norm of 1
    const matrix d{2, 2, {float(from), 0, 0, float(other)}};
    CHECK(double(orthogonal(d).at(0, 0)) == Approx(to).margin(1e-4));
    CHECK(double(orthogonal(d).at(1, 1)) == Approx(mapped(other)).margin(1e-4));
  }
}

TEST_CASE("newton_schulz brings singular values of 0.01 and more into [0.68, 1.14]") {
  for (const auto& [rows, cols] :
       {std::pair<std::size_t, std::size_t>{16, 16}, {24, 40}, {40, 24}}) {
    matrix d{rows, cols, floats(rows * cols)};
    const std::size_t p = std::min(rows, cols);
    double norm = 0;
    for (std::size_t i = 0; i < p; ++i) {
      d.at(i, i) = std::pow(0.02f, float(i) / float(p - 1));
      norm += double(d.at(i, i)) * double(d.at(i, i));
    }
    norm = std::sqrt(norm);
    const matrix o = turned(orthogonal(turned(d)), true);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < cols; ++c)
        if (r != c) CHECK(std::fabs(o.at(r, c)) < 1e-4f);
    for (std::size_t i = 0; i < p; ++i) {
      const double from = double(d.at(i, i)) / norm, to = double(o.at(i, i));
      CHECK(to == Approx(mapped(from)).margin(1e-3));
      if (from >= 0.01) CHECK((0.68 <= to && to <= 1.14));
    }
  }
}

// The reference multiplied W [m, n] by W^T W on the wrong side, and did not divide by the norm.
TEST_CASE("newton_schulz neither diverges nor depends on size: bugs 2 and 3 of the reference") {
  const matrix g = random_matrix(128, 192, 5);
  const matrix once = orthogonal(g);
  double squares = 0;
  for (const float x : once.x) squares += double(x) * double(x);
  CHECK(std::sqrt(squares / 128) == Approx(0.9).margin(0.1));  // 128 singular values near 1
  for (const float size : {0x1p-10f, 8.0f, 0x1p40f}) {
    matrix scaled = g;
    for (float& x : scaled.x) x *= size;
    CHECK(relative_error(orthogonal(scaled).x, once.x) < 1e-5);
  }
}

TEST_CASE("newton_schulz of a transpose is the transpose") {
  for (const auto& [rows, cols] :
       {std::pair<std::size_t, std::size_t>{3, 50}, {17, 18}, {70, 31}}) {
    const matrix g = random_matrix(rows, cols, rows);
    CHECK(relative_error(orthogonal(transposed(g)).x, transposed(orthogonal(g)).x) < 1e-6);
  }
}

TEST_CASE("newton_schulz leaves zeros") {
  CHECK(orthogonal({5, 7, floats(35)}).x == floats(35));
  CHECK(orthogonal({5, 0, {}}).x.empty());
}

}  // namespace
