#ifndef TRILITH_WEIGHTS_DECODE_HPP
#define TRILITH_WEIGHTS_DECODE_HPP

#include <trilith/weights/matrix.hpp>
#include <trilith/weights/plain.hpp>

#include <vector>

namespace trilith::inline TRILITH_ABI {

/// All codes of row r, in order; codes: [cols].
template <class W, class P>
void unpack_codes(const packed_matrix<W, P>& m, std::size_t r, std::int8_t* codes) noexcept {
  for (std::size_t g = 0; g < m.groups_per_row(); ++g) {
    const std::size_t first = g * m.group();
    packing::unpack_row<P>(m.row(r) + g * m.group_bytes(), min_of(m.group(), m.cols - first),
                           codes + first);
  }
}

/// out_i = scale * code_i for row r; out: [cols]. Exact.
template <class W, class P>
void decode_row(const packed_matrix<W, P>& m, std::size_t r, float* out) noexcept {
  std::int8_t codes[P::block];
  for (std::size_t g = 0; g < m.groups_per_row(); ++g) {
    const std::size_t start = g * m.group();
    const std::size_t n = min_of(m.group(), m.cols - start);
    for (std::size_t first = 0; first < n; first += P::block) {
      const std::size_t count =
          packing::unpack_block<P>(m.row(r) + g * m.group_bytes(), n, first, codes);
      for (std::size_t i = 0; i < count; ++i)
        out[start + first + i] = weights::decode<W>(codes[i], m.scale(r, g));
    }
  }
}
template <class W>
void decode_row(const plain_matrix<W>& m, std::size_t r, float* out) noexcept {
  for (std::size_t i = 0; i < m.cols; ++i) out[i] = W::load(m.row(r)[i]);
}

/// All rows as floats. Exact.
template <class Matrix>
[[nodiscard]] plain_matrix<weights::f32> decoded(const Matrix& m) {
  plain_matrix<weights::f32> out(m.rows, m.cols);
  for (std::size_t r = 0; r < m.rows; ++r) decode_row(m, r, out.row(r));
  return out;
}

/// The same codes and scales in another packing. Lossless.
template <packing::Packing To, class W, class From>
[[nodiscard]] packed_matrix<W, To> change_packing(const packed_matrix<W, From>& m) {
  packed_matrix<W, To> out(m.rows, m.cols);
  out.scales = m.scales;
  std::vector<std::int8_t> codes(m.cols);
  for (std::size_t r = 0; r < m.rows; ++r) {
    unpack_codes(m, r, codes.data());
    for (std::size_t g = 0; g < m.groups_per_row(); ++g) {
      const std::size_t first = g * m.group();
      packing::pack_row<To>(codes.data() + first, min_of(m.group(), m.cols - first),
                            out.row(r) + g * out.group_bytes());
    }
  }
  return out;
}

}  // namespace trilith::inline TRILITH_ABI

#endif
