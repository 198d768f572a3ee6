// A fragment of kernels-inl.hpp: keys and values on their way into the cache.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

#if defined(__x86_64__) && HWY_TARGET > HWY_AVX2
static HWY_INLINE void narrow(const float* from, float16* to) {
  for (std::size_t i = 0; i < lanes; ++i)
    to[i] = from[i] == from[i] ? to_float16(clamp_to(from[i], -65504.0f, 65504.0f)) : float16{};
}
#else
/// kv::f16::store for 16 values.
static HWY_INLINE void narrow(const float* from, float16* to) {
  const f32_tag f;
  for (std::size_t i = 0; i < lanes; i += floats_per_vector) {
    f32s x = hn::LoadU(f, from + i);
    x = hn::IfThenElseZero(hn::Eq(x, x), x);
    x = hn::Min(hn::Max(x, hn::Set(f, -65504.0f)), hn::Set(f, 65504.0f));
#if defined(__aarch64__)
    vst1_u16(&to[i].bits, vreinterpret_u16_f16(vcvt_f16_f32(x.raw)));
#elif HWY_TARGET <= HWY_AVX3
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i),
                        _mm512_cvtps_ph(x.raw, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#else
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i),
                     _mm256_cvtps_ph(x.raw, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#endif
  }
}
#endif
static HWY_INLINE void narrow(const float* from, float* to) {
  __builtin_memcpy(to, from, lanes * sizeof(float));
}

/// Sixteen elements of a key, one position of their tile, and of a value.
template <class E>
static HWY_INLINE void put_sixteen(const float* key, const float* value, std::size_t held, E* keys,
                                   E* values) {
  HWY_ALIGN E some[2 * lanes];
  narrow(key, some);
  for (std::size_t l = 0; l < held; ++l) keys[l * key_tile] = some[l];
  if (held == lanes) return narrow(value, values);
  narrow(value, some);
  for (std::size_t l = 0; l < held; ++l) values[l] = some[l];
}

/// elements::put of kv/elements.hpp.
template <class E>
static HWY_NOINLINE void put(const kv_entry& e) noexcept {
  const std::size_t n = e.head_dim;
  E* const keys =
      static_cast<E*>(e.keys) + e.position / key_tile * n * key_tile + e.position % key_tile;
  E* const values = static_cast<E*>(e.values) + e.position * n;
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes)
    put_sixteen(e.key + i, e.value + i, lanes, keys + i * key_tile, values + i);
  if (i == n) return;
  float key[lanes] = {}, value[lanes] = {};
  __builtin_memcpy(key, e.key + i, (n - i) * sizeof(float));
  __builtin_memcpy(value, e.value + i, (n - i) * sizeof(float));
  put_sixteen(key, value, n - i, keys + i * key_tile, values + i);
}

/// The bits of kv::narrowed() for 16 values.
static HWY_INLINE void narrow(const float* from, std::uint32_t* to) {
  const u32_tag u;
  for (std::size_t i = 0; i < lanes; i += floats_per_vector) {
    const f32s x = narrowed_to_bf16(hn::LoadU(f32_tag{}, from + i));
    hn::StoreU(hn::ShiftRight<16>(hn::BitCast(u, x)), u, to + i);
  }
}

/// The pairs of `held` elements from i on of a key, and the halves of as many pairs of a value:
/// the other halves are those of a position that another thread may store at the same time.
static HWY_INLINE void put_pairs(const kv_entry& e, const float* key, const float* value,
                                 std::size_t i, std::size_t held) {
  HWY_ALIGN std::uint32_t k[lanes], v[lanes];
  narrow(key, k);
  narrow(value, v);
  const std::size_t n = e.head_dim;
  auto* const keys = static_cast<bfloat16*>(e.keys) + kv::pairs::key_at(n, e.position, i);
  auto* const values = static_cast<bfloat16*>(e.values) + kv::pairs::value_at(n, e.position, i);
  for (std::size_t l = 0; l < held; l += 2) {
    const std::uint32_t both = k[l] | k[l + 1] << 16;
    __builtin_memcpy(static_cast<void*>(keys + l * key_tile), &both, sizeof(both));
  }
  for (std::size_t l = 0; l < held; ++l) values[2 * l].bits = static_cast<std::uint16_t>(v[l]);
}

/// kv::bf16::put.
static HWY_NOINLINE void put_bf16(const kv_entry& e) noexcept {
  std::size_t i = 0;
  for (; i + lanes <= e.head_dim; i += lanes) put_pairs(e, e.key + i, e.value + i, i, lanes);
  if (i == e.head_dim) return;
  float key[lanes] = {}, value[lanes] = {};
  __builtin_memcpy(key, e.key + i, (e.head_dim - i) * sizeof(float));
  __builtin_memcpy(value, e.value + i, (e.head_dim - i) * sizeof(float));
  put_pairs(e, key, value, i, e.head_dim - i);
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
