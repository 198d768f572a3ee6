// Products of operands rounded to bfloat16, of every target this machine runs, against a plain
// loop: the same bits with the instruction, with fused float kernels and with plain ones.
#include <trilith/backends/bf16_product.hpp>

#include "every_target.hpp"
#include "float_products.hpp"

#include <limits>

namespace {

using namespace trilith;

constexpr auto multiply = [](const auto&... arguments) { multiply_bf16(arguments...); };
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

float plain(const float_matrix& left, const float_matrix& right, std::size_t m, std::size_t n,
            float sum) {
  for (std::size_t k = 0; k < left.cols; ++k) {
    const volatile float product = simd::bf16_operand(left(m, k)) * simd::bf16_operand(right(k, n));
    sum = sum + product;
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

TEST_CASE("operands are rounded to bfloat16, and to 0 far below 1", "[bf16]") {
  CHECK(simd::bf16_operand(1.0f + 0x1p-8f) == 1.0f);  // ties to even
  CHECK(simd::bf16_operand(1.0f + 0x3p-8f) == 1.0f + 0x1p-6f);
  CHECK(simd::bf16_operand(-1.0f - 0x1.1p-8f) == -1.0f - 0x1p-7f);
  CHECK(simd::bf16_operand(0x1p-56f) == 0x1p-56f);
  CHECK(std::bit_cast<std::uint32_t>(simd::bf16_operand(-0x1.fffffep-57f)) == 0);
  CHECK(std::bit_cast<std::uint32_t>(simd::bf16_operand(-0.0f)) == 0);
  CHECK(simd::bf16_operand(infinity) == infinity);
  CHECK(std::isnan(simd::bf16_operand(not_a_number)));
}

TEST_CASE("bfloat16 products with any strides", "[simd][gradients]") {
  test::on_every_target([] { test::check_small_products(multiply, plain); });
}

TEST_CASE("bfloat16 products of many blocks, shared by threads", "[simd][gradients]") {
  test::on_every_target([] { test::check_shared_products(multiply, plain); });
}

TEST_CASE("bfloat16 products of nothing", "[simd][gradients]") {
  test::on_every_target([] { test::check_empty_products(multiply, plain); });
}

TEST_CASE("bfloat16 products are float products of rounded operands", "[simd][gradients]") {
  const auto number = [](std::size_t i) { return simd::bf16_operand(test::value(7, i)); };
  const auto a = matrix(33, 70, number), b = matrix(70, 50, number);
  test::on_every_target([&] {
    const auto floats = [](const auto&... arguments) { multiply_floats(arguments...); };
    CHECK(test::same(test::product(multiply, view(a, 33, 70), view(b, 70, 50), nullptr, 1),
                     test::product(floats, view(a, 33, 70), view(b, 70, 50), nullptr, 1)));
  });
}

TEST_CASE("bfloat16 products of tiny numbers have no subnormal sums", "[simd][gradients]") {
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

TEST_CASE("bfloat16 products keep the sign of an output's zero", "[simd][gradients]") {
  // an odd number of products, so that the last pair of the instruction lacks one
  const test::floats a(20 * 3, 0.0f), b(3 * 20, -1.0f), before(20 * 20, -0.0f);
  test::on_every_target([&] {
    CHECK(test::same(test::product(multiply, view(a, 20, 3), view(b, 3, 20), &before, 1), before));
  });
}

TEST_CASE("what is not finite shows in a bfloat16 product", "[simd][gradients]") {
  const auto ends_in_ones = std::bit_cast<float>(0x7FFFFFFFu);
  for (const float special : {infinity, -infinity, not_a_number, ends_in_ones}) {
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
