// Products of operands rounded to bfloat16 in the order of tiles, of every target this machine
// runs, against a plain loop: the same bits with AMX and without.
#include <trilith/backends/bf16_product.hpp>

#include "every_target.hpp"
#include "float_products.hpp"

#include <limits>

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

/// [rows, cols] of value(i).
template <class Value>
test::floats matrix(std::size_t rows, std::size_t cols, const Value& value) {
  test::floats x(rows * cols);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = value(i);
  return x;
}
float_matrix view(const test::floats& x, std::size_t rows, std::size_t cols) {
  return span2d<const float>(x.data(), rows, cols);
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
  const auto a = matrix(33, 70, number), b = matrix(70, 50, number);
  const auto chain = [](const auto&... arguments) { multiply_bf16(arguments...); };
  CHECK_FALSE(test::same(test::product(multiply, view(a, 33, 70), view(b, 70, 50), nullptr, 1),
                         test::product(chain, view(a, 33, 70), view(b, 70, 50), nullptr, 1)));
}

TEST_CASE("products in the order of tiles of tiny numbers have no subnormal sums",
          "[simd][gradients]") {
  // around the smallest operand, where sums cancel to multiples of 2^-126, and below it
  const auto tiny = [](std::size_t i) {
    const auto word = philox(11, 0, i)[0];
    return std::ldexp(static_cast<float>(static_cast<int>(word >> 8 & 511u) - 255),
                      -63 - static_cast<int>(word & 7u));
  };
  const auto a = matrix(20, 37, tiny), b = matrix(37, 40, tiny);
  test::on_every_target(
      [&] { test::check_product(multiply, plain, view(a, 20, 37), view(b, 37, 40), 1); });
}

TEST_CASE("what is not finite shows in a product in the order of tiles", "[simd][gradients]") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (const float special : {infinity, -infinity, std::numeric_limits<float>::quiet_NaN(),
                              std::bit_cast<float>(0x7FFFFFFFu)}) {
    test::floats a(20 * 5, 1.0f), b(5 * 20, 1.0f);
    a[3 * 5 + 4] = special;
    test::on_every_target([&] {
      const auto out = test::product(multiply, view(a, 20, 5), view(b, 5, 20), nullptr, 1);
      for (std::size_t i = 0; i < out.size(); ++i)
        if (i / 20 != 3)
          CHECK(out[i] == 5.0f);
        else
          CHECK((std::isnan(special) ? std::isnan(out[i]) : out[i] == special));
    });
  }
}
