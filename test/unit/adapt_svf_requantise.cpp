// How much of scaled singular values arrives in packed weights. The shares are those that a program
// of another language found for changes of low rank to Gaussian matrices of 512 x 512.
#include <algorithm>
#include <functional>

#include "adapt_svf_fixture.hpp"

namespace {

using namespace test;
using weights = tl::weights::ternary<>;
constexpr std::size_t n = 512;

float gaussian(std::uint64_t stream, std::size_t i) {
  const double u = 1.0 - static_cast<double>(tl::uniform(7, stream, 2 * i));
  const double v = static_cast<double>(tl::uniform(7, stream, 2 * i + 1));
  return static_cast<float>(std::sqrt(-2 * std::log(u)) * std::cos(2 * M_PI * v));
}

/// Trits of Gaussian weights, and the singular values of what they are worth.
struct packed_gaussian {
  double norm = 0;  ///< of the latent weights
  tl::packed_matrix<weights, weights::packing> w;
  matrix decoded;
  tl::singular_values values;

  packed_gaussian() : decoded(n, n) {
    matrix latent(n, n);
    for (std::size_t i = 0; i < n * n; ++i) {
      latent.elements[i] = 0.02f * gaussian(1, i);
      norm += std::pow(static_cast<double>(latent.elements[i]), 2);
    }
    norm = std::sqrt(norm);
    w = tl::pack_matrix<weights>(latent.elements.data(), n, n);
    for (std::size_t r = 0; r < n; ++r) tl::decode_row(w, r, decoded.row(r));
    values = tl::singular_values_of(view(decoded)).value();
  }

  /// z whose change D has the Frobenius norm rho |W|, and <D, W~> = sum S^2 (z - 1) = 0, as it is
  /// of a change that knows nothing of W~: else the new scales alone go with D, or against it.
  [[nodiscard]] std::vector<float> z(double rho) const {
    std::vector<double> d(n);
    double along = 0, all = 0, sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      d[i] = static_cast<double>(gaussian(2, i));
      along += std::pow(static_cast<double>(values.s[i]), 2) * d[i];
      all += std::pow(static_cast<double>(values.s[i]), 2);
    }
    for (std::size_t i = 0; i < n; ++i) {
      d[i] -= along / all;
      sum += std::pow(d[i] * static_cast<double>(values.s[i]), 2);
    }
    std::vector<float> out(n);
    for (std::size_t i = 0; i < n; ++i)
      out[i] = static_cast<float>(1 + rho * norm / std::sqrt(sum) * d[i]);
    return out;
  }
};

struct shares {
  double rho, flips_anew, flips_kept, anew, kept;
};
constexpr shares published[] = {{0.01, 0, 0, 0, 0},
                                {0.03, 0, 0, 0, 0},
                                {0.10, 0.0022, 0.0003, 0.04, 0.01},
                                {0.30, 0.124, 0.115, 0.45, 0.57}};

}  // namespace

TEST_CASE("trits take nothing of what singular values change little", "[adapt]") {
  const packed_gaussian of;
  for (const shares& wanted : published) {
    INFO("rho " << wanted.rho);
    const auto z = of.z(wanted.rho);
    const auto found = tl::requantise_svf(of.w, of.values, {z, false}, 32);
    CHECK(found.anew.codes == n * n);
    CHECK(std::sqrt(found.anew.wanted) == Approx(wanted.rho * of.norm).epsilon(1e-3));
    CHECK(found.anew.wanted == found.kept_scales.wanted);
    CHECK(std::fabs(found.anew.flipped_share() - wanted.flips_anew) < 0.02);
    CHECK(std::fabs(found.kept_scales.flipped_share() - wanted.flips_kept) < 0.02);
    CHECK(std::fabs(found.anew.transmitted_share() - wanted.anew) < 0.02);
    CHECK(std::fabs(found.kept_scales.transmitted_share() - wanted.kept) < 0.02);

    // beside the trits: what 32 of 512 singular values have of sum d^2, and all of it of 512
    std::vector<double> d;
    double all = 0, top = 0;
    for (std::size_t i = 0; i < n; ++i)
      d.push_back(
          std::pow(static_cast<double>(of.values.s[i]) * (static_cast<double>(z[i]) - 1), 2));
    std::sort(d.begin(), d.end(), std::greater<>());
    for (std::size_t i = 0; i < n; ++i) all += d[i], top += i < 32 ? d[i] : 0;
    CHECK(found.run_time.flipped == 0);
    CHECK(found.run_time.transmitted_share() == Approx(top / all).epsilon(1e-3));
    CHECK(top / all > 0.1);
    CHECK(top / all < 0.9);
  }
  const auto z = of.z(0.01);
  auto sum = tl::requantise_svf(of.w, of.values, {z, false}, n);
  CHECK(sum.run_time.transmitted_share() == Approx(1).epsilon(1e-3));
  const double wanted = sum.run_time.wanted;
  sum += sum;
  CHECK(sum.run_time.wanted == 2 * wanted);
  CHECK(sum.kept_scales.codes == 2 * n * n);
}

TEST_CASE("a change to packed weights is compared with what was asked for", "[adapt]") {
  const matrix w = random_matrix(20, 30, 1), d = random_matrix(20, 30, 2, 0.1f);
  matrix both = w;
  tl::add(both.elements.data(), d.elements.data(), d.elements.size());
  const auto before = tl::pack_matrix<weights>(w.elements.data(), 20, 30);
  const auto after = tl::pack_matrix<weights>(both.elements.data(), 20, 30);
  const tl::merge_report found = tl::compare_change(before, after, view(d));
  double wanted = 0, realised = 0;
  std::size_t flipped = 0;
  std::vector<float> x(30), y(30);
  for (std::size_t r = 0; r < 20; ++r) {
    tl::decode_row(before, r, x.data());
    tl::decode_row(after, r, y.data());
    for (std::size_t i = 0; i < 30; ++i) {
      const auto c = static_cast<double>(d.row(r)[i]);
      flipped += (x[i] > 0) - (x[i] < 0) != (y[i] > 0) - (y[i] < 0);
      wanted += c * c;
      realised += c * static_cast<double>(y[i] - x[i]);
    }
  }
  CHECK(found.codes == 600);
  CHECK(found.flipped == flipped);
  CHECK(flipped > 60);
  CHECK(found.wanted == Approx(wanted));
  CHECK(found.realised == Approx(realised).epsilon(1e-5));
}
