#ifndef TRILITH_TEST_LAYOUTS_FIXTURE_HPP
#define TRILITH_TEST_LAYOUTS_FIXTURE_HPP

#include <trilith/packing/hf_u8.hpp>
#include <trilith/packing/i2_s.hpp>
#include <trilith/packing/q1_0.hpp>
#include <trilith/packing/q2_0.hpp>
#include <trilith/packing/tq1_0.hpp>
#include <trilith/packing/tq2_0.hpp>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <trilith/core/random.hpp>

namespace test {

using bytes = std::vector<std::uint8_t>;
using codes = std::vector<std::int8_t>;

/// The formulas of test/fixtures/make_layouts.py.
inline std::uint32_t mix(std::uint32_t i) {
  i = (i + 1) * 0x9E3779B9u;
  i = (i ^ i >> 16) * 0x85EBCA6Bu;
  return i ^ i >> 13;
}
inline std::int8_t code(std::size_t i) {
  return static_cast<std::int8_t>(static_cast<int>(mix(static_cast<std::uint32_t>(i)) % 3) - 1);
}
inline float scale(std::size_t g) {
  return static_cast<float>(1 + mix(static_cast<std::uint32_t>(g)) % 15) / 16;
}
inline float sample(std::size_t i) {
  const int top = static_cast<int>(mix(static_cast<std::uint32_t>(i)) % 509) - 254;
  return static_cast<float>(top) / static_cast<float>(1u << (i / 32));
}

inline bytes layout_fixture(const std::string& name) {
  std::ifstream file(std::string(TRILITH_TEST_FIXTURES_DIR) + "/layouts/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A matrix of random codes of the layout L, and what L makes of it.
template <class L>
struct matrix {
  std::size_t rows, cols;
  test::codes codes;
  std::vector<float> scales;
  bytes data;

  matrix(std::size_t row_count, std::size_t col_count)
      : rows(row_count),
        cols(col_count),
        codes(rows * cols),
        scales(rows * groups(), 1.0f),
        data(L::bytes(rows, cols)) {
    constexpr unsigned levels = (L::max_code - L::min_code) / L::code_step + 1;
    for (std::size_t i = 0; i < codes.size(); ++i)
      codes[i] = static_cast<std::int8_t>(
          L::min_code + L::code_step * static_cast<int>(trilith::philox(2, cols, i)[0] % levels));
    for (std::size_t g = 0; g < scales.size(); ++g)
      scales[g] = L::group == 0 ? 0.75f : scale(g);  // exact in binary16
    for (std::size_t r = rows; r-- > 0;) pack(r);    // in any order
  }
  std::size_t groups() const { return trilith::packing::scales_of_row<L>(cols); }
  void pack(std::size_t r) {
    L::pack_row(codes.data() + r * cols, scales.data() + r * groups(), rows, cols, r, data.data());
  }
};

/// The rows as bits2, by way of the codes; each row in `stride` bytes, the rest 0xEE.
template <class L>
bytes bits2_by_codes(const matrix<L>& m, std::size_t stride) {
  bytes out(m.rows * stride, 0xEE);
  test::codes room(m.cols);
  for (std::size_t r = 0; r < m.rows; ++r)
    trilith::packing::repack_row<L, trilith::packing::bits2>(m.data.data(), m.rows, m.cols, r, 0,
                                                             room.data(), out.data() + r * stride);
  return out;
}

}  // namespace test

#endif
