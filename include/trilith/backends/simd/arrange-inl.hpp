// A fragment of kernels-inl.hpp: activations from rows to a panel.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// Sixty-four values of sixteen tokens: dword i of token t goes to dword 16 i + t. Only bits are
/// moved, floats they are never.
static HWY_INLINE void arrange_values(const std::int8_t* x, std::size_t stride, std::int8_t* to) {
  transpose(reinterpret_cast<const float*>(x), stride / sizeof(float), reinterpret_cast<float*>(to),
            panel_tokens);
}

/// An arrange_fn.
[[maybe_unused]] static HWY_NOINLINE void arrange(const std::int8_t* x, std::size_t stride,
                                                  std::size_t tokens, std::size_t cols,
                                                  std::size_t group, std::int8_t* panel) noexcept {
  HWY_ALIGN std::int8_t part[panel_tokens * panel_values];
  for (std::size_t begin = 0; begin < cols; begin += group) {
    const std::size_t end = HWY_MIN(begin + group, cols);
    for (std::size_t k = begin; k < end; k += panel_values, panel += sizeof part) {
      if (tokens == panel_tokens && end - k >= panel_values && stride % sizeof(float) == 0) {
        arrange_values(x + k, stride, panel);
        continue;
      }
      __builtin_memset(part, 0, sizeof part);
      for (std::size_t t = 0; t < tokens; ++t)
        __builtin_memcpy(part + t * panel_values, x + t * stride + k,
                         HWY_MIN(panel_values, end - k));
      arrange_values(part, panel_values, panel);
    }
  }
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
