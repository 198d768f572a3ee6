// A fragment of kernels-inl.hpp: a matrix of bytes turned over.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

using u8x16_tag = hn::FixedTag<std::uint8_t, 16>;
using u8x16s = hn::Vec<u8x16_tag>;

/// One of four steps: what was in vectors i and i + 8 alternates in vectors 2 i and 2 i + 1.
static HWY_INLINE void interleave_halves(const u8x16s (&from)[16], u8x16s (&to)[16]) {
  HWY_UNROLL(8)
  for (std::size_t i = 0; i < 8; ++i) {
    to[2 * i] = hn::InterleaveLower(u8x16_tag{}, from[i], from[i + 8]);
    to[2 * i + 1] = hn::InterleaveUpper(u8x16_tag{}, from[i], from[i + 8]);
  }
}

/// to[c * to_stride + r] = from[r * stride + c], sixteen of each.
static HWY_INLINE void transpose_16_bytes(const std::uint8_t* from, std::size_t stride,
                                          std::uint8_t* to, std::size_t to_stride) {
  u8x16s a[16], b[16];
  HWY_UNROLL(16)
  for (std::size_t i = 0; i < 16; ++i) a[i] = hn::LoadU(u8x16_tag{}, from + i * stride);
  interleave_halves(a, b);
  interleave_halves(b, a);
  interleave_halves(a, b);
  interleave_halves(b, a);
  HWY_UNROLL(16)
  for (std::size_t i = 0; i < 16; ++i) hn::StoreU(a[i], u8x16_tag{}, to + i * to_stride);
}

/// The transpose_bytes of gradient_kernels.
static HWY_NOINLINE void transpose_bytes(const std::int8_t* from, std::size_t stride,
                                         std::size_t rows, std::size_t cols, std::int8_t* to,
                                         std::size_t to_stride) noexcept {
  const std::size_t whole_rows = rows / 16 * 16, whole_cols = cols / 16 * 16;
  for (std::size_t c = 0; c < whole_cols; c += 16)
    for (std::size_t r = 0; r < whole_rows; r += 16)
      transpose_16_bytes(reinterpret_cast<const std::uint8_t*>(from) + r * stride + c, stride,
                         reinterpret_cast<std::uint8_t*>(to) + c * to_stride + r, to_stride);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = r < whole_rows ? whole_cols : 0; c < cols; ++c)
      to[c * to_stride + r] = from[r * stride + c];
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
