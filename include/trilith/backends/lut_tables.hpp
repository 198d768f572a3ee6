#ifndef TRILITH_BACKENDS_LUT_TABLES_HPP
#define TRILITH_BACKENDS_LUT_TABLES_HPP

#include <trilith/packing/packing.hpp>

/// What backends::lut looks up: for a byte of a packed row, the sum it stands for.
///
///     table[byte] = sum_f code(byte, f) * x_f        x_f: the activation that field f meets
namespace trilith::inline TRILITH_ABI::backends::detail {

/// An entry holds the sum of one token, or those of eight tokens side by side, which one addition
/// of 16 bytes adds (SSE2 and NEON have it, no flag needed).
using one_token = std::int16_t;
using eight_tokens = std::int16_t __attribute__((vector_size(16)));

template <class Entry>
inline constexpr std::size_t tokens_of = sizeof(Entry) / sizeof(std::int16_t);

/// Tables whose entries are added before the sum is widened to 32 bits.
inline constexpr std::size_t sums_in_16_bits = 8;

template <packing::Packing P>
inline constexpr int largest_code = max_of(-int{P::offset}, int{P::max_code});

/// Whether table lookup suits P: a lookup replaces four products or more, and 8 entries add up in
/// 16 bits whatever the activations (-128 ... 127).
template <class P>
inline constexpr bool has_tables = false;
template <packing::Packing P>
inline constexpr bool has_tables<P> =
    P::fields >= 4 && sums_in_16_bits * P::fields * std::size_t{128} * largest_code<P> <= 32767;

/// The bytes that P produces, 81 of bits2, 243 of base3, 256 of bits1: byte i holds the digits of i
/// in base `levels`, that of field 0 first.
template <packing::Packing P>
struct byte_values {
  static constexpr std::size_t levels = std::size_t{(P::max_code - P::offset) / P::step + 1};
  static constexpr std::size_t size = [] {
    std::size_t n = 1;
    for (std::size_t f = 0; f < P::fields; ++f) n *= levels;
    return n;
  }();
  static constexpr std::array<std::uint8_t, size> bytes = [] {
    std::array<std::uint8_t, size> all{};
    for (std::size_t i = 0; i < size; ++i) {
      std::array<std::uint8_t, P::fields> raws{};
      for (std::size_t f = 0, rest = i; f < P::fields; ++f, rest /= levels)
        raws[f] = static_cast<std::uint8_t>(rest % levels);
      all[i] = P::join(raws);
    }
    return all;
  }();
};

/// sum += n * x
template <class Entry>
constexpr void add_times(Entry& sum, int n, const Entry& x) noexcept {
  if constexpr (tokens_of<Entry> == 1)
    sum = static_cast<Entry>(sum + n * x);
  else
    sum += static_cast<std::int16_t>(n) * x;
}

/// Fills the table of one byte; bytes that P never produces are left as they are. Every entry is
/// one whose code in one field is a step lower, plus that step: one addition each.
template <packing::Packing P, class Entry>
constexpr void fill_table(Entry* table, const Entry (&x)[P::fields]) noexcept {
  using values = byte_values<P>;
  const std::uint8_t* const byte = values::bytes.data();
  Entry lowest{};
  for (const Entry& xf : x) add_times(lowest, P::offset, xf);
  table[byte[0]] = lowest;
  std::size_t known = 1;
  for (const Entry& xf : x) {
    Entry step{};
    add_times(step, P::step, xf);
    for (std::size_t i = 0; i < known; ++i) {
      Entry sum = table[byte[i]];
      for (std::size_t v = 1; v < values::levels; ++v) {
        add_times(sum, 1, step);
        table[byte[v * known + i]] = sum;
      }
    }
    known *= values::levels;
  }
}

/// The activations that the fields of byte b of a packed row of n codes meet, 0 where a field holds
/// no code. x: [count, n] int8, at most one for each token of an entry.
template <packing::Packing P, class Entry>
constexpr void gather_fields(Entry (&fields)[P::fields], std::size_t b, std::size_t n,
                             const std::int8_t* x, std::size_t stride, std::size_t count) noexcept {
  const std::size_t first = b / packing::plane_bytes * P::block;
  const std::size_t width = P::plane_width(n, first);
  for (std::size_t f = 0; f < P::fields; ++f) {
    fields[f] = Entry{};
    const std::size_t i = first + f * width + b % packing::plane_bytes;
    if (i >= n) continue;
    if constexpr (tokens_of<Entry> == 1)
      fields[f] = std::int16_t{x[i]};
    else
      for (std::size_t t = 0; t < count; ++t) fields[f][t] = std::int16_t{x[t * stride + i]};
  }
}

}  // namespace trilith::inline TRILITH_ABI::backends::detail

#endif
