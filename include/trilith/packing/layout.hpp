#ifndef TRILITH_PACKING_LAYOUT_HPP
#define TRILITH_PACKING_LAYOUT_HPP

#include <trilith/packing/packing.hpp>

namespace trilith::inline TRILITH_ABI::packing {

/// A Layout says how another program stores a whole matrix of coded weights W [rows, cols], codes
/// and scales together: weight (r, c) is scale(r, c / group) * code(r, c). A Packing is how this
/// library stores one row of codes; docs/layouts.md has the pictures of all layouts.
///
///     name, min_code, max_code, code_step   the codes
///     group        weights along a row that share a scale; 0: all of the matrix
///     has_scales   false: the scale is another tensor of the file, and scale() is 1
///     fits(rows, cols)    whether the layout can hold this shape
///     bytes(rows, cols)   what it takes; rows * cols must be a valid std::size_t
///     unpack_row(data, rows, cols, r, codes)
///         writes the cols codes of row r; returns the first column whose code is none of min_code,
///         ..., max_code, or whose byte no packing produces, and cols when all are well
///     scale(data, rows, cols, r, g)   the scale of group g of row r, unchecked: it may be NaN
///     pack_row(codes, scales, rows, cols, r, data)
///         writes row r and the scales of its groups into memory that was zero before the first
///         row; in any order, but one row at a time. The codes must be valid.
template <class T>
concept Layout = PolicyOf<T, layout_kind> &&
                 requires(std::size_t n, const std::uint8_t* data, std::uint8_t* target,
                          std::int8_t* codes, const std::int8_t* source, const float* scales) {
                   { T::min_code } -> std::convertible_to<int>;
                   { T::max_code } -> std::convertible_to<int>;
                   { T::code_step } -> std::convertible_to<int>;
                   { T::group } -> std::convertible_to<std::size_t>;
                   { T::has_scales } -> std::convertible_to<bool>;
                   { T::fits(n, n) } noexcept -> std::same_as<bool>;
                   { T::bytes(n, n) } noexcept -> std::same_as<std::size_t>;
                   { T::unpack_row(data, n, n, n, codes) } noexcept -> std::same_as<std::size_t>;
                   { T::scale(data, n, n, n, n) } noexcept -> std::same_as<float>;
                   { T::pack_row(source, scales, n, n, n, target) } noexcept;
                 };

/// A layout that turns into rows of `bits2` without unpacking. The work is cut into steps(rows)
/// independent steps, each of which writes rows of its own:
///
///     to_bits2(data, rows, cols, first, last, out, out_row_bytes)
///
/// does the steps [first, last); row r goes to out + r * out_row_bytes. Returns a row with an
/// invalid code, after which it stops (unpack_row finds the column), or `rows`. Equal to unpack_row
/// and then pack_row<bits2>, fields without a code included.
template <class T>
concept Bits2Layout =
    Layout<T> && requires(std::size_t n, const std::uint8_t* data, std::uint8_t* out) {
      { T::steps(n) } noexcept -> std::same_as<std::size_t>;
      { T::to_bits2(data, n, n, n, n, out, n) } noexcept -> std::same_as<std::size_t>;
    };

/// Scales that a row of cols weights has in the layout L, or takes part in: never 0.
template <Layout L>
[[nodiscard]] constexpr std::size_t scales_of_row(std::size_t cols) noexcept {
  return L::group == 0 ? 1 : ceil_div(cols, L::group);
}

/// Row r of the layout L as a row of the packing P, in runs of `run` codes each packed by itself
/// (0: the row is one run), as scales for groups of `run` want it. `codes` is room for cols codes.
/// Returns what unpack_row returns; nothing is written unless that is cols.
template <Layout L, Packing P>
  requires(holds<P, L>)
constexpr std::size_t repack_row(const std::uint8_t* data, std::size_t rows, std::size_t cols,
                                 std::size_t r, std::size_t run, std::int8_t* codes,
                                 std::uint8_t* out) noexcept {
  const std::size_t valid = L::unpack_row(data, rows, cols, r, codes);
  if (valid != cols) return valid;
  if (run == 0) run = cols;
  for (std::size_t c = 0; c < cols; c += run, out += P::row_bytes(run))
    pack_row<P>(codes + c, min_of(run, cols - c), out);
  return cols;
}

/// The functions of a layout, for code that does not know its type. `steps` and `to_bits2` are
/// null where the layout has no direct way to bits2.
struct layout_table {
  std::string_view name;
  int min_code = 0, max_code = 0, code_step = 1;
  std::size_t group = 0;
  bool has_scales = false;
  bool (*fits)(std::size_t rows, std::size_t cols) noexcept = nullptr;
  std::size_t (*bytes)(std::size_t rows, std::size_t cols) noexcept = nullptr;
  std::size_t (*scales_of_row)(std::size_t cols) noexcept = nullptr;
  std::size_t (*unpack_row)(const std::uint8_t* data, std::size_t rows, std::size_t cols,
                            std::size_t r, std::int8_t* codes) noexcept = nullptr;
  float (*scale)(const std::uint8_t* data, std::size_t rows, std::size_t cols, std::size_t r,
                 std::size_t g) noexcept = nullptr;
  void (*pack_row)(const std::int8_t* codes, const float* scales, std::size_t rows,
                   std::size_t cols, std::size_t r, std::uint8_t* data) noexcept = nullptr;
  std::size_t (*steps)(std::size_t rows) noexcept = nullptr;
  std::size_t (*to_bits2)(const std::uint8_t* data, std::size_t rows, std::size_t cols,
                          std::size_t first, std::size_t last, std::uint8_t* out,
                          std::size_t out_row_bytes) noexcept = nullptr;
};

template <Layout L>
[[nodiscard]] constexpr layout_table layout_table_of() noexcept {
  layout_table table{.name = L::name,
                     .min_code = L::min_code,
                     .max_code = L::max_code,
                     .code_step = L::code_step,
                     .group = L::group,
                     .has_scales = L::has_scales,
                     .fits = &L::fits,
                     .bytes = &L::bytes,
                     .scales_of_row = &scales_of_row<L>,
                     .unpack_row = &L::unpack_row,
                     .scale = &L::scale,
                     .pack_row = &L::pack_row};
  if constexpr (Bits2Layout<L>) {
    table.steps = &L::steps;
    table.to_bits2 = &L::to_bits2;
  }
  return table;
}

}  // namespace trilith::inline TRILITH_ABI::packing

#endif
