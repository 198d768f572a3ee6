// Singular values of matrices against their definition, and what scaling them gives.
#include <algorithm>
#include <cmath>
#include <functional>

#include "adapt_svf_fixture.hpp"
#include "counting_pool.hpp"

namespace {

using namespace test;

/// The largest |M^T M - I|.
double not_orthonormal(const matrix& m) {
  double worst = 0;
  for (std::size_t i = 0; i < m.cols; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (std::size_t r = 0; r < m.rows; ++r)
        sum += static_cast<double>(m.row(r)[i]) * static_cast<double>(m.row(r)[j]);
      worst = std::max(worst, std::fabs(sum - (i == j ? 1 : 0)));
    }
  return worst;
}

void check_definition(const matrix& w) {
  const auto f = tl::singular_values_of(view(w)).value();
  INFO(w.rows << " x " << w.cols);
  REQUIRE(f.rank() == std::min(w.rows, w.cols));
  REQUIRE((f.out() == w.rows && f.in() == w.cols));
  CHECK(not_orthonormal(f.u) < 1e-6);
  CHECK(not_orthonormal(f.v) < 1e-6);
  for (std::size_t i = 0; i < f.rank(); ++i) {
    CHECK(f.s[i] >= 0);
    if (i > 0) CHECK(f.s[i] <= f.s[i - 1]);
    float top = 0;  // the entry of largest magnitude
    for (std::size_t o = 0; o < w.rows; ++o)
      if (std::fabs(f.u.row(o)[i]) > std::fabs(top)) top = f.u.row(o)[i];
    CHECK(top > 0);
  }
  const auto again = by_definition(f, std::vector<float>(f.rank(), 1.0f), false);
  double wrong = 0, all = 0;
  for (std::size_t i = 0; i < again.size(); ++i) {
    wrong += std::pow(again[i] - static_cast<double>(w.elements[i]), 2);
    all += std::pow(static_cast<double>(w.elements[i]), 2);
  }
  CHECK(wrong <= 1e-13 * all);
}

}  // namespace

TEST_CASE("singular values are those of the definition", "[adapt]") {
  for (const auto& [rows, cols] : std::vector<std::pair<std::size_t, std::size_t>>{
           {48, 48}, {112, 48}, {48, 112}, {1, 9}, {9, 1}, {1, 1}, {17, 16}})
    check_definition(random_matrix(rows, cols, rows + cols));
  matrix trits = random_matrix(60, 40, 1);
  for (float& x : trits.elements) x = x > 0.02f ? 0.7f : x < -0.02f ? -0.7f : 0.0f;
  check_definition(trits);
  matrix one = random_matrix(30, 20, 2);  // of rank 1, the others are 0
  for (std::size_t r = 1; r < 30; ++r)
    for (std::size_t i = 0; i < 20; ++i) one.row(r)[i] = static_cast<float>(r) * one.row(0)[i];
  check_definition(one);
  CHECK(tl::singular_values_of(view(one)).value().s[1] <
        1e-6f * tl::singular_values_of(view(one)).value().s[0]);
  check_definition(matrix(5, 4));  // zeros

  // by hand: W = e1 3 e2^T - e2 2 e1^T
  matrix w(2, 2);
  w.row(0)[1] = 3;
  w.row(1)[0] = -2;
  const auto f = tl::singular_values_of(view(w)).value();
  CHECK((f.s[0] == Approx(3) && f.s[1] == Approx(2)));
  CHECK((f.u.row(0)[0] == Approx(1) && f.v.row(1)[0] == Approx(1)));
  CHECK((f.u.row(1)[1] == Approx(1) && f.v.row(0)[1] == Approx(-1)));
}

TEST_CASE("trits have the singular values of any random matrix of their size", "[adapt]") {
  // of deviation sigma and independent elements: within sigma (sqrt Out +- sqrt In)
  matrix trits = random_matrix(120, 80, 3);
  std::size_t others = 0;
  for (float& x : trits.elements) others += (x = x > 0.03f ? 1.0f : x < -0.03f ? -1.0f : 0.0f) != 0;
  const double sigma = std::sqrt(static_cast<double>(others) / (120.0 * 80.0));
  const auto s = tl::singular_values_of({trits.elements.data(), 120, 80}).value().s;
  const double edge = std::sqrt(120.0), width = std::sqrt(80.0);
  CHECK(static_cast<double>(s[0]) == Approx(sigma * (edge + width)).epsilon(0.08));
  CHECK(static_cast<double>(s[79]) == Approx(sigma * (edge - width)).epsilon(0.25));
}

TEST_CASE("weights that are not finite have no singular values", "[adapt]") {
  matrix w = random_matrix(6, 5, 1);
  w.row(3)[2] = NAN;
  check_fails(tl::singular_values_of(view(w)).error(), tl::errc::invalid_value, "row 3");
}

TEST_CASE("scaled singular values are those of the formula, renormalised or not", "[adapt]") {
  for (const auto& [rows, cols] :
       std::vector<std::pair<std::size_t, std::size_t>>{{48, 48}, {112, 48}, {48, 112}})
    for (const bool renormalised : {true, false}) {
      const matrix w = random_matrix(rows, cols, 3);
      const auto f = tl::singular_values_of(view(w)).value();
      const auto z = random_z(f.rank(), 4, 1.5f);  // some are negative
      const auto wanted = by_definition(f, z, renormalised);
      tl::svf_room room;
      matrix written(rows, cols), added = w;
      tl::write_svf(f, {z, renormalised}, view(written), room);
      tl::add_svf(f, {z, renormalised}, view(added), room);
      CHECK(relative(written.elements, wanted, wanted.size()) < 1e-6);
      CHECK(relative(added.elements, wanted, wanted.size()) < 1e-6);
      // the nuclear norm, found anew
      const double before = sum_of(f.s.span());
      const double after = sum_of(tl::singular_values_of(view(written)).value().s.span());
      if (renormalised)
        CHECK(after == Approx(before).epsilon(1e-5));
      else
        CHECK(std::fabs(after / before - 1) > 0.01);
    }
}

TEST_CASE("equal z change nothing where S is renormalised", "[adapt]") {
  const matrix w = random_matrix(64, 48, 5);
  const auto f = tl::singular_values_of(view(w)).value();
  tl::svf_room room;
  for (const float size : {1.0f, 0.525f, 7.0f}) {
    const std::vector<float> z(f.rank(), size);
    matrix written(64, 48), added = w;
    tl::write_svf(f, {z}, view(written), room);
    tl::add_svf(f, {z}, view(added), room);
    CHECK(relative(written.elements, w.elements, w.elements.size()) < 1e-6);
    CHECK(relative(added.elements, w.elements, w.elements.size()) < 1e-6);
    tl::write_svf(f, {z, false}, view(written), room);
    matrix scaled = w;
    for (float& x : scaled.elements) x *= size;
    CHECK(relative(written.elements, scaled.elements, w.elements.size()) < 1e-6);
  }
  // and z = 1 no bit, whatever the rounding of U and V
  matrix added = w;
  tl::add_svf(f, {std::vector<float>(f.rank(), 1.0f)}, view(added), room);
  CHECK(std::equal(w.elements.begin(), w.elements.end(), added.elements.begin()));
  // where all is 0, nothing is divided by
  tl::add_svf(f, {std::vector<float>(f.rank(), 0.0f)}, view(added), room);
  for (const float x : added.elements) CHECK(std::fabs(x) < 1e-6f);
}

TEST_CASE("a product with scaled singular values is that of the matrix", "[adapt]") {
  const std::size_t tokens = 5;
  for (const auto& [rows, cols] :
       std::vector<std::pair<std::size_t, std::size_t>>{{112, 48}, {48, 112}}) {
    const auto f = tl::singular_values_of(view(random_matrix(rows, cols, 6))).value();
    const auto z = random_z(f.rank(), 7);
    const auto wanted = by_definition(f, z, true);
    const matrix x = random_matrix(tokens, cols, 8, 1.0f);
    matrix y(tokens, rows);
    tl::svf_room room;
    tl::multiply_svf(f, {z}, view(x), view(y), room);
    std::vector<double> by_hand(tokens * rows);
    for (std::size_t t = 0; t < tokens; ++t)
      for (std::size_t o = 0; o < rows; ++o)
        for (std::size_t i = 0; i < cols; ++i)
          by_hand[t * rows + o] += wanted[o * cols + i] * static_cast<double>(x.row(t)[i]);
    CHECK(relative(y.elements, by_hand, by_hand.size()) < 1e-5);
  }
}

TEST_CASE("a correction has the k largest changes, and no other of rank k is nearer", "[adapt]") {
  using ternary_weights = tl::weights::ternary<>;
  const matrix latent = random_matrix(80, 48, 9);
  const auto packed = tl::pack_matrix<ternary_weights>(latent.elements.data(), 80, 48);
  matrix base(80, 48);
  for (std::size_t r = 0; r < 80; ++r) tl::decode_row(packed, r, base.row(r));
  const auto f = tl::singular_values_of(view(base)).value();
  const auto z = random_z(f.rank(), 10);
  const auto wanted = by_definition(f, z, true);
  std::vector<double> change(wanted.size());
  for (std::size_t i = 0; i < change.size(); ++i)
    change[i] = wanted[i] - static_cast<double>(base.elements[i]);
  // sizes of the changes, largest first: what is left of k is the rest of them
  const double c = tl::singular_scaling{z}.factor(f);
  std::vector<double> d;
  for (std::size_t i = 0; i < z.size(); ++i)
    d.push_back(std::fabs(static_cast<double>(f.s[i]) * (c * static_cast<double>(z[i]) - 1)));
  std::sort(d.begin(), d.end(), std::greater<>());
  for (const std::size_t k : {1u, 4u, 16u, 48u}) {
    const tl::low_rank part = tl::svf_correction(f, {z}, k);
    CHECK(part.rank() == k);
    CHECK(part.parameters() == k * (80 + 48));
    double left = 0, rest = 0;
    std::vector<float> row(48);
    for (std::size_t r = 0; r < 80; ++r) {
      part.row(r, row.data());
      for (std::size_t i = 0; i < 48; ++i)
        left += std::pow(change[r * 48 + i] - static_cast<double>(row[i]), 2);
    }
    for (std::size_t i = k; i < d.size(); ++i) rest += d[i] * d[i];
    CHECK(left == Approx(rest).epsilon(1e-4).margin(1e-10));
  }
}

TEST_CASE("a packed product and the whole correction are a product with scaled values", "[adapt]") {
  using float_inputs = scheme<tl::weights::ternary<>, tl::activations::f32>;
  const matrix latent = random_matrix(80, 48, 11);
  tl::bit_linear<float_inputs> layer(latent.elements.data(), 80, 48);
  matrix base(80, 48);
  for (std::size_t r = 0; r < 80; ++r) tl::decode_row(layer.weights(), r, base.row(r));
  const auto f = tl::singular_values_of(view(base)).value();
  const auto z = random_z(f.rank(), 12);
  const matrix x = random_matrix(3, 48, 13, 1.0f);
  matrix beside(3, 80), inside(3, 80);
  tl::svf_room room;
  tl::multiply_svf(f, {z}, view(x), view(inside), room);
  // [hybrid]
  const tl::low_rank correction = tl::svf_correction(f, {z}, f.rank());
  layer.forward(view(x), view(beside));                      // W~ x
  tl::add_product(correction, view(x), view(beside), room);  // + U diag(S (c z - 1)) V^T x
  // [hybrid]
  CHECK(relative(beside.elements, inside.elements, inside.elements.size()) < 1e-5);
  // and a scale of a change counts
  tl::low_rank twice = correction;
  twice.scale = 2;
  tl::add_product(twice, view(x), view(beside), room);
  layer.forward(view(x), view(inside));
  matrix thrice(3, 80);
  for (int i = 0; i < 3; ++i) tl::add_product(correction, view(x), view(thrice), room);
  tl::add(thrice.elements.data(), inside.elements.data(), thrice.elements.size());
  CHECK(relative(beside.elements, thrice.elements, thrice.elements.size()) < 1e-5);
}

TEST_CASE("threads change no bit of products with singular values", "[adapt]") {
  const auto f = tl::singular_values_of(view(random_matrix(400, 300, 14))).value();
  const auto z = random_z(300, 15);
  const matrix x = random_matrix(500, 300, 16, 1.0f);
  const auto found = [&](const tl::executor& run) {
    matrix w(400, 300), y(500, 400);
    tl::svf_room room(run);
    tl::write_svf(f, {z}, view(w), room);
    tl::multiply_svf(f, {z}, view(x), view(y), room);
    std::vector<float> all(w.elements.begin(), w.elements.end());
    all.insert(all.end(), y.elements.begin(), y.elements.end());
    return all;
  };
  const counting_pool pool(3);
  CHECK(found(pool.get()) == found({}));
  CHECK(pool.shared_loops() >= 5);
}
