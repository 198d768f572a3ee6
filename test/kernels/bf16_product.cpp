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
  const auto a = test::matrix(33, 70, number), b = test::matrix(70, 50, number);
  test::on_every_target([&] {
    const auto floats = [](const auto&... arguments) { multiply_floats(arguments...); };
    CHECK(test::same(
        test::product(multiply, test::view(a, 33, 70), test::view(b, 70, 50), nullptr, 1),
        test::product(floats, test::view(a, 33, 70), test::view(b, 70, 50), nullptr, 1)));
  });
}

TEST_CASE("bfloat16 products of tiny numbers have no subnormal sums", "[simd][gradients]") {
  test::on_every_target([] { test::check_tiny_products(multiply, plain); });
}

TEST_CASE("bfloat16 products keep the sign of an output's zero", "[simd][gradients]") {
  // an odd number of products, so that the last pair of the instruction lacks one
  const test::floats a(20 * 3, 0.0f), b(3 * 20, -1.0f), before(20 * 20, -0.0f);
  test::on_every_target([&] {
    CHECK(test::same(
        test::product(multiply, test::view(a, 20, 3), test::view(b, 3, 20), &before, 1), before));
  });
}

TEST_CASE("what is not finite shows in a bfloat16 product", "[simd][gradients]") {
  test::on_every_target([] { test::check_special_products(multiply); });
}
