#ifndef TRILITH_TEST_SMALL_PRODUCT_HPP
#define TRILITH_TEST_SMALL_PRODUCT_HPP

#include <trilith/trilith.hpp>

#include <cstddef>
#include <cstdint>

/// What a program does with the library, in the small: quantises a matrix, packs it, and multiplies
/// it through the kernel table. Internal linkage, so that each file has its own.
namespace {

constexpr std::size_t product_rows = 5, product_cols = 172;

struct small_product {
  using ternary = trilith::weights::ternary<>;
  using packing = trilith::packing::bits2;

  trilith::aligned_buffer<std::int8_t> codes{product_rows * product_cols};
  trilith::aligned_buffer<std::uint8_t> packed{product_rows * packing::row_bytes(product_cols)};
  trilith::aligned_buffer<std::int8_t> x{product_cols};
  float scale = 0, x_scale = 0;

  small_product() {
    float w[product_rows * product_cols], in[product_cols];
    for (std::size_t i = 0; i < product_rows * product_cols; ++i) w[i] = wave(i, 37, 101);
    for (std::size_t i = 0; i < product_cols; ++i) in[i] = wave(i, 29, 83);
    const auto c = ternary::calibrate(w, product_rows * product_cols);
    scale = c.scale;
    for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = ternary::encode(w[i], c, i);
    for (std::size_t r = 0; r < product_rows; ++r)
      trilith::packing::pack_row<packing>(codes.data() + r * product_cols, product_cols,
                                          packed.data() + r * packing::row_bytes(product_cols));
    x_scale = trilith::activations::int8<>::quantize(in, x.data(), product_cols);
  }

  /// y[r] through the kernel table.
  void by_kernel(float* y) const {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < product_cols; ++i) sum += x[i];
    trilith::simd::product p;
    p.weights = packed.data();
    p.rows = product_rows;
    p.cols = p.group = p.x_stride = product_cols;
    p.row_bytes = p.group_bytes = packing::row_bytes(product_cols);
    p.scales = &scale;
    p.x = x.data();
    p.x_scales = &x_scale;
    p.x_sums = &sum;
    p.tokens = 1;
    p.y = y;
    p.y_stride = product_rows;
    const auto format = static_cast<std::size_t>(trilith::simd::weight_format::bits2);
    trilith::simd::kernels().int8[format](p, 0, product_rows);
  }

  /// y[r] by the definition.
  void by_hand(float* y) const {
    for (std::size_t r = 0; r < product_rows; ++r) {
      std::int32_t sum = 0;
      for (std::size_t i = 0; i < product_cols; ++i) sum += codes[r * product_cols + i] * x[i];
      y[r] = static_cast<float>(sum) * scale * x_scale;
    }
  }

  static float wave(std::size_t i, std::size_t step, std::size_t period) {
    return static_cast<float>(i * step % period) / static_cast<float>(period) - 0.5f;
  }
};

}  // namespace

#endif
