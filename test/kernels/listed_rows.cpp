// Products with some rows of a matrix, on every target this machine runs: the bits of the whole
// product, and nothing else is written.
#include <trilith/activations/int8.hpp>
#include <trilith/backends/automatic.hpp>
#include <trilith/backends/multiply.hpp>
#include <trilith/backends/reference.hpp>
#include <trilith/core/random.hpp>
#include <trilith/core/thread_pool.hpp>
#include <trilith/weights/binary.hpp>
#include <trilith/weights/quantize.hpp>
#include <trilith/weights/ternary.hpp>

#include "every_target.hpp"

#include "catch.hpp"

#include <vector>

namespace {

using namespace trilith;
using automatic = backends::automatic;

std::vector<float> numbers(std::uint64_t seed, std::size_t n) {
  std::vector<float> out(n);
  for (std::size_t i = 0; i < n; ++i)
    out[i] = static_cast<float>(philox(seed, 0, i)[0]) * 0x1p-31f - 1.0f;
  return out;
}

/// About `percent` of the rows, ascending.
std::vector<std::uint32_t> some_rows(std::size_t rows, unsigned percent) {
  std::vector<std::uint32_t> out;
  for (std::uint32_t r = 0; r < rows; ++r)
    if (philox(5, percent, r)[0] % 100 < percent) out.push_back(r);
  return out;
}

template <class M>
void check(const M& w, unsigned percent, std::size_t threads) {
  INFO(w.rows << " x " << w.cols << ", " << percent << "% of the rows, " << threads << " threads");
  const thread_pool pool(threads);
  const auto x = numbers(2, w.cols);
  activation_buffer buffer(1, w.cols, 1, threads);
  const auto q = buffer.quantize<activations::int8<>>(span2d<const float>(x.data(), 1, w.cols),
                                                      w.group(), pool.get());
  std::vector<float> all(w.rows), found(w.rows, 77.0f), wanted(w.rows, 77.0f);
  multiply<automatic>(w, q, {all.data(), 1, w.rows}, pool.get());
  const auto rows = some_rows(w.rows, percent);
  for (const std::uint32_t r : rows) wanted[r] = all[r];
  multiply_rows<automatic>(w, q, {rows.data(), rows.size()}, {found.data(), 1, w.rows}, pool.get());
  CHECK(found == wanted);
}

template <class W, class P>
void check_packing() {
  for (const auto& [rows, cols] :
       {std::pair<std::size_t, std::size_t>{1, 1}, {7, 65}, {300, 320}, {97, 1003}, {64, 2560}})
    for (const unsigned percent : {0u, 3u, 50u, 100u})
      for (const std::size_t threads : {1u, 3u})
        check(pack_matrix<W, P>(numbers(1, rows * cols).data(), rows, cols), percent, threads);
}

}  // namespace

TEMPLATE_TEST_CASE("listed rows of ternary weights", "[simd]", packing::bits2, packing::base3,
                   packing::bits4, packing::bits8) {
  test::on_every_target([] { check_packing<weights::ternary<>, TestType>(); });
}

TEST_CASE("listed rows of binary weights, a scale a row", "[simd]") {
  test::on_every_target([] { check_packing<weights::binary<scale::per_row>, packing::bits1>(); });
}

TEST_CASE("which backends list rows", "[simd]") {
  using ternary = packed_matrix<weights::ternary<>, packing::base3>;
  static_assert(multiplies_rows<automatic, ternary, std::int8_t>);
  static_assert(multiplies_rows<backends::simd, ternary, std::int8_t>);
  static_assert(!multiplies_rows<automatic, ternary, float>);
  static_assert(multiplies_rows<backends::portable, ternary, std::int8_t>);
  static_assert(!multiplies_rows<backends::reference, ternary, std::int8_t>);
  static_assert(!multiplies_rows<automatic, plain_matrix<weights::f32>, std::int8_t>);
}
