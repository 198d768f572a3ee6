#ifndef TRILITH_TEST_FLOAT_PRODUCTS_HPP
#define TRILITH_TEST_FLOAT_PRODUCTS_HPP

#include <trilith/backends/float_product.hpp>
#include <trilith/core/random.hpp>
#include <trilith/core/thread_pool.hpp>

#include "catch.hpp"

#include <cmath>
#include <cstring>
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

}  // namespace test

#endif
