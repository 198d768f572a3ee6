// Float products of every target this machine runs, against a plain loop with the same chain of
// multiply-adds: bit by bit, for all strides, odd sizes and thread counts.
#include "every_target.hpp"
#include "float_products.hpp"

namespace {

using namespace trilith;

constexpr auto multiply = [](const auto&... arguments) { multiply_floats(arguments...); };

float plain(const float_matrix& left, const float_matrix& right, std::size_t m, std::size_t n,
            float sum) {
  for (std::size_t k = 0; k < left.cols; ++k) {
    const volatile float product = left(m, k) * right(k, n);
    sum = simd::gradients().fuses ? std::fma(left(m, k), right(k, n), sum) : sum + product;
  }
  return sum;
}

}  // namespace

TEST_CASE("float products with any strides", "[simd][gradients]") {
  test::on_every_target([] { test::check_small_products(multiply, plain); });
}

TEST_CASE("float products of many blocks, shared by threads", "[simd][gradients]") {
  test::on_every_target([] { test::check_shared_products(multiply, plain); });
}

TEST_CASE("float products of nothing", "[simd][gradients]") {
  test::on_every_target([] { test::check_empty_products(multiply, plain); });
}

TEST_CASE("tiles of float products cover the outputs and fit into a thread's memory",
          "[simd][gradients]") {
  using limits = simd::float_tile_limits;
  for (const std::size_t m : {1u, 15u, 17u, 256u, 1000u, 5000u})
    for (const std::size_t n : {1u, 47u, 49u, 481u, 2560u, 100000u})
      for (const std::size_t threads : {1u, 2u, 64u}) {
        INFO(m << " x " << n << ", " << threads << " threads");
        const detail::float_tiles t(m, n, threads);
        CHECK(t.cols <= limits::cols);
        CHECK(t.rows + t.cols <= limits::lanes);
        CHECK(t.rows * t.down >= m);
        CHECK(t.rows * (t.down - 1) < m);
        CHECK(t.cols * t.across >= n);
        CHECK(t.cols * (t.across - 1) < n);
      }
}
