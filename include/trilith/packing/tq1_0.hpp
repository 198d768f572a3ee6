#ifndef TRILITH_PACKING_TQ1_0_HPP
#define TRILITH_PACKING_TQ1_0_HPP

#include <trilith/packing/block_layout.hpp>

namespace trilith::inline TRILITH_ABI::packing {

/// TQ1_0, a ternary layout of ggml: 256 weights in 54 bytes, 1.6875 bits a weight.
///
/// The digits code + 1 lie five to a byte as a number q in base 3, the first digit the highest:
/// byte = ceil(256 q / 243), so byte / 256 is the fraction 0.d0 d1 d2 d3 d4, and digit f is what
/// leaves the top of the byte at its f-th multiplication by 3. The last four bytes hold four each,
/// with a 0 for the fifth. Bytes 0-31: byte p has codes p, p + 32, ..., p + 128. Bytes 32-47: byte
/// p has codes 160 + p, 176 + p, ..., 224 + p. Bytes 48-51: byte p has codes 240 + p, 244 + p, 248
/// + p, 252 + p. Bytes 52-53: the scale as binary16.
struct tq1_0 : detail::coded_blocks<tq1_0, 256, 54, 52> {
  using policy_kind = layout_kind;
  static constexpr std::string_view name = "tq1_0";
  static constexpr int min_code = -1, max_code = 1, code_step = 1;

  /// Whether a packing produces this byte at this place of a block: 243 bytes of the first 48, 81
  /// of the last four.
  [[nodiscard]] static constexpr bool valid(std::size_t at, std::uint8_t byte) noexcept {
    unsigned fraction = byte, power = at < 48 ? 243 : 81;
    for (unsigned n = 1; n < power; n *= 3) fraction = fraction * 3 & 0xFFu;
    return fraction < power;
  }

  static constexpr std::size_t unpack_block(const std::uint8_t* block,
                                            std::int8_t* codes) noexcept {
    detail::word digits[words];
    const bool all_valid = unpack_digits(block, digits);
    for (std::size_t w = 0; w < words; ++w)
      detail::store_word(codes + 8 * w, detail::codes_of(digits[w]));
    if (all_valid) return group;
    std::size_t at = 0;
    while (valid(at, block[at])) ++at;
    return place_of(at).first;
  }

  static constexpr void pack_block(const std::int8_t* codes, std::uint8_t* block) noexcept {
    for (std::size_t at = 0; at < 52; ++at) {
      const places in = place_of(at);
      unsigned q = 0;
      for (std::size_t f = 0; f < 5; ++f)
        q = q * 3 +
            (f < in.count ? static_cast<unsigned>(codes[in.first + f * in.distance] + 1) : 0);
      block[at] = static_cast<std::uint8_t>((q * 256 + 242) / 243);
    }
  }

  [[nodiscard]] static constexpr std::size_t steps(std::size_t rows) noexcept { return rows; }

  static constexpr std::size_t to_bits2(const std::uint8_t* data, std::size_t rows,
                                        std::size_t cols, std::size_t first, std::size_t last,
                                        std::uint8_t* out, std::size_t out_row_bytes) noexcept {
    return detail::blocks_to_bits2<tq1_0>(data, rows, cols, first, last, out, out_row_bytes);
  }

  static constexpr bool block_to_bits2(const std::uint8_t* __restrict block,
                                       std::uint8_t* __restrict out) noexcept {
    detail::word digits[words];  // left unset: to clear them takes a third of the time
    const bool all_valid = unpack_digits(block, digits);
    for (std::size_t w = 0; w < 8; ++w)
      detail::store_word(
          out + 8 * w, digits[w] | digits[8 + w] << 2 | digits[16 + w] << 4 | digits[24 + w] << 6);
    return all_valid;
  }

 private:
  static constexpr std::size_t words = group / 8;

  /// Which codes a byte holds: first, first + distance, ...
  struct places {
    std::size_t first, distance, count;
  };
  [[nodiscard]] static constexpr places place_of(std::size_t at) noexcept {
    if (at < 32) return {at, 32, 5};
    if (at < 48) return {160 + (at - 32), 16, 5};
    return {240 + (at - 48), 4, 4};
  }

  /// Two words, for which compilers use a vector register where there is one.
  using word_pair = detail::word __attribute__((vector_size(16)));

  /// The bytes of a Word as fractions of 256, in lanes of 16 bits: those at even and odd places.
  template <class Word>
  struct fractions {
    static constexpr detail::word low = 0x00FF00FF00FF00FF;
    Word even, odd;

    constexpr explicit fractions(Word bytes) noexcept : even(bytes & low), odd(bytes >> 8 & low) {}

    /// The next digit of each, in a byte.
    constexpr Word take_digits() noexcept {
      even = even + even + even, odd = odd + odd + odd;
      const Word digits = (even >> 8 & low) | (odd & ~low);
      even = even & low, odd = odd & low;
      return digits;
    }
    /// After n digits: 0 if the bytes are valid. What is left, byte * 3^n mod 256, is below
    /// power = 3^n if and only if the byte is ceil(256 q / 3^n) for a whole q.
    [[nodiscard]] constexpr Word invalid(detail::word power) const noexcept {
      const detail::word carry = (256 - power) * 0x0001000100010001;
      return ((even + carry) | (odd + carry)) & ~low;
    }
  };

  /// The five digits of Count words of bytes: digit f of word w in digits[f * Count + w].
  template <std::size_t Count>
  static constexpr detail::word unpack_words(const std::uint8_t* bytes,
                                             detail::word* digits) noexcept {
    detail::word invalid = 0;
    for (std::size_t w = 0; w < Count; ++w) {
      fractions<detail::word> left(detail::load_word(bytes + 8 * w));
      for (std::size_t f = 0; f < 5; ++f) digits[f * Count + w] = left.take_digits();
      invalid |= left.invalid(243);
    }
    return invalid;
  }

  /// The same, two words at a time.
  template <std::size_t Count>
  static detail::word unpack_pairs(const std::uint8_t* bytes, detail::word* digits) noexcept {
    word_pair invalid = {};
    for (std::size_t w = 0; w < Count; w += 2) {
      word_pair pair;
      __builtin_memcpy(&pair, bytes + 8 * w, 16);
      fractions<word_pair> left(pair);
      for (std::size_t f = 0; f < 5; ++f) {
        pair = left.take_digits();
        __builtin_memcpy(digits + f * Count + w, &pair, 16);
      }
      invalid |= left.invalid(243);
    }
    return invalid[0] | invalid[1];
  }

  template <std::size_t Count>
  static constexpr detail::word unpack(const std::uint8_t* bytes, detail::word* digits) noexcept {
    if (std::is_constant_evaluated() || std::endian::native != std::endian::little)
      return unpack_words<Count>(bytes, digits);
    return unpack_pairs<Count>(bytes, digits);
  }

  /// The 256 digits, a byte each, in the order of the codes; whether all bytes are valid.
  static constexpr bool unpack_digits(const std::uint8_t* block, detail::word* digits) noexcept {
    const detail::word invalid = unpack<4>(block, digits) | unpack<2>(block + 32, digits + 20);
    fractions<detail::word> left(detail::load_word(block + 46) >> 16 & 0xFFFFFFFF);  // bytes 48-51
    for (std::size_t w = 30; w < 32; ++w) {
      digits[w] = left.take_digits();
      digits[w] |= left.take_digits() << 32;
    }
    return (invalid | left.invalid(81)) == 0;
  }
};

}  // namespace trilith::inline TRILITH_ABI::packing

#endif
