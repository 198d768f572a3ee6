#ifndef TRILITH_TEST_FLOAT_PRODUCTS_HPP
#define TRILITH_TEST_FLOAT_PRODUCTS_HPP

#include <trilith/backends/float_product.hpp>
#include <trilith/core/random.hpp>
#include <trilith/core/thread_pool.hpp>

#include "catch.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

/// Matrices for tests of multiply_floats() and multiply_bf16().
namespace test {

using namespace trilith;
using floats = std::vector<float>;

struct sizes {
  std::size_t m, k, n;
};

inline float value(std::uint64_t seed, std::size_t i) {
  const std::uint32_t word = philox(seed, 0, i)[0];
  return (static_cast<float>(word >> 8) * 0x1p-23f - 1.0f) *
         std::ldexp(1.0f, static_cast<int>(word & 7u));
}

/// A matrix whose elements lie `row_step` and `col_step` apart and that ends with its allocation.
struct strided {
  floats memory;
  float_matrix view;
  strided(std::size_t rows, std::size_t cols, bool turned, std::size_t step, std::uint64_t seed) {
    const std::size_t inner = turned ? rows : cols, outer = turned ? cols : rows;
    const std::size_t row = step * inner + 3;
    memory.resize(1 + (outer == 0 || inner == 0 ? 0 : (outer - 1) * row + (inner - 1) * step + 1));
    for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = value(seed, i);
    view.data = memory.data() + 1;
    view.rows = rows, view.cols = cols;
    view.row_step = turned ? step : row;
    view.col_step = turned ? row : step;
  }
};

inline bool same(const floats& a, const floats& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

/// multiply(left, right, out, adds, memory, executor) into rows that lie 5 floats further apart
/// than they are wide.
template <class Multiply>
floats product(const Multiply& multiply, const float_matrix& left, const float_matrix& right,
               const floats* before, std::size_t threads) {
  const thread_pool pool(threads);
  const std::size_t rows = left.rows, cols = right.cols, stride = cols + 5;
  floats out(rows * stride, -7.0f), packed(rows * cols), memory(float_product_memory(threads));
  for (std::size_t i = 0; before != nullptr && i < before->size(); ++i)
    out[i / cols * stride + i % cols] = (*before)[i];
  multiply(left, right, span2d<float>(out.data(), rows, cols, stride), before != nullptr,
           std::span<float>(memory), pool.get());
  for (std::size_t i = 0; i < out.size(); ++i)
    if (i % stride < cols)
      packed[i / stride * cols + i % stride] = out[i];
    else if (out[i] != -7.0f)
      FAIL("wrote past the end of a row");
  return packed;
}

/// The products of two strided matrices, from nothing and added to something, by multiply() and by
/// plain(left, right, m, n, sum), which continues the sum of one output.
template <class Multiply, class Plain>
void check_product(const Multiply& multiply, const Plain& plain, const float_matrix& left,
                   const float_matrix& right, std::size_t threads) {
  INFO(left.rows << " x " << left.cols << " x " << right.cols << ", " << threads << " threads");
  floats before(left.rows * right.cols);
  for (std::size_t i = 0; i < before.size(); ++i) before[i] = value(3, i);
  for (const bool adds : {false, true}) {
    floats wanted(before.size());
    for (std::size_t i = 0; i < wanted.size(); ++i)
      wanted[i] = plain(left, right, i / right.cols, i % right.cols, adds ? before[i] : 0.0f);
    CHECK(same(product(multiply, left, right, adds ? &before : nullptr, threads), wanted));
  }
}

/// The same of random matrices: `turned` has a bit for each that is transposed.
template <class Multiply, class Plain>
void check_product(const Multiply& multiply, const Plain& plain, const sizes& s,
                   std::size_t left_step, std::size_t right_step, unsigned turned,
                   std::size_t threads) {
  INFO("turned " << turned);
  const strided left(s.m, s.k, (turned & 1u) != 0, left_step, 1);
  const strided right(s.k, s.n, (turned & 2u) != 0, right_step, 2);
  check_product(multiply, plain, left.view, right.view, threads);
}

/// Odd sizes with any strides; many blocks, shared by threads; nothing.
template <class Multiply, class Plain>
void check_small_products(const Multiply& multiply, const Plain& plain) {
  for (const sizes s : {sizes{1, 1, 1}, {7, 5, 3}, {16, 16, 16}, {17, 33, 49}, {40, 20, 100}})
    for (unsigned turned = 0; turned < 4; ++turned)
      for (const std::size_t left : {1u, 2u})
        for (const std::size_t right : {1u, 3u})
          check_product(multiply, plain, s, left, right, turned, 1);
}
template <class Multiply, class Plain>
void check_shared_products(const Multiply& multiply, const Plain& plain) {
  for (std::size_t threads = 1; threads <= 4; ++threads)
    for (const sizes s : {sizes{150, 271, 101}, {3, 530, 500}, {790, 9, 20}, {20, 1001, 60}})
      check_product(multiply, plain, s, 1, 1, static_cast<unsigned>(threads - 1), threads);
}
template <class Multiply, class Plain>
void check_empty_products(const Multiply& multiply, const Plain& plain) {
  for (const sizes s : {sizes{5, 0, 20}, {0, 5, 20}, {5, 20, 0}, {0, 0, 0}})
    for (unsigned turned = 0; turned < 4; ++turned)
      check_product(multiply, plain, s, 1, 1, turned, 2);
}

/// [rows, cols] of value(i).
template <class Value>
floats matrix(std::size_t rows, std::size_t cols, const Value& value) {
  floats x(rows * cols);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = value(i);
  return x;
}
inline float_matrix view(const floats& x, std::size_t rows, std::size_t cols) {
  return span2d<const float>(x.data(), rows, cols);
}

/// Numbers around the smallest operand of bfloat16 products, whose sums cancel to multiples of
/// 2^-126, and below it.
template <class Multiply, class Plain>
void check_tiny_products(const Multiply& multiply, const Plain& plain) {
  const auto tiny = [](std::size_t i) {
    const auto word = philox(11, 0, i)[0];
    return std::ldexp(static_cast<float>(static_cast<int>(word >> 8 & 511u) - 255),
                      -63 - static_cast<int>(word & 7u));
  };
  const auto a = matrix(20, 37, tiny), b = matrix(37, 40, tiny);
  check_product(multiply, plain, view(a, 20, 37), view(b, 37, 40), 1);
}

/// What is not finite shows in the outputs of its row, and in no other.
template <class Multiply>
void check_special_products(const Multiply& multiply) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const auto ends_in_ones = std::bit_cast<float>(0x7FFFFFFFu);
  for (const float special :
       {infinity, -infinity, std::numeric_limits<float>::quiet_NaN(), ends_in_ones}) {
    floats a(20 * 5, 1.0f), b(5 * 20, 1.0f);
    a[3 * 5 + 4] = special;
    const auto out = product(multiply, view(a, 20, 5), view(b, 5, 20), nullptr, 1);
    for (std::size_t i = 0; i < out.size(); ++i)
      if (i / 20 != 3)
        CHECK(out[i] == 5.0f);
      else
        CHECK((std::isnan(special) ? std::isnan(out[i]) : out[i] == special));
  }
}

}  // namespace test

#endif
