#ifndef TRILITH_BENCH_MEASURE_RANDOM_WEIGHTS_HPP
#define TRILITH_BENCH_MEASURE_RANDOM_WEIGHTS_HPP

#include <trilith/trilith.hpp>

#include <algorithm>
#include <cstring>
#include <vector>

namespace bench {

/// Random numbers of a fixed seed (splitmix64).
class random_numbers {
 public:
  explicit random_numbers(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::uint64_t next() noexcept {
    std::uint64_t x = state_ += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
  }
  [[nodiscard]] std::size_t below(std::size_t n) noexcept { return (next() >> 32) * n >> 32; }
  [[nodiscard]] float symmetric() noexcept {  ///< in [-1, 1)
    return static_cast<float>(next() >> 40) * 0x1p-23f - 1.0f;
  }

 private:
  std::uint64_t state_;
};

/// A packed row of valid random codes.
template <class Matrix>
void fill_row(const Matrix& m, random_numbers& random, std::uint8_t* bytes) {
  using W = typename Matrix::weights;
  constexpr std::size_t choices = (W::max_code - W::min_code) / W::code_step + 1;
  std::vector<std::int8_t> codes(m.group());
  for (std::size_t first = 0; first < m.cols; first += m.group()) {
    const std::size_t n = std::min(m.group(), m.cols - first);
    for (std::size_t i = 0; i < n; ++i)
      codes[i] = static_cast<std::int8_t>(W::min_code +
                                          W::code_step * static_cast<int>(random.below(choices)));
    trilith::packing::pack_row<typename Matrix::packing>(codes.data(), n, bytes);
    bytes += m.group_bytes();
  }
}

/// Codes and one scale. To fill gigabytes in seconds, the rows are drawn from a few random ones.
template <class Matrix>
  requires(Matrix::is_coded)
void fill_random(Matrix& m, random_numbers& random) {
  constexpr std::size_t kinds = 64;
  const std::size_t row_bytes = m.row_bytes();
  std::vector<std::uint8_t> rows(kinds * row_bytes);
  for (std::size_t k = 0; k < std::min(kinds, m.rows); ++k)
    fill_row(m, random, rows.data() + k * row_bytes);
  for (std::size_t r = 0; r < m.rows; ++r)
    std::memcpy(m.row(r), rows.data() + random.below(std::min(kinds, m.rows)) * row_bytes,
                row_bytes);
  for (float& scale : m.scales) scale = 0.02f;
}
template <class Matrix>
  requires(!Matrix::is_coded)
void fill_random(Matrix& m, random_numbers& random) {
  for (auto& element : m.elements) element = Matrix::weights::store(0.035f * random.symmetric());
}

}  // namespace bench

#endif
