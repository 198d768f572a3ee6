#ifndef TRILITH_WEIGHTS_MATRIX_HPP
#define TRILITH_WEIGHTS_MATRIX_HPP

#include <trilith/core/aligned_buffer.hpp>
#include <trilith/core/span2d.hpp>
#include <trilith/packing/packing.hpp>
#include <trilith/weights/scale.hpp>
#include <trilith/weights/weights.hpp>

namespace trilith::inline TRILITH_ABI {

/// The codes and scales of a matrix [rows, cols] of coded weights W, packed by P.
///
/// A row is groups_per_row() packed rows of `group` codes, one after the other; see
/// packing/planar.hpp for the bytes.
template <weights::CodedWeights W, packing::Packing P>
struct packed_matrix {
  static_assert(packing::holds<P, W>,
                "trilith::packed_matrix: this packing cannot hold the codes of these weights; "
                "choose one whose range covers min_code ... max_code (docs/errors.md).");
  using weights = W;
  using packing = P;
  using format = P;
  using granularity = typename W::granularity;
  static constexpr bool is_coded = true;

  packed_matrix() = default;
  packed_matrix(std::size_t r, std::size_t c)
      : rows(r), cols(c), codes(r * row_bytes_of(c)), scales(granularity::count(r, c)) {}
  packed_matrix(std::size_t r, std::size_t c, not_zeroed how)
      : rows(r), cols(c), codes(r * row_bytes_of(c), how), scales(granularity::count(r, c)) {}

  std::size_t rows = 0;  ///< Out
  std::size_t cols = 0;  ///< In
  aligned_buffer<std::uint8_t> codes;
  aligned_buffer<float> scales;

  [[nodiscard]] std::size_t group() const noexcept { return granularity::group(cols); }
  [[nodiscard]] std::size_t groups_per_row() const noexcept { return groups_of(cols); }
  [[nodiscard]] std::size_t group_bytes() const noexcept { return P::row_bytes(group()); }
  [[nodiscard]] std::size_t row_bytes() const noexcept { return row_bytes_of(cols); }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return codes.size() + scales.size() * sizeof(float);
  }

  [[nodiscard]] const std::uint8_t* row(std::size_t r) const noexcept {
    return codes.data() + r * row_bytes();
  }
  [[nodiscard]] std::uint8_t* row(std::size_t r) noexcept { return codes.data() + r * row_bytes(); }
  [[nodiscard]] float scale(std::size_t r, std::size_t g) const noexcept {
    return scales[scale_index(r, g)];
  }
  [[nodiscard]] float& scale(std::size_t r, std::size_t g) noexcept {
    return scales[scale_index(r, g)];
  }

  /// Bytes of one row of c weights.
  [[nodiscard]] static constexpr std::size_t row_bytes_of(std::size_t c) noexcept {
    if (c == 0) return 0;
    const std::size_t n = granularity::group(c);
    const std::size_t last = c - (groups_of(c) - 1) * n;
    return (groups_of(c) - 1) * P::row_bytes(n) + P::row_bytes(last);
  }
  [[nodiscard]] static constexpr std::size_t groups_of(std::size_t c) noexcept {
    return c == 0 ? 0 : ceil_div(c, granularity::group(c));
  }

 private:
  [[nodiscard]] std::size_t scale_index(std::size_t r, std::size_t g) const noexcept {
    return r * granularity::row_step(cols) + g * granularity::group_step;
  }
};

/// A matrix [rows, cols] of floating-point elements, row-major.
template <weights::PlainWeights W>
struct plain_matrix {
  using weights = W;
  using format = W;
  using element = typename W::element;
  static constexpr bool is_coded = false;

  plain_matrix() = default;
  plain_matrix(std::size_t r, std::size_t c) : rows(r), cols(c), elements(r * c) {}
  plain_matrix(std::size_t r, std::size_t c, not_zeroed how)
      : rows(r), cols(c), elements(r * c, how) {}

  std::size_t rows = 0;
  std::size_t cols = 0;
  aligned_buffer<element> elements;

  [[nodiscard]] std::size_t bytes() const noexcept { return elements.size() * sizeof(element); }
  [[nodiscard]] element* row(std::size_t r) noexcept { return elements.data() + r * cols; }
  [[nodiscard]] const element* row(std::size_t r) const noexcept {
    return elements.data() + r * cols;
  }
};

/// A vector of float parameters, such as the gains of a norm.
struct parameter_vector {
  parameter_vector() = default;
  explicit parameter_vector(std::size_t n) : values(n) {}
  aligned_buffer<float> values;
  [[nodiscard]] std::size_t size() const noexcept { return values.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return values.size() * sizeof(float); }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
