#ifndef TRILITH_PACKING_Q8_0_HPP
#define TRILITH_PACKING_Q8_0_HPP

#include <trilith/packing/block_layout.hpp>
#include <trilith/packing/float_layout.hpp>

namespace trilith::inline TRILITH_ABI::packing {

/// Q8_0 of ggml: 32 weights in 34 bytes, 8.5 bits a weight.
///
/// Bytes 0-1: the scale as binary16. Bytes 2-33: the codes, two's complement. w = scale * code.
struct q8_0 : detail::blocks<32, 34, 0> {
  using policy_kind = layout_kind;
  static constexpr std::string_view name = "q8_0";

  /// The scale of weights 32 g ... 32 g + 31 of row r.
  [[nodiscard]] static constexpr float scale(const std::uint8_t* data, std::size_t cols,
                                             std::size_t r, std::size_t g) noexcept {
    return load_scale(data + block_at(cols, r, g));
  }

  /// The codes of row r, for integer arithmetic. -128 is never written but may be read.
  static constexpr void unpack_row(const std::uint8_t* data, std::size_t cols, std::size_t r,
                                   std::int8_t* codes) noexcept {
    const std::uint8_t* block = data + block_at(cols, r, 0);
    for (std::size_t c = 0; c < cols; c += group, block += block_bytes)
      for (std::size_t i = 0; i < group; ++i) codes[c + i] = static_cast<std::int8_t>(block[2 + i]);
  }

  static constexpr void decode_row(const std::uint8_t* data, std::size_t cols, std::size_t r,
                                   float* out) noexcept {
    const std::uint8_t* block = data + block_at(cols, r, 0);
    for (std::size_t c = 0; c < cols; c += group, block += block_bytes) {
      const float d = load_scale(block);
      for (std::size_t i = 0; i < group; ++i)
        out[c + i] = static_cast<float>(static_cast<std::int8_t>(block[2 + i])) * d;
    }
  }

  /// As ggml does: d = max|x| / 127, code = x * (1 / d) rounded to nearest, ties away from zero,
  /// with d in float; stored is d rounded to binary16. A d whose inverse is infinite gives codes 0.
  /// max|x| beyond 8.3e6 makes the stored scale infinite; x that is not finite makes it NaN or
  /// infinite, and codes 0.
  static constexpr void encode_row(const float* x, std::size_t cols, std::size_t r,
                                   std::uint8_t* data) noexcept {
    std::uint8_t* block = data + block_at(cols, r, 0);
    for (std::size_t c = 0; c < cols; c += group, block += block_bytes) {
      const float d = absmax(x + c, group) / 127.0f;
      const float inverse = d > 0x1p-128f ? 1.0f / d : 0.0f;
      store_scale(block, d);
      for (std::size_t i = 0; i < group; ++i)
        block[2 + i] = static_cast<std::uint8_t>(round_away(x[c + i] * inverse));
    }
  }

 private:
  /// The fraction of x is exact, and so are ties.
  TRILITH_EXACT_FLOAT static constexpr int round_away(float x) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    if (!(absolute(x) <= 128.0f)) return 0;
    const auto whole = static_cast<int>(x);
    const float fraction = x - static_cast<float>(whole);
    return whole + (fraction >= 0.5f) - (fraction <= -0.5f);
  }
};

}  // namespace trilith::inline TRILITH_ABI::packing

#endif
