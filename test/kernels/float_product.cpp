// Float products of every target this machine runs, against a plain loop with the same chain of
// multiply-adds: bit by bit, for all strides, odd sizes and thread counts.
#include <trilith/backends/float_product.hpp>
#include <trilith/core/random.hpp>
#include <trilith/core/thread_pool.hpp>

#include "catch.hpp"
#include "every_target.hpp"

#include <cmath>
#include <cstring>
#include <vector>

namespace {

using namespace trilith;
using floats = std::vector<float>;

struct sizes {
  std::size_t m, k, n;
};

float value(std::uint64_t seed, std::size_t i) {
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

float plain(const float_matrix& left, const float_matrix& right, std::size_t m, std::size_t n,
            float sum, bool fuses) {
  for (std::size_t k = 0; k < left.cols; ++k) {
    const volatile float product = left(m, k) * right(k, n);
    sum = fuses ? std::fma(left(m, k), right(k, n), sum) : sum + product;
  }
  return sum;
}

floats plain(const float_matrix& left, const float_matrix& right, const floats* before,
             bool fuses) {
  floats out(left.rows * right.cols);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = plain(left, right, i / right.cols, i % right.cols,
                   before == nullptr ? 0.0f : (*before)[i], fuses);
  return out;
}

bool same(const floats& a, const floats& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

/// multiply_floats into rows that lie 5 floats further apart than they are wide.
floats product(const float_matrix& left, const float_matrix& right, const floats* before,
               std::size_t threads) {
  const thread_pool pool(threads);
  const std::size_t rows = left.rows, cols = right.cols, stride = cols + 5;
  floats out(rows * stride, -7.0f), packed(rows * cols), memory(float_product_memory(threads));
  for (std::size_t i = 0; before != nullptr && i < before->size(); ++i)
    out[i / cols * stride + i % cols] = (*before)[i];
  multiply_floats(left, right, {out.data(), rows, cols, stride}, before != nullptr, memory,
                  pool.get());
  for (std::size_t i = 0; i < out.size(); ++i)
    if (i % stride < cols)
      packed[i / stride * cols + i % stride] = out[i];
    else if (out[i] != -7.0f)
      FAIL("wrote past the end of a row");
  return packed;
}

void check(const sizes& s, std::size_t left_step, std::size_t right_step, unsigned turned,
           std::size_t threads) {
  const bool fuses = simd::gradients().fuses;
  INFO(s.m << " x " << s.k << " x " << s.n << ", turned " << turned << ", " << threads
           << " threads");
  const strided left(s.m, s.k, (turned & 1u) != 0, left_step, 1);
  const strided right(s.k, s.n, (turned & 2u) != 0, right_step, 2);
  floats before(s.m * s.n);
  for (std::size_t i = 0; i < before.size(); ++i) before[i] = value(3, i);
  for (const floats* const start : {static_cast<floats*>(nullptr), &before})
    CHECK(same(product(left.view, right.view, start, threads),
               plain(left.view, right.view, start, fuses)));
}

}  // namespace

TEST_CASE("float products with any strides", "[simd][gradients]") {
  test::on_every_target([] {
    for (const sizes s : {sizes{1, 1, 1}, {7, 5, 3}, {16, 16, 16}, {17, 33, 49}, {40, 20, 100}})
      for (unsigned turned = 0; turned < 4; ++turned)
        for (const std::size_t left : {1u, 2u})
          for (const std::size_t right : {1u, 3u}) check(s, left, right, turned, 1);
  });
}

TEST_CASE("float products of many blocks, shared by threads", "[simd][gradients]") {
  test::on_every_target([] {
    for (std::size_t threads = 1; threads <= 4; ++threads) {
      check({150, 271, 101}, 1, 1, static_cast<unsigned>(threads - 1), threads);
      check({3, 530, 500}, 1, 1, static_cast<unsigned>(threads - 1), threads);
      check({790, 9, 20}, 1, 1, static_cast<unsigned>(threads - 1), threads);
    }
  });
}

TEST_CASE("float products of nothing", "[simd][gradients]") {
  test::on_every_target([] {
    for (const sizes s : {sizes{5, 0, 20}, {0, 5, 20}, {5, 20, 0}, {0, 0, 0}})
      for (unsigned turned = 0; turned < 4; ++turned) check(s, 1, 1, turned, 2);
  });
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
