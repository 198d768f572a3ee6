#ifndef TRILITH_BACKENDS_LUT_HPP
#define TRILITH_BACKENDS_LUT_HPP

#include <trilith/backends/lut_tables.hpp>
#include <trilith/backends/portable.hpp>

#include <utility>

namespace trilith::inline TRILITH_ABI::backends {

namespace detail {

/// Rows of a product for the tokens of one entry: the tables of some bytes of a row are filled, all
/// rows add what they look up there, then come the next bytes. 64 KiB, meant for the stack.
template <packing::Packing P, class Entry>
class table_product {
 public:
  static constexpr std::size_t tokens = tokens_of<Entry>;

  /// Rows [first, last) for the `count` tokens from t on.
  void run(const product& p, std::size_t first, std::size_t last, std::size_t t,
           std::size_t count) noexcept {
    for (std::size_t o = first; o < last; o += most_rows)
      for (std::size_t g = 0; g * p.group < p.cols; ++g) {
        const block rows{o, min_of(last - o, most_rows), t, count, g};
        sum_group(p, rows);
        scale_group(p, rows);
      }
  }

 private:
  // Half of a level 1 cache for the tables. A table costs about as much as 300 (eight tokens) or
  // 150 lookups, so it serves as many rows as sums of 32 KiB belong to: 1024 or 8192.
  static constexpr std::size_t most_bytes = 32768 / sizeof(Entry[256]);
  static constexpr std::size_t most_rows = 32768 / sizeof(std::int32_t[tokens]);
  static constexpr std::size_t at_once = tokens == 1 ? 16 : sums_in_16_bits;

  struct block {
    std::size_t first_row, rows, first_token, tokens, group;
  };

  /// sums_[r][t] = sum_{i in g} code[r, i] * x[t, i]
  void sum_group(const product& p, const block& in) noexcept {
    const std::size_t first = in.group * p.group, n = min_of(p.group, p.cols - first);
    const auto* x = static_cast<const std::int8_t*>(p.x) + in.first_token * p.x_stride + first;
    const auto* row = static_cast<const std::uint8_t*>(p.weights) + in.first_row * p.row_bytes +
                      in.group * p.group_bytes;
    __builtin_memset(sums_, 0, in.rows * sizeof sums_[0]);
    const std::size_t bytes = P::row_bytes(n);
    for (std::size_t b = 0; b < bytes; b += most_bytes) {
      const std::size_t count = min_of(bytes - b, most_bytes);
      for (std::size_t k = 0; k < count; ++k) {
        Entry fields[P::fields];
        gather_fields<P>(fields, b + k, n, x, p.x_stride, in.tokens);
        fill_table<P>(tables_[k], fields);
      }
      std::size_t done = 0;
      add_lookups<at_once>(done, count, row + b, p.row_bytes, in.rows);
      add_lookups<4>(done, count, row + b, p.row_bytes, in.rows);
      add_lookups<1>(done, count, row + b, p.row_bytes, in.rows);
    }
  }

  /// Adds what bytes [done, count) of every row stand for, N bytes at a time while there are N.
  template <std::size_t N>
  void add_lookups(std::size_t& done, std::size_t count, const std::uint8_t* row,
                   std::size_t row_bytes, std::size_t rows) noexcept {
    for (; done + N <= count; done += N)
      for (std::size_t r = 0; r < rows; ++r)
        look_up(sums_[r], tables_ + done, row + r * row_bytes + done,
                std::make_index_sequence<N>{});
  }
  template <std::size_t... K>
  static void look_up(std::int32_t (&sum)[tokens], const Entry (*table)[256],
                      const std::uint8_t* byte, std::index_sequence<K...>) noexcept {
    if constexpr (tokens == 1) {
      sum[0] += (std::int32_t{table[K][byte[K]]} + ...);
    } else {
      const Entry part = (table[K][byte[K]] + ...);
      for (std::size_t t = 0; t < tokens; ++t) sum[t] += part[t];
    }
  }

  /// The formula of simd::product; y holds the sum over the groups so far.
  TRILITH_EXACT_FLOAT void scale_group(const product& p, const block& in) const noexcept {
    TRILITH_EXACT_FLOAT_BODY
    for (std::size_t t = 0; t < in.tokens; ++t) {
      float* const y = p.y + (in.first_token + t) * p.y_stride + in.first_row;
      const float* const scales = p.scales + in.first_row * p.scale_row + in.group * p.scale_group;
      for (std::size_t r = 0; r < in.rows; ++r) {
        const float scale = scales[r * p.scale_row] * p.x_scales[in.first_token + t];
        const float before = in.group == 0 ? 0.0f : y[r];
        y[r] = before + static_cast<float>(sums_[r][t]) * scale;
      }
    }
  }

  alignas(64) Entry tables_[most_bytes][256];
  alignas(64) std::int32_t sums_[most_rows][tokens];
};

}  // namespace detail

/// Products by table lookup: what a byte of codes adds to a sum is computed once for each of its
/// values, then every row looks its bytes up and adds, without unpacking or multiplying. Plain C++
/// with nothing to link; ahead of `portable` everywhere and, from a few tokens on, of vector
/// kernels without int8 dot products. @see docs/lut.md
///
/// Any shape, group and row length; sums are exact. Tables are for int8 activations and the
/// packings `detail::has_tables` names (bits1, bits2, base3, a user's own of four codes a byte or
/// more); other formats, and products too small to fill tables for, run as `portable`.
///
/// Cost per token and row: a lookup and an addition per byte of the row; eight tokens cost little
/// more than one. 64 KiB of stack. The idea: arXiv 2407.00088, 2410.16144.
///
///     using ternary = scheme<weights::ternary<>, activations::int8<>, backends::lut>;
struct lut {
  using policy_kind = backend_kind;
  static constexpr std::string_view name = "lut";

  template <Format F, class X>
    requires(packing::Packing<F> || std::is_same_v<X, float>)
  static void run(const product& p, std::size_t first, std::size_t last) noexcept {
    if constexpr (detail::has_tables<F> && !std::is_same_v<X, float>) {
      if ((last - first) * p.tokens >= least_work) return by_tables<F>(p, first, last);
    }
    portable::run<F, X>(p, first, last);
  }

 private:
  static constexpr std::size_t least_work = 32;  ///< rows times tokens that pay for the tables

  template <packing::Packing P>
  static void by_tables(const product& p, std::size_t first, std::size_t last) noexcept {
    std::size_t t = 0;
    for (; t + 1 < p.tokens; t += 8) run_tokens<P, detail::eight_tokens>(p, first, last, t);
    if (t < p.tokens) run_tokens<P, detail::one_token>(p, first, last, t);
  }
  template <packing::Packing P, class Entry>
  static void run_tokens(const product& p, std::size_t first, std::size_t last,
                         std::size_t t) noexcept {
    detail::table_product<P, Entry> part;  // left unset: every part is written before it is read
    part.run(p, first, last, t, min_of(p.tokens - t, detail::tokens_of<Entry>));
  }
};

}  // namespace trilith::inline TRILITH_ABI::backends

#endif
