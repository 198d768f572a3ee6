// Products of operands rounded to bfloat16 in the order of tiles, of every target this machine
// runs, against a plain loop: the same bits with AMX and without.
#include <trilith/backends/bf16_product.hpp>

#include "every_target.hpp"
#include "float_products.hpp"

namespace {

using namespace trilith;

constexpr auto multiply = [](const auto&... arguments) { multiply_bf16_tiles(arguments...); };

float plain(const float_matrix& left, const float_matrix& right, std::size_t m, std::size_t n,
            float sum) {
  for (std::size_t first = 0; first < left.cols; first += 32) {
    volatile float chain[2] = {};
    for (std::size_t k = first; k < std::min(first + 32, left.cols); ++k) {
      const volatile float product =
          simd::bf16_operand(left(m, k)) * simd::bf16_operand(right(k, n));
      chain[k % 2] = chain[k % 2] + product;
    }
    const volatile float both = chain[0] + chain[1];
    sum = sum + both;
  }
  return sum;
}

}  // namespace

TEST_CASE("products in the order of tiles with any strides", "[simd][gradients]") {
  test::on_every_target([] { test::check_small_products(multiply, plain); });
}

TEST_CASE("products of whole tiles", "[simd][gradients]") {
  test::on_every_target([] {
    for (const test::sizes s : {test::sizes{16, 32, 16}, {48, 64, 80}, {64, 96, 32}})
      for (unsigned turned = 0; turned < 4; ++turned)
        test::check_product(multiply, plain, s, 1, 1, turned, 1);
  });
}

TEST_CASE("products in the order of tiles of many blocks, shared by threads", "[simd][gradients]") {
  test::on_every_target([] { test::check_shared_products(multiply, plain); });
}

TEST_CASE("products in the order of tiles of nothing", "[simd][gradients]") {
  test::on_every_target([] { test::check_empty_products(multiply, plain); });
}

TEST_CASE("the order of tiles is not one chain", "[simd][gradients]") {
  const auto number = [](std::size_t i) { return test::value(7, i); };
  const auto a = test::matrix(33, 70, number), b = test::matrix(70, 50, number);
  const auto chain = [](const auto&... arguments) { multiply_bf16(arguments...); };
  CHECK_FALSE(
      test::same(test::product(multiply, test::view(a, 33, 70), test::view(b, 70, 50), nullptr, 1),
                 test::product(chain, test::view(a, 33, 70), test::view(b, 70, 50), nullptr, 1)));
}

TEST_CASE("products in the order of tiles of tiny numbers have no subnormal sums",
          "[simd][gradients]") {
  test::on_every_target([] { test::check_tiny_products(multiply, plain); });
}

TEST_CASE("what is not finite shows in a product in the order of tiles", "[simd][gradients]") {
  test::on_every_target([] { test::check_special_products(multiply); });
}
